//! What a merchant can set.

use std::{fmt, time::Duration};

use lettre::{
    AsyncSmtpTransport, Tokio1Executor, message::Mailbox, transport::smtp::AsyncSmtpTransportBuilder,
};
use message::{HttpUrl, Invalid};
use serde::Deserialize;
use shop_contract::MailSender;

/// The settings of `notification`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The mail server; empty for none: then mails are kept in the shop's own mailbox.
    pub smtp_url: SmtpUrl,
    /// Whose mails they are, unless the merchant sets it: `Lateen <shop@example.org>`; empty: the shop's name,
    /// `shop@localhost`.
    pub from: Sender,
    /// How many connections to the mail server may be open at once, so many mails are sent at a time.
    #[serde(deserialize_with = "message::within::<_, 1, 1000>")]
    pub connections: u32,
    /// How long one mail may take, from connecting to the server's last answer, in milliseconds.
    #[serde(deserialize_with = "message::within::<_, 1, 3_600_000>")]
    pub send_within_ms: u32,
    /// The shop's own URL, for links in mails: `https://shop.example.org`; none to leave links out.
    #[serde(deserialize_with = "message::unless_empty")]
    pub shop_url: Option<HttpUrl>,
}

/// `smtp://user:password@host:port`, in clear; `smtp://…?tls=required` begins in clear and goes on encrypted (STARTTLS);
/// `smtps://…` is encrypted from its beginning. Special characters of user and password are percent-encoded.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct SmtpUrl(String);

/// A mail address with a name before it, or nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Sender(Option<MailSender>);

impl Default for Settings {
    fn default() -> Self {
        Self {
            smtp_url: SmtpUrl::default(),
            from: Sender::default(),
            connections: 8,
            send_within_ms: 20_000,
            shop_url: None,
        }
    }
}

impl Settings {
    pub(crate) fn send_within(&self) -> Duration {
        Duration::from_millis(u64::from(self.send_within_ms))
    }
}

impl SmtpUrl {
    /// Whether there is no server.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How to reach the server, if there is one.
    pub(crate) fn transport(&self) -> Option<AsyncSmtpTransportBuilder> {
        // It was tried when it was read.
        (!self.0.is_empty()).then(|| AsyncSmtpTransport::<Tokio1Executor>::from_url(&self.0).ok()).flatten()
    }

    /// The server alone, as the URL has it, without user and password.
    pub(crate) fn server(&self) -> &str {
        let rest = self.0.split_once("://").map_or("", |(_, rest)| rest);
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        authority.rsplit('@').next().unwrap_or_default()
    }
}

impl TryFrom<String> for SmtpUrl {
    type Error = Invalid;

    fn try_from(url: String) -> Result<Self, Invalid> {
        // The parser's own words could repeat the password.
        if url.is_empty() || AsyncSmtpTransport::<Tokio1Executor>::from_url(&url).is_ok() {
            Ok(Self(url))
        } else {
            Err(Invalid::new(
                "expected a mail server such as smtp://user:password@mail.example.org:587?tls=required",
            ))
        }
    }
}

impl fmt::Debug for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "SmtpUrl()" } else { "SmtpUrl(…)" })
    }
}

impl Sender {
    /// The sender, if one is set.
    pub fn sender(&self) -> Option<MailSender> {
        self.0.clone()
    }
}

impl TryFrom<String> for Sender {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        if text.is_empty() {
            return Ok(Self(None));
        }
        let expected = || Invalid::new("expected a sender such as Lateen <shop@example.org>");
        let Mailbox { name, email } = text.parse().map_err(|_| expected())?;
        let name = name.map(|name| name.parse()).transpose().map_err(|_| expected())?;
        Ok(Self(Some(MailSender { name, email: email.to_string().parse().map_err(|_| expected())? })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_read_and_never_shown() {
        for good in ["", "smtp://localhost:2525", "smtp://a%40b:c@host?tls=required", "smtps://u:p@host"] {
            assert!(SmtpUrl::try_from(good.to_owned()).is_ok(), "{good}");
        }
        for bad in ["localhost", "http://host", "smtp://u:secret@host?tls=perhaps"] {
            let error = SmtpUrl::try_from(bad.to_owned()).unwrap_err();
            assert!(!error.to_string().contains("secret"), "{error}");
        }
        let url = SmtpUrl::try_from("smtp://u:secret@host".to_owned()).unwrap();
        assert!(!format!("{url:?}").contains("secret"));
        assert_eq!(url.server(), "host");
        let url = SmtpUrl::try_from("smtps://a%40b:c@host:465/?tls=wrapper".to_owned()).unwrap();
        assert_eq!(url.server(), "host:465");
    }

    #[test]
    fn a_sender_has_an_address() {
        assert_eq!(Sender::try_from(String::new()), Ok(Settings::default().from));
        let sender = Sender::try_from("Lateen <shop@example.org>".to_owned()).unwrap().sender().unwrap();
        assert_eq!((sender.name.unwrap().as_str(), sender.email.as_str()), ("Lateen", "shop@example.org"));
        for good in ["Lateen <shop@example.org>", "shop@example.org", "\"Café, Bar\" <a@b.c>"] {
            assert!(Sender::try_from(good.to_owned()).is_ok(), "{good}");
        }
        assert!(Sender::try_from("Lateen".to_owned()).is_err());
    }
}
