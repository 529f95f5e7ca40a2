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
        SendLink = "notification.send_link" -> LinkRequested, NotificationError;
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
    /// What it is about.
    #[serde(default)]
    pub kind: MailKind,
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
    /// What a mail is about.
    pub enum MailKind default OrderConfirmed {
        /// The order is paid.
        OrderConfirmed = "order_confirmed",
        /// A payment failed; it says how to pay again.
        PaymentFailed = "payment_failed",
        /// The order is on its way.
        OrderShipped = "order_shipped",
        /// The order was cancelled.
        OrderCancelled = "order_cancelled",
        /// Money goes back.
        Refunded = "refunded",
        /// The link to the order, which somebody asked for.
        Link = "link",
    }

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
    /// Only those about this order.
    #[serde(default)]
    pub order_id: Option<OrderId>,
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

/// Mails the link to an order to its buyer, who knows its number and the e-mail address. Whether there is such an order is
/// not answered. An order gets at most one such mail in ten minutes.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SendLink {
    /// The number of the order.
    pub number: i64,
    /// The buyer's e-mail address; large and small letters are the same.
    pub email: Email,
}

/// The answer to [`SendLink`], always the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct LinkRequested {}

/// Why `notification` refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NotificationError {
    /// Something under us failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}
message::request_error!(NotificationError);
