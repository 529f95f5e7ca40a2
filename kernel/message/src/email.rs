//! E-mail addresses. One parser for the door and the mailer: what it accepts, the mailer can send.

use std::borrow::Cow;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

use crate::{
    Invalid,
    text::{is_visible, turns},
};

/// The longest address (RFC 5321, 4.5.3.1.3), the longest part before the `@` (4.5.3.1.1), in bytes.
const LONGEST: usize = 254;
const LONGEST_LOCAL: usize = 64;

crate::checked_text! {
    /// An e-mail address that mail can be sent to, such as `mira@example.org`: at most 254 bytes (RFC 5321).
    ///
    /// The domain may be international (`mira@bücher.example`). Dots that a mailbox has at unusual places
    /// (`foo..bar@docomo.ne.jp`) are fine.
    pub struct Email {
        check: |text| parse(text).map(drop),
        schema: { "format": "idn-email", "pattern": r"^[^@\s]+@[^@\s]+$", "maxLength": 254 },
    }
}

/// An address as mail servers write it to each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// The part before the `@`; in quotes where its dots need them. Where it is not ASCII, the mail server must know
    /// SMTPUTF8.
    pub local: String,
    /// The domain, an international one in punycode.
    pub domain: String,
}

impl Email {
    /// The address as mail servers write it.
    ///
    /// # Errors
    ///
    /// If this was stored before a rule that it breaks.
    pub fn mailbox(&self) -> Result<Mailbox, Invalid> {
        parse(self.as_str()).map(Parts::mailbox)
    }

    /// The form by which addresses are compared: small letters, the domain in punycode, no quotes.
    pub fn canonical(&self) -> String {
        match parse(self.as_str()) {
            Ok(Parts { local, domain }) => format!("{}@{domain}", local.to_lowercase()),
            // Stored before there was such a rule: it still equals itself.
            Err(_) => self.as_str().to_lowercase(),
        }
    }
}

struct Parts<'a> {
    /// Without quotes.
    local: &'a str,
    domain: Cow<'a, str>,
}

impl Parts<'_> {
    fn mailbox(self) -> Mailbox {
        let Self { local, domain } = self;
        let local = if needs_quotes(local) { format!("\"{local}\"") } else { local.to_owned() };
        Mailbox { local, domain: domain.into_owned() }
    }
}

/// Whether it is no dot-atom (RFC 5322, 3.2.3).
fn needs_quotes(local: &str) -> bool {
    local.split('.').any(str::is_empty)
}

fn parse(text: &str) -> Result<Parts<'_>, Invalid> {
    if let Some(expected) = obvious_mistake(text) {
        return Err(Invalid::new(format!("expected {expected}")));
    }
    let Some((local, domain)) = text.split_once('@') else {
        return Err(Invalid::new("expected an e-mail address such as mira@example.org"));
    };
    let local = local.strip_prefix('"').and_then(|local| local.strip_suffix('"')).unwrap_or(local);
    check_local(local)?;
    let domain = ascii_domain(domain)?;
    let quotes = if needs_quotes(local) { 2 } else { 0 };
    if local.len() + quotes > LONGEST_LOCAL {
        return Err(Invalid::new(format!("expected at most {LONGEST_LOCAL} bytes before the @")));
    }
    if local.len() + quotes + 1 + domain.len() > LONGEST {
        return Err(too_long());
    }
    Ok(Parts { local, domain })
}

/// What is wrong with a text that is hardly an address, or more than one.
fn obvious_mistake(text: &str) -> Option<&'static str> {
    let starts_with =
        |start: &str| text.get(..start.len()).is_some_and(|text| text.eq_ignore_ascii_case(start));
    let is_hidden =
        |letter: char| !letter.is_ascii() && (letter.is_control() || turns(letter) || is_joiner(letter));
    let ats = text.matches('@').count();
    if text.len() > LONGEST {
        Some("an e-mail address of at most 254 bytes")
    } else if starts_with("mailto:") {
        Some("the address alone, without mailto:")
    } else if text.contains(['<', '>']) {
        Some("the address alone, without a name and angle brackets")
    } else if text.contains(|letter: char| letter.is_whitespace() || letter.is_ascii_control()) {
        Some("an e-mail address without blanks, such as mira@example.org")
    } else if text.contains([',', ';']) || ats > 1 {
        Some("one e-mail address, such as mira@example.org")
    } else if text.contains(is_hidden) {
        Some("an e-mail address without invisible characters; type it instead of pasting it")
    } else {
        None
    }
}

fn too_long() -> Invalid {
    Invalid::new(format!("expected an e-mail address of at most {LONGEST} bytes"))
}

/// Whether it is invisible and no mark of the letter before it.
fn is_joiner(letter: char) -> bool {
    use unicode_properties::{GeneralCategoryGroup::Mark, UnicodeGeneralCategory as _};
    let is_selector = matches!(letter, '\u{34f}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}');
    is_selector || (!is_visible(letter) && letter.general_category_group() != Mark)
}

