//! Dead letters.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

shapes! {
    /// A message that a service gave up.
    DeadLetter {
        /// Its name here: the service and the message.
        id: String,
        /// Who gave it up.
        service: String,
        /// What kind of message it is.
        message: String,
        /// The message's id; other services may have given up the same.
        message_id: String,
        /// What finds the click or call that it follows from in logs and traces.
        correlation_id: String,
        /// The message that it directly follows from.
        causation_id: Option<String>,
        /// How often it was tried.
        attempts: i64,
        /// Why it failed the last time.
        reason: String,
        /// When it failed the last time.
        failed_at: String,
        /// The message itself.
        #[schema(value_type = Object)]
        body: Value,
    }

    /// A page of dead letters.
    DeadLetterList {
        /// The page's dead letters.
        data: Vec<DeadLetter>,
        /// Where the next page begins; nothing on the last page.
        next_cursor: Option<String>,
        /// The services that did not answer.
        missing: Vec<String>,
    }
}
