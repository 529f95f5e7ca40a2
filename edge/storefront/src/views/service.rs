//! Pages beside the shop: mailbox, errors, API.

use serde::Serialize;

use super::{Link, Moment, Tone};

/// How far a mail has come.
#[derive(Debug, Clone, Serialize)]
pub struct MailState {
    /// Chooses shape and colour.
    pub tone: Tone,
    /// "queued", "sent", "failed".
    pub words: String,
}

/// A mail in the mailbox's list.
#[derive(Debug, Clone, Serialize)]
pub struct MailRow {
    /// The mail's page.
    pub href: String,
    /// Whom it goes to.
    pub to: String,
    /// What it is about.
    pub subject: String,
    /// How far it has come.
    pub state: MailState,
    /// When it was written.
    pub at: Moment,
}

/// The mails that would have gone out, where no mail server is set.
#[derive(Debug, Clone, Serialize)]
pub struct Mailbox {
    /// Why they are here.
    pub note: String,
    /// Newest first.
    pub mails: Vec<MailRow>,
    /// The next page's address, when there is one.
    pub next: Option<String>,
}

/// One mail.
#[derive(Debug, Clone, Serialize)]
pub struct Mail {
    /// The receiver.
    pub to: String,
    /// What it is about.
    pub subject: String,
    /// How far it has come.
    pub state: MailState,
    /// When it was written.
    pub at: Moment,
    /// Where the HTML version is served alone, to be framed.
    pub html_src: String,
    /// The plain-text twin.
    pub text: String,
    /// Why the last attempt failed.
    pub failure: Option<String>,
}

/// Something went wrong.
#[derive(Debug, Clone, Serialize)]
pub struct ErrorPage {
    /// The HTTP status.
    pub status: u16,
    /// What happened, as a headline.
    pub title: String,
    /// What happened and what to do, in a sentence or two.
    pub message: String,
    /// Ways on; the first one is drawn as a button.
    pub links: Vec<Link>,
    /// For the shop's people, to find it in the logs.
    pub correlation_id: Option<String>,
}

/// The HTTP API, from its `OpenAPI` 3.1 document.
#[derive(Debug, Clone, Serialize)]
pub struct ApiDocs {
    /// The parsed document.
    pub api: serde_json::Value,
    /// Where the document itself is served.
    pub json_href: String,
}
