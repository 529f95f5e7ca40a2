//! The settings of the broker, and the limits of its use.

use std::{
    fmt,
    num::{NonZeroU16, NonZeroU32, NonZeroU64, NonZeroUsize},
    time::Duration,
};

use lapin::uri::AMQPUri;
use serde::Deserialize;

/// The broker and the limits. All processes of a fleet should have the same.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The broker's URL.
    pub url: Url,
    /// The prefix of all exchanges and queues; fleets with different prefixes are separate.
    #[serde(default = "prefix")]
    pub prefix: String,
    /// The largest number of messages in one packet; 1 sends each by itself.
    #[serde(default = "packet_messages")]
    pub packet_messages: NonZeroUsize,
    /// The largest size of a packet in bytes; a longer message is sent alone.
    #[serde(default = "packet_bytes")]
    pub packet_bytes: NonZeroUsize,
    /// The largest number of requests of this process without an answer, and of single events that wait to be sent;
    /// further ones get a "busy" fault.
    #[serde(default = "asking")]
    pub asking: NonZeroUsize,
    /// How many requests each service of this process answers at once; more wait in the broker.
    #[serde(default = "answering")]
    pub answering: NonZeroU32,
    /// How many packets of requests, and of events, the broker sends ahead.
    #[serde(default = "prefetch")]
    pub prefetch: NonZeroU16,
    /// The largest number of events in one call of a service.
    #[serde(default = "event_batch")]
    pub event_batch: NonZeroUsize,
    /// How many packets of requests may wait for one service; further callers get a "busy" fault. Like the next
    /// setting, it is fixed when the queue is first declared.
    #[serde(default = "request_queue")]
    pub request_queue: NonZeroU32,
    /// How many megabytes of events may wait for one service; further ones wait in their senders' outboxes.
    #[serde(default = "event_queue_megabytes")]
    pub event_queue_megabytes: NonZeroU32,
    /// The time limit in milliseconds for the broker's confirmation of events, and for all its other answers.
    #[serde(default = "confirm_ms")]
    pub confirm_ms: NonZeroU64,
    /// The heartbeat in seconds. A silent connection is given up after twice this time.
    #[serde(default = "heartbeat_seconds")]
    pub heartbeat_seconds: NonZeroU16,
}

impl Settings {
    /// The default settings, with the broker at `url`.
    pub fn at(url: Url) -> Self {
        Self {
            url,
            prefix: prefix(),
            packet_messages: packet_messages(),
            packet_bytes: packet_bytes(),
            asking: asking(),
            answering: answering(),
            prefetch: prefetch(),
            event_batch: event_batch(),
            request_queue: request_queue(),
            event_queue_megabytes: event_queue_megabytes(),
            confirm_ms: confirm_ms(),
            heartbeat_seconds: heartbeat_seconds(),
        }
    }

    /// The time limit for the broker's confirmations and answers.
    pub(crate) fn patience(&self) -> Duration {
        Duration::from_millis(self.confirm_ms.get())
    }
}

fn prefix() -> String {
    "caravel".to_owned()
}

const fn or_one<T: Copy>(value: Option<T>, one: T) -> T {
    match value {
        Some(value) => value,
        None => one,
    }
}

fn packet_messages() -> NonZeroUsize {
    or_one(NonZeroUsize::new(500), NonZeroUsize::MIN)
}

fn packet_bytes() -> NonZeroUsize {
    or_one(NonZeroUsize::new(1024 * 1024), NonZeroUsize::MIN)
}

fn asking() -> NonZeroUsize {
    or_one(NonZeroUsize::new(10_000), NonZeroUsize::MIN)
}

fn answering() -> NonZeroU32 {
    or_one(NonZeroU32::new(2_000), NonZeroU32::MIN)
}

fn prefetch() -> NonZeroU16 {
    or_one(NonZeroU16::new(64), NonZeroU16::MIN)
}

fn event_batch() -> NonZeroUsize {
    or_one(NonZeroUsize::new(500), NonZeroUsize::MIN)
}

fn request_queue() -> NonZeroU32 {
    or_one(NonZeroU32::new(10_000), NonZeroU32::MIN)
}

fn event_queue_megabytes() -> NonZeroU32 {
    or_one(NonZeroU32::new(4096), NonZeroU32::MIN)
}

fn confirm_ms() -> NonZeroU64 {
    or_one(NonZeroU64::new(10_000), NonZeroU64::MIN)
}

fn heartbeat_seconds() -> NonZeroU16 {
    or_one(NonZeroU16::new(10), NonZeroU16::MIN)
}

