//! The mailbox of a shop that sends no mails.

use serde::Serialize;

use super::{Moment, Tone};

/// How far a mail has come.
#[derive(Debug, Clone, Serialize)]
pub struct MailBadge {
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
    /// Its subject line.
    pub subject: String,
    /// How far it has come.
    pub state: MailBadge,
    /// When it was written.
    pub at: Moment,
}

/// The mails that would have gone out, where no mail server is set.
#[derive(Debug, Clone, Serialize)]
pub struct MailboxView {
    /// Why they are here.
    pub note: String,
    /// Newest first.
    pub mails: Vec<MailRow>,
    /// The path of the next list page, when there is one.
    pub next: Option<String>,
}

/// One mail.
#[derive(Debug, Clone, Serialize)]
pub struct MailView {
    /// The receiver.
    pub to: String,
    /// Its subject line.
    pub subject: String,
    /// How far it has come.
    pub state: MailBadge,
    /// When it was written.
    pub at: Moment,
    /// Where the HTML version is served alone, to be framed.
    pub html_src: String,
    /// The plain-text twin.
    pub text: String,
    /// Why the last attempt failed.
    pub failure: Option<String>,
}
