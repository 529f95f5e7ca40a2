//! A mail server that lives as long as one test, and misbehaves on command.
//!
//! Needs Debian's `python3-aiosmtpd`. `mail.py` documents the commands.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::tls::Authority;

/// The time limit of a start.
const PATIENCE: Duration = Duration::from_secs(20);

/// The protocol that the server expects from its clients.
#[derive(Debug, Clone, Copy)]
pub enum Speech<'a> {
    /// Unencrypted.
    Plain,
    /// Unencrypted, with a login as `shop` and the password `s@cret`.
    LoggedIn,
    /// Encrypted after the greeting (STARTTLS); other clients are rejected.
    Upgraded(&'a Authority),
    /// Encrypted from the beginning.
    Encrypted(&'a Authority),
}

/// A mail server on a free port of `127.0.0.1`. It ends when this is dropped.
pub struct MailServer {
    child: Child,
    facts: Arc<Mutex<Vec<Value>>>,
}

impl MailServer {
    /// Starts the server.
    ///
    /// # Panics
    ///
    /// If Python is missing.
    pub fn start(speech: Speech<'_>) -> Self {
        // The system's Python has aiosmtpd from the package python3-aiosmtpd; another Python on the path may not.
        let mut command = Command::new("/usr/bin/python3");
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/src/mail.py"));
        let mut with = |mode: &str, authority: &Authority| {
            command.arg(mode).args([authority.server_certificate(), authority.server_key()]);
        };
        match speech {
            Speech::Plain => {}
            Speech::LoggedIn => drop(command.arg("AUTH")),
            Speech::Upgraded(authority) => with("STARTTLS", authority),
            Speech::Encrypted(authority) => with("TLS", authority),
        }
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the system's Python is installed");
        let lines = BufReader::new(child.stdout.take().expect("its output is a pipe")).lines();
        let facts = Arc::<Mutex<Vec<Value>>>::default();
        let shared = Arc::clone(&facts);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let fact = serde_json::from_str(&line).expect("the server says JSON");
                shared.lock().unwrap_or_else(PoisonError::into_inner).push(fact);
            }
        });
        Self { child, facts }
    }

    /// The port on which it listens.
    ///
    /// # Panics
    ///
    /// If it does not start: is `python3-aiosmtpd` installed?
    pub fn port(&self) -> u64 {
        let started = Instant::now();
        loop {
            if let Some(port) = self.all("port").first().and_then(|fact| fact.get("port")?.as_u64()) {
                return port;
            }
            assert!(started.elapsed() < PATIENCE, "no mail server starts: is python3-aiosmtpd installed?");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The accepted mails, in order.
    pub fn received(&self) -> Vec<Value> {
        self.all("recipients")
    }

    /// The server's reports of one kind, in order.
    pub fn all(&self, kind: &str) -> Vec<Value> {
        let facts = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
        facts.iter().filter(|fact| fact.get(kind).is_some()).cloned().collect()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
