//! The settings of the queues and their use.

use std::{
    num::{NonZeroU64, NonZeroUsize},
    time::Duration,
};

use message::HttpUrl;
use serde::{Deserialize, Deserializer, de::Error as _};

/// The queues and the limits. All processes of a fleet should have the same.
///
/// Credentials are not settings: they come from the usual sources of AWS clients.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whether events use SQS at all.
    pub enabled: bool,
    /// The server's URL if it is not AWS: `http://127.0.0.1:5000`.
    #[serde(deserialize_with = "message::unless_empty")]
    pub endpoint: Option<HttpUrl>,
    /// The region; if empty, the one of the process's environment.
    pub region: String,
    /// The prefix of the names of all queues.
    #[serde(deserialize_with = "prefix")]
    pub prefix: String,
    /// Whether the queues are FIFO and keep the events of each aggregate in order. Changing it changes the names of the
    /// queues.
    pub fifo: bool,
    /// Whether missing queues are created, and existing ones adjusted to these settings.
    pub create: bool,
    /// How many messages a service receives at once, 1 to 10. Each holds many events.
    #[serde(deserialize_with = "within::<_, 1, 10>")]
    pub batch: i32,
    /// How long a poll waits for a message, in seconds, 0 to 20.
    #[serde(deserialize_with = "within::<_, 0, 20>")]
    pub wait_seconds: i32,
    /// How long a received message is hidden from other consumers, in seconds. Prolonged while the message is handled.
    #[serde(deserialize_with = "within::<_, 1, 43_200>")]
    pub visibility_seconds: i32,
    /// How often a message is delivered before it becomes a dead letter, 1 to 1000.
    #[serde(deserialize_with = "within::<_, 1, 1000>")]
    pub max_receives: i32,
    /// The largest number of events in one message.
    pub message_events: NonZeroUsize,
    /// The largest request in KiB, 1 to 1024. A larger event is sent alone.
    #[serde(deserialize_with = "within::<_, 1, 1024>")]
    pub send_kib: i32,
    /// How long sending may take before it counts as failed, in milliseconds.
    pub send_ms: NonZeroU64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            enabled: false,
            endpoint: None,
            region: String::new(),
            prefix: "caravel".to_owned(),
            fifo: true,
            create: true,
            batch: 10,
            wait_seconds: 5,
            visibility_seconds: 60,
            max_receives: 20,
            message_events: const { NonZeroUsize::new(100).unwrap() },
            send_kib: 256,
            send_ms: const { NonZeroU64::new(10_000).unwrap() },
        }
    }
}

impl Settings {
    pub(crate) fn visibility(&self) -> Duration {
        seconds(self.visibility_seconds)
    }

    pub(crate) fn wait(&self) -> Duration {
        seconds(self.wait_seconds)
    }

    pub(crate) fn send_within(&self) -> Duration {
        Duration::from_millis(self.send_ms.get())
    }

    pub(crate) fn send_bytes(&self) -> usize {
        usize::try_from(self.send_kib).unwrap_or(1) * 1024
    }
}

fn seconds(seconds: i32) -> Duration {
    Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}

fn within<'de, D: Deserializer<'de>, const LOW: i32, const HIGH: i32>(from: D) -> Result<i32, D::Error> {
    let number = i32::deserialize(from)?;
    if (LOW..=HIGH).contains(&number) {
        return Ok(number);
    }
    Err(D::Error::custom(format!("{number} is not from {LOW} to {HIGH}")))
}

/// Names of queues have at most 80 characters; half of them are left to the service and the ending.
fn prefix<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let prefix = String::deserialize(from)?;
    let allowed = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
    if (1..=40).contains(&prefix.len()) && prefix.chars().all(allowed) {
        return Ok(prefix);
    }
    Err(D::Error::custom("a prefix has 1 to 40 letters, digits, - and _"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_is_the_default() {
        assert_eq!(toml::from_str::<Settings>("").unwrap(), Settings::default());
    }

    #[test]
    fn what_sqs_would_refuse_is_refused() {
        for (text, wanted) in [
            ("batch = 11", "11 is not from 1 to 10"),
            ("batch = 0", "0 is not from 1 to 10"),
            ("visibility_seconds = 43201", "from 1 to 43200"),
            ("wait_seconds = 21", "from 0 to 20"),
            ("send_kib = 1025", "from 1 to 1024"),
            ("max_receives = 0", "from 1 to 1000"),
            ("prefix = \"a.b\"", "letters, digits"),
            ("prefix = \"\"", "letters, digits"),
            ("url = \"x\"", "unknown field `url`"),
        ] {
            let error = toml::from_str::<Settings>(text).unwrap_err().to_string();
            assert!(error.contains(wanted), "{text}: {error}");
        }
    }
}