fn check_local(local: &str) -> Result<(), Invalid> {
    if local.is_empty() {
        return Err(Invalid::new("expected a name before the @, such as mira@example.org"));
    }
    let is_allowed = |letter: char| {
        !letter.is_ascii() || letter.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(letter)
    };
    match local.chars().find(|letter| !is_allowed(*letter)) {
        Some(letter) => Err(Invalid::new(format!("expected no {letter} before the @"))),
        None => Ok(()),
    }
}

/// The domain as the DNS has it (UTS 46, RFC 5891).
fn ascii_domain(domain: &str) -> Result<Cow<'_, str>, Invalid> {
    let example = "expected a domain after the @, such as example.org";
    let is_ip = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if domain.is_empty() {
        return Err(Invalid::new(example));
    }
    if domain.starts_with('[') || domain.rsplit('.').next().is_some_and(is_ip) {
        return Err(Invalid::new("expected the name of a domain after the @, not a number"));
    }
    Uts46::new()
        .to_ascii(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Verify)
        .map_err(|_| Invalid::new(format!("{example}; {domain} is none")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn email(text: &str) -> Email {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn an_address_has_two_sides() {
        for good in
            ["mira@example.org", "a+b@c", "मीरा@उदाहरण.भारत", "o'neil@x.co", "A@B.C", "foo..bar@docomo.ne.jp"]
        {
            assert!(good.parse::<Email>().is_ok(), "{good}");
        }
        for bad in
            ["", "@", "a@", "@b", "a@b@c", "a b@c", "a@b..c", "a@b\r\nBcc: c@d", "<a@b>", "a@b.", "a@.b"]
        {
            assert!(bad.parse::<Email>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn what_cannot_be_mailed_is_refused_with_a_hint() {
        let long = format!("a@{}.org", "x".repeat(64));
        let local = format!("{}@example.org", "x".repeat(65));
        for (text, hint) in [
            ("a@b:c.org", "expected a domain after the @, such as example.org; b:c.org is none"),
            ("a@*.org", "*.org is none"),
            ("a@-x.org", "-x.org is none"),
            (&long, "is none"),
            (&local, "expected at most 64 bytes before the @"),
            ("mailto:a@example.org", "expected the address alone, without mailto:"),
            ("Mira <a@example.org>", "without a name and angle brackets"),
            ("a@example.org, b@example.org", "without blanks"),
            ("a@example.org;b@example.org", "expected one e-mail address"),
            ("a\u{200b}@example.org", "without invisible characters"),
            ("a@exam\u{ad}ple.org", "without invisible characters"),
            ("a\u{202e}b@example.org", "without invisible characters"),
            ("a@192.0.2.1", "not a number"),
            ("a@[192.0.2.1]", "not a number"),
            ("a\\b@example.org", "expected no \\ before the @"),
            ("a@b_c.org", "b_c.org is none"),
        ] {
            let refused = text.parse::<Email>().unwrap_err().to_string();
            assert!(refused.contains(hint), "{text:?}: {refused}");
        }
    }

    #[test]
    fn a_mailbox_is_what_mail_servers_write() {
        for (text, local, domain) in [
            ("Mira@Example.ORG", "Mira", "example.org"),
            ("user@bücher.example", "user", "xn--bcher-kva.example"),
            ("user@xn--bcher-kva.example", "user", "xn--bcher-kva.example"),
            ("foo..bar@docomo.ne.jp", "\"foo..bar\"", "docomo.ne.jp"),
            ("foo.@docomo.ne.jp", "\"foo.\"", "docomo.ne.jp"),
            ("\"foo.\"@docomo.ne.jp", "\"foo.\"", "docomo.ne.jp"),
            ("\"foo\"@docomo.ne.jp", "foo", "docomo.ne.jp"),
            ("मीरा@example.org", "मीरा", "example.org"),
        ] {
            let mailbox = Mailbox { local: local.to_owned(), domain: domain.to_owned() };
            assert_eq!(email(text).mailbox(), Ok(mailbox), "{text}");
            assert_eq!(email(text).as_str(), text, "it is kept as it was typed");
        }
    }

    #[test]
    fn one_mailbox_has_one_canonical_form() {
        for (one, other) in [
            ("Mira.K@Example.ORG", "mira.k@example.org"),
            ("user@BÜCHER.example", "user@xn--bcher-kva.example"),
            ("\"foo.\"@docomo.ne.jp", "FOO.@docomo.ne.jp"),
            ("Ünal@example.org", "ünal@example.org"),
        ] {
            assert_eq!(email(one).canonical(), email(other).canonical());
        }
        let old: Email = crate::stored::as_written(|| serde_json::from_str("\"A@*.org\"")).unwrap();
        assert_eq!((old.canonical().as_str(), old.mailbox().is_err()), ("a@*.org", true));
    }
}
