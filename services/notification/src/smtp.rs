//! Mails over SMTP.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bus::Outcome;
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    address::Envelope,
    message::{Mailbox, MultiPart, header},
    transport::smtp::{self, AsyncSmtpTransportBuilder, PoolConfig},
};
use message::{Email, Fault, Invalid};
use shop_contract::ShopSettings;

use crate::{
    Settings,
    letter::Topic,
    queries::StoredMail,
    templates::{Rendered, Templates},
};

/// How long a connection that nobody uses is kept.
const IDLE: Duration = Duration::from_secs(30);

/// Longer words of a mail server are cut.
const LONGEST_TEXT: usize = 500;

/// Tells mail programs and other robots that no person wrote this, so that none of them answers (RFC 3834).
#[derive(Debug, Clone)]
struct AutoSubmitted;

impl header::Header for AutoSubmitted {
    fn name() -> header::HeaderName {
        header::HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> header::HeaderValue {
        header::HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// It stays open from mail to mail.
type Connection = AsyncSmtpTransport<Tokio1Executor>;

/// The way to the mail server.
pub(crate) struct Server {
    builder: AsyncSmtpTransportBuilder,
    /// Connections that nobody uses just now.
    idle: Mutex<Vec<Connection>>,
    /// For the log: `mail.example.org:587`.
    name: String,
    within: Duration,
}

impl Server {
    /// The server that the settings name, if they do.
    pub(crate) fn new(settings: &Settings) -> Option<Self> {
        let pool = PoolConfig::new().max_size(1).idle_timeout(IDLE);
        let builder = settings.smtp_url.transport()?.timeout(Some(settings.send_within())).pool_config(pool);
        Some(Self {
            builder,
            idle: Mutex::default(),
            name: settings.smtp_url.server().to_owned(),
            within: settings.send_within(),
        })
    }

    /// Sends one mail.
    pub(crate) async fn send(
        &self,
        mail: &StoredMail,
        shop: &ShopSettings,
        templates: &Templates,
    ) -> Outcome {
        // The domain goes out in punycode: only what stands before the @ may need a server that knows SMTPUTF8.
        let Ok(to) = address(&mail.topic.order.email) else {
            return Outcome::GiveUp("mail cannot be sent to this e-mail address".to_owned());
        };
        let is_ascii = to.user().is_ascii();
        let message = match compose(mail, to, shop, templates) {
            Ok(message) => message,
            Err(fault) => return Outcome::Retry(fault.to_string()),
        };
        let connection = self.idle().pop().unwrap_or_else(|| self.builder.clone().build());
        match tokio::time::timeout(self.within, connection.send(message)).await {
            Ok(sent) => {
                // The transport takes its connection back in a task of its own: let that go first.
                tokio::task::yield_now().await;
                self.idle().push(connection);
                sent.map_or_else(|error| outcome(&error, &self.name, is_ascii), |_| Outcome::Done)
            }
            // The connection is given up: the server's late answer must not be taken for the answer to another mail.
            Err(_) => Outcome::Retry(format!("{}: no answer in time", self.name)),
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn compose(
    mail: &StoredMail,
    to: Address,
    shop: &ShopSettings,
    templates: &Templates,
) -> Result<Message, Fault> {
    let Rendered { html, text } = templates.render(&mail.topic, shop)?;
    let sender = address(&shop.mail_from.email).map_err(Fault::internal)?;
    let from = Mailbox::new(Some(shop.sender_name().to_owned()), sender);
    let reply_to = shop.email.as_ref().and_then(|email| address(email).ok());
    let reply_to = reply_to.map(|email| Mailbox::new(Some(shop.name.to_string()), email));
    // Given, because lettre would read it from the header with its own parser.
    let envelope = Envelope::new(Some(from.email.clone()), vec![to.clone()]).map_err(Fault::internal)?;
    let mut builder = Message::builder()
        .envelope(envelope)
        // The same at every try, so that a receiver can tell a repeated mail from a second one.
        .message_id(Some(format!("<{}@{}>", mail.id, from.email.domain())))
        .date(date(&mail.topic))
        .from(from)
        .to(Mailbox::new(Some(mail.topic.order.shipping_address.name.to_string()), to))
        .subject(mail.subject.as_str())
        .header(AutoSubmitted);
    if let Some(reply_to) = reply_to {
        builder = builder.reply_to(reply_to);
    }
    builder.multipart(MultiPart::alternative_plain_html(text, html)).map_err(Fault::internal)
}

/// The address as mail servers write it. Its parser is that of the door; lettre's own knows only some of the letters that
/// may stand before the @ (RFC 6532, 3.2).
fn address(email: &Email) -> Result<Address, Invalid> {
    email.mailbox().map(|mailbox| Address::new_dangerous(mailbox.local, mailbox.domain))
}

/// The mail's date, which does not change with its tries.
fn date(topic: &Topic) -> std::time::SystemTime {
    let micros = u64::try_from(topic.happened_at().as_micros()).unwrap_or_default();
    std::time::UNIX_EPOCH + Duration::from_micros(micros)
}

/// Refused for good is only what the server says about this mail. What it says about us (530 to 538: who we are and how
/// we talk) can be mended in the settings, and then the mail should go.
fn outcome(error: &smtp::Error, server: &str, is_ascii: bool) -> Outcome {
    let about_us = error.status().is_some_and(|code| (530..=538).contains(&u16::from(code)));
    let impossible = error.is_client() && !is_ascii;
    let words = one_line(&words(error, server));
    if impossible || (error.is_permanent() && !about_us) {
        Outcome::GiveUp(words)
    } else {
        Outcome::Retry(words)
    }
}

/// `550 5.1.1 No such mailbox` where the server said something, else what went wrong on the way to which server.
fn words(error: &smtp::Error, server: &str) -> String {
    match (error.status(), std::error::Error::source(error)) {
        (Some(code), Some(said)) => format!("{code} {said}"),
        _ => format!("{server}: {error}"),
    }
}

fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(LONGEST_TEXT).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// What the door accepts, the mailer can send: one parser for both.
        #[test]
        fn every_address_that_is_accepted_can_be_mailed(
            text in prop_oneof![
                "[a-zA-Z0-9!#$%&'*+/=?^_`{|}~.\"-]{1,70}@[a-zA-Z0-9._\\[\\]:*-]{1,70}",
                "\\PC{1,20}@\\PC{1,20}",
                "[\\p{L}\\p{M}\\p{N}.]{1,30}@[\\p{L}\\p{M}\\p{N}-]{1,20}\\.[\\p{L}]{2,6}",
                "\\PC{0,40}",
            ],
        ) {
            if let Ok(email) = text.parse::<Email>() {
                let to = address(&email).unwrap();
                prop_assert!(to.domain().is_ascii(), "{}", to);
                let from: Mailbox = "shop@example.org".parse().unwrap();
                let envelope = Envelope::new(Some(from.email.clone()), vec![to.clone()]).unwrap();
                let mailbox = Mailbox::new(Some("Mira".to_owned()), to.clone());
                let mail = Message::builder().envelope(envelope).from(from).to(mailbox).body(String::new()).unwrap();
                let written = String::from_utf8(mail.formatted()).unwrap();
                prop_assert_eq!(mail.envelope().to(), [to]);
                prop_assert!(written.split("\r\n\r\n").next().unwrap().contains('@'), "{}", written);
                prop_assert_eq!(written.matches("To:").count(), 1);
                // Small letters may be longer than capitals.
                if let Ok(canonical) = email.canonical().parse::<Email>() {
                    prop_assert_eq!(canonical.canonical(), email.canonical());
                }
            }
        }
    }

    #[test]
    fn only_what_stands_before_the_at_needs_smtputf8() {
        let wire = |text: &str| address(&text.parse().unwrap()).unwrap().to_string();
        assert_eq!(wire("user@b\u{fc}cher.example"), "user@xn--bcher-kva.example");
        assert_eq!(wire("foo..bar@docomo.ne.jp"), "\"foo..bar\"@docomo.ne.jp");
        assert_eq!(wire("foo.@docomo.ne.jp"), "\"foo.\"@docomo.ne.jp");
        assert!(!wire("\u{92e}\u{940}\u{930}\u{93e}@example.org").is_ascii());
    }
}
