//! What `notification` answers and knows: the mails that the shop sends.

mod contract;

use message::{Email, Entity, Fault, Id, Limit, ListPage, Timestamp};
use order_contract::OrderId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use contract::contract;

message::messages! {
    requests {
        ListMails = "notification.list_mails" -> ListPage<Mail>, NotificationError;
        GetMail = "notification.get_mail" -> Option<RenderedMail>, NotificationError;
    }
    events {
    }
}

/// The id of a [`Mail`].
pub type MailId = Id<Mail>;

/// A mail, with what happened to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Mail {
    /// Its id.
    pub id: MailId,
    /// The order that it is about.
    pub order_id: OrderId,
    /// To whom.
    pub to: Email,
    /// Its subject.
    pub subject: String,
    /// Whether it left the house.
    pub state: MailState,
    /// How often it was tried.
    pub attempts: i64,
    /// What the mail server said last, when it said no.
    pub error: Option<String>,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it was accepted by the mail server, or laid into the mailbox.
    pub sent_at: Option<Timestamp>,
}

impl Entity for Mail {
    const PREFIX: &'static str = "mail";
}

message::words! {
    /// Whether a mail left the house.
    pub enum MailState {
        /// Waiting for its first or next try.
        Queued = "queued",
        /// Accepted by the mail server, or laid into the mailbox.
        Sent = "sent",
        /// Given up: refused for good, or tried too often.
        Failed = "failed",
    }
}

/// A mail with its two forms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RenderedMail {
    /// What happened to it.
    pub mail: Mail,
    /// The whole HTML document.
    pub html: String,
    /// The plain-text twin.
    pub text: String,
}

/// Lists mails, newest first.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct ListMails {
    /// Where to go on: the `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// How many.
    #[serde(default)]
    pub limit: Limit,
}

/// Reads one mail.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct GetMail {
    /// The mail's id.
    pub id: MailId,
}

/// Why `notification` refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NotificationError {
    /// Something under us failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}
message::request_error!(NotificationError);
