//! The mail server of `server.py`, as long as the test lasts.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use serde_json::Value;

pub(crate) struct Server {
    child: Child,
    facts: Arc<Mutex<Vec<Value>>>,
}

impl Server {
    /// Starts it; `arguments` are the script's.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mails/server.py");
        // The system's Python has aiosmtpd from the package python3-aiosmtpd; another one on the path need not.
        let mut child = Command::new("/usr/bin/python3")
            .arg(script)
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the mail server starts: install python3-aiosmtpd");
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let facts = Arc::<Mutex<Vec<Value>>>::default();
        let heard = Arc::clone(&facts);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                heard.lock().unwrap().push(serde_json::from_str(&line).unwrap());
            }
        });
        Self { child, facts }
    }

    /// The port that it listens on.
    pub(crate) fn port(&self) -> u64 {
        let started = Instant::now();
        loop {
            if let Some(fact) = self.all("port").first() {
                return fact["port"].as_u64().unwrap();
            }
            assert!(started.elapsed() < Duration::from_secs(20), "the mail server does not start");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The mails that it accepted, in order.
    pub(crate) fn received(&self) -> Vec<Value> {
        self.all("recipients")
    }

    /// What it said about one kind of event, in order.
    pub(crate) fn all(&self, kind: &str) -> Vec<Value> {
        self.facts.lock().unwrap().iter().filter(|fact| fact.get(kind).is_some()).cloned().collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
