//! Real signals to a real process: this test starts itself again as the process that receives them.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "the helpers of a test fail by panicking, as the test does")]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use runtime::health::Health;
use runtime::shutdown::{Phase, Shutdown};

/// The behaviour of the started process: `finish` ends its work when asked, `hang` never does.
const ROLE: &str = "SIGNALS_TEST_ROLE";

struct Ship {
    child: Child,
    says: BufReader<ChildStdout>,
}

impl Ship {
    fn start(role: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "the_process", "--nocapture"])
            .env(ROLE, role)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut ship = Self { says: BufReader::new(child.stdout.take().unwrap()), child };
        ship.wait_for("listening");
        ship
    }

    fn wait_for(&mut self, word: &str) {
        let mut line = String::new();
        while !line.contains(word) {
            line.clear();
            assert_ne!(self.says.read_line(&mut line).unwrap(), 0, "ended before it said {word:?}");
        }
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    fn end(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Ship {
    /// A test that fails half-way leaves no process behind.
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

#[test]
fn the_process() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio.block_on(async {
        let shutdown = Shutdown::new(&Health::new());
        shutdown.listen().unwrap();
        shutdown.at(Phase::Accept, async { println!("draining") });
        if role == "hang" {
            shutdown.at(Phase::Requests, std::future::pending());
        }
        println!("listening");
        assert!(shutdown.drain(Duration::from_mins(1)).await.is_clean());
    });
}

#[test]
fn the_first_signal_drains() {
    for signal in ["INT", "TERM"] {
        let mut ship = Ship::start("finish");
        ship.signal(signal);
        ship.wait_for("draining");
        assert!(ship.end().success());
    }
}

#[test]
fn the_second_signal_ends_at_once() {
    for (signal, status) in [("INT", 130), ("TERM", 143)] {
        let mut ship = Ship::start("hang");
        ship.signal(signal);
        ship.wait_for("draining");
        ship.signal(signal);
        assert_eq!(ship.end().code(), Some(status));
    }
}
