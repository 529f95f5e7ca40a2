//! A received message.

use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use bytes::Bytes;
use message::{Envelope, wire};

/// The longest pause before a failed message is delivered again, in seconds.
const LONGEST_PAUSE: i32 = 300;

/// A message that is hidden from other consumers while it is handled.
#[derive(Debug)]
pub(crate) struct ReceivedMessage {
    /// SQS's handle for this delivery.
    pub(crate) receipt: String,
    /// How often it was delivered, including this time.
    pub(crate) receives: i32,
    pub(crate) content: Content,
}

/// The content of a message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Events(Vec<Envelope>),
    /// The text of the message as an event that can be kept, and the error.
    Unreadable(Envelope, String),
}

impl ReceivedMessage {
    pub(crate) fn new(message: Message) -> Self {
        let counted = message.attributes.as_ref();
        let counted = counted
            .and_then(|attributes| attributes.get(&MessageSystemAttributeName::ApproximateReceiveCount));
        let receives = counted.and_then(|count| count.parse().ok()).unwrap_or(1);
        let body = Bytes::from(message.body.unwrap_or_default());
        let content = match wire::decode(&body) {
            Ok(events) => Content::Events(events),
            Err(error) => Content::Unreadable(wire::unreadable(&body), error.to_string()),
        };
        Self { receipt: message.receipt_handle.unwrap_or_default(), receives, content }
    }

    /// How many seconds it stays hidden after a failure.
    pub(crate) fn pause(&self) -> i32 {
        let doublings = u32::try_from(self.receives.clamp(0, 10)).unwrap_or(0);
        2_i32.pow(doublings).min(LONGEST_PAUSE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(body: &str, receives: &str) -> ReceivedMessage {
        let counted = (MessageSystemAttributeName::ApproximateReceiveCount, receives);
        ReceivedMessage::new(
            Message::builder().body(body).receipt_handle("r").attributes(counted.0, counted.1).build(),
        )
    }

    #[test]
    fn the_pause_doubles_up_to_five_minutes() {
        let pauses = ["1", "2", "5", "8", "9", "1000", "?"].map(|receives| taken("[]", receives).pause());
        assert_eq!(pauses, [2, 4, 32, 256, 300, 300, 2]);
    }

    #[test]
    fn what_cannot_be_read_is_kept_once() {
        let content = |body| taken(body, "1").content;
        assert_eq!(content("[]"), Content::Events(vec![]));
        let Content::Unreadable(kept, error) = content("{oops") else { panic!("it was read") };
        assert_eq!(kept.open::<Unread>().unwrap().0, "{oops");
        assert!(error.contains("packet"), "{error}");
        assert_eq!(content("{oops"), Content::Unreadable(kept.clone(), error));
        let Content::Unreadable(other, _) = content("{oops ") else { panic!("it was read") };
        assert_ne!(other.id, kept.id);
    }

    #[derive(serde::Serialize, serde::Deserialize)]
    struct Unread(String);

    impl message::Message for Unread {
        const NAME: &'static str = "unreadable";
    }
}