/// The broker's URL: `amqp://user:password@host:5672/virtual-host`, or `amqps://…` with TLS.
///
/// Without a path the virtual host is `/`. The password is never shown.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Url(Option<AMQPUri>);

impl Url {
    /// Whether no broker is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The URL for the connection, with the heartbeat for both sides.
    pub(crate) fn uri(&self, heartbeat: NonZeroU16) -> Option<AMQPUri> {
        let mut uri = self.0.clone()?;
        uri.query.heartbeat = Some(heartbeat.get());
        uri.query.frame_max = Some(FRAME);
        Some(uri)
    }
}

/// The longest frame in bytes. The client keeps 64 of them in memory for each connection.
const FRAME: u32 = 32 * 1024;

impl TryFrom<String> for Url {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl std::str::FromStr for Url {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const EXPECTED: &str = "expected amqp://user:password@host:5672 or amqps://…";
        if text.is_empty() {
            return Ok(Self(None));
        }
        // The URL may contain a password: no message repeats it.
        let rest =
            ["amqp://", "amqps://"].iter().find_map(|scheme| text.strip_prefix(scheme)).ok_or(EXPECTED)?;
        let (rest, query) = rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query)));
        let (authority, path) =
            rest.split_once('/').map_or((rest, None), |(place, path)| (place, Some(path)));
        if query.is_some_and(|query| !query.starts_with("auth_mechanism=") || query.contains('&')) {
            return Err("after ? only auth_mechanism is known; the rest has settings of its own".to_owned());
        }
        if path.is_some_and(|path| path.contains('/')) {
            return Err("write a / in the name of the virtual host as %2f".to_owned());
        }
        let mut uri: AMQPUri = text.parse().map_err(|error| format!("{EXPECTED}: {error}"))?;
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        if host.is_empty() || host.starts_with(':') {
            return Err(format!("{EXPECTED}: the host is missing"));
        }
        // By the scheme's rules a final / means a virtual host without a name, which is never intended.
        if uri.vhost.is_empty() {
            "/".clone_into(&mut uri.vhost);
        }
        // The client library's parser accepts only names and IPv4 addresses.
        if let Some((ip, _)) = host.strip_prefix('[').and_then(|host| host.split_once(']')) {
            ip.clone_into(&mut uri.authority.host);
        }
        Ok(Self(Some(uri)))
    }
}

/// Without user and password.
impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(uri) = &self.0 else { return f.write_str("(nowhere)") };
        write!(f, "{}:{}", uri.authority.host, uri.authority.port)?;
        if uri.vhost == "/" { Ok(()) } else { write!(f, " ({})", uri.vhost) }
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Result<Url, String> {
        text.parse()
    }

    #[test]
    fn says_where_the_broker_is_and_never_the_password() {
        let shown = |text| url(text).unwrap().to_string();
        assert_eq!(shown("amqp://lateen:s3cret@broker"), "broker:5672");
        assert_eq!(shown("amqp://lateen:s3cret@broker/"), "broker:5672");
        assert_eq!(shown("amqps://lateen:s3cret@broker/%2f"), "broker:5671");
        assert_eq!(shown("amqp://lateen:s3cret@127.0.0.1:5673/shop"), "127.0.0.1:5673 (shop)");
        assert_eq!(shown("amqp://lateen:s3cret@[::1]:5673"), "::1:5673");
        assert_eq!(shown(""), "(nowhere)");
        let settings = Settings::at(url("amqp://lateen:s3cret@broker").unwrap());
        assert!(!format!("{settings:?}").contains("s3cret"));
    }

    #[test]
    fn a_wrong_url_is_explained_without_its_password() {
        for (text, wanted) in [
            ("http://lateen:s3cret@broker", "expected amqp://"),
            ("broker:5672", "expected amqp://"),
            ("amqp://lateen:s3cret@broker/a/b", "as %2f"),
            ("amqp://lateen:s3cret@broker?heartbeat=3", "settings of its own"),
            ("amqp://lateen:s3cret@broker:99999", "port"),
            ("amqp://lateen:s3cret@", "host"),
        ] {
            let error = url(text).unwrap_err();
            assert!(error.contains(wanted) && !error.contains("s3cret"), "{text}: {error}");
        }
    }

    #[test]
    fn the_defaults_are_one_and_unknown_keys_are_refused() {
        let read: Settings = toml::from_str("url = \"amqp://broker\"").unwrap();
        assert_eq!(format!("{read:?}"), format!("{:?}", Settings::at(url("amqp://broker").unwrap())));
        let error = toml::from_str::<Settings>("url = \"amqp://broker\"\nuser = \"me\"").unwrap_err();
        assert!(error.to_string().contains("unknown field `user`"), "{error}");
    }
}
