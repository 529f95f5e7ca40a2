//! The lines of all workers, each behind its worker's name.

use std::{
    io::{self, IsTerminal as _},
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    time::Duration,
};

use futures::future::{OptionFuture, join};
use message::Clock;
use runtime::logs::Format;
use serde_json::json;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    process::Child,
    sync::oneshot,
    task::JoinHandle,
};

/// How many lines wait to be written; more are dropped, and a line reports how many. A terminal that was stopped must not stop the
/// shop.
const WAITING: usize = 4096;

/// The longest line in bytes; the rest of a longer one follows as a line of its own.
const LONGEST: usize = 64 * 1024;

/// How long the last lines may take.
const FLUSH: Duration = Duration::from_secs(1);

/// The colours of names, in turn.
const COLOURS: [u8; 6] = [36, 33, 32, 35, 34, 31];

/// Where the workers' lines go. Cheap to clone.
#[derive(Clone)]
pub(super) struct Logs {
    lines: SyncSender<Line>,
    style: Style,
}

#[derive(Clone, Copy)]
struct Style {
    format: Format,
    /// Of the longest name.
    width: usize,
    colour: bool,
}

enum Line {
    Text(String),
    /// Answer when everything before this is written.
    Flush(oneshot::Sender<()>),
}

/// What stands before the lines of one process.
#[derive(Clone)]
struct Label {
    name: Arc<str>,
    colour: u8,
    style: Style,
}

impl Logs {
    /// Lines to standard error; `width` is that of the longest name.
    pub(super) fn new(format: Format, width: usize) -> Self {
        let colour =
            io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self::to(io::stderr(), Style { format, width, colour })
    }

    fn to(out: impl io::Write + Send + 'static, style: Style) -> Self {
        let (lines, waiting) = sync_channel(WAITING);
        std::thread::spawn(move || write(&waiting, out));
        Self { lines, style }
    }

    /// Passes on the lines of a process, to the end of both its outputs.
    pub(super) fn follow_process(
        &self,
        name: &Arc<str>,
        index: usize,
        process: &mut Child,
    ) -> JoinHandle<()> {
        let (out, err) = (process.stdout.take(), process.stderr.take());
        let (logs, name) = (self.clone(), Arc::clone(name));
        let out = out.map(|source| self.clone().follow(Arc::clone(&name), index, source));
        let err = err.map(|source| logs.follow(name, index, source));
        tokio::spawn(async move {
            join(OptionFuture::from(out), OptionFuture::from(err)).await;
        })
    }

    /// Passes on the lines of `source`, to its end.
    async fn follow(self, name: Arc<str>, index: usize, mut source: impl AsyncRead + Unpin) {
        let colour = COLOURS.get(index % COLOURS.len()).copied().unwrap_or(0);
        let label = Label { name, colour, style: self.style };
        let mut dropped = 0_u64;
        let mut send = |line: &[u8]| {
            if dropped > 0 && self.lines.try_send(Line::Text(label.lost(dropped))).is_ok() {
                dropped = 0;
            }
            if self.lines.try_send(Line::Text(label.line(&String::from_utf8_lossy(line)))).is_err() {
                dropped += 1;
            }
        };
        let mut begun: Vec<u8> = Vec::new();
        let mut chunk = vec![0; 4096];
        while let Ok(read @ 1..) = source.read(&mut chunk).await {
            for part in chunk.get(..read).unwrap_or_default().split_inclusive(|byte| *byte == b'\n') {
                begun.extend_from_slice(part);
                if begun.ends_with(b"\n") || begun.len() >= LONGEST {
                    send(begun.trim_ascii_end());
                    begun.clear();
                }
            }
        }
        if !begun.is_empty() {
            send(&begun);
        }
    }

    /// Waits, for a short time, until all lines so far are written.
    pub(super) async fn flush(&self) {
        let (written, done) = oneshot::channel();
        if self.lines.try_send(Line::Flush(written)).is_ok() {
            let _ = tokio::time::timeout(FLUSH, done).await;
        }
    }
}

fn write(lines: &Receiver<Line>, mut out: impl io::Write) {
    for line in lines {
        match line {
            // If nobody reads any more, the workers' pipes are emptied all the same.
            Line::Text(line) => drop(out.write_all(line.as_bytes())),
            Line::Flush(written) => drop(written.send(())),
        }
    }
}

impl Label {
    /// The line behind its label, with its end.
    fn line(&self, line: &str) -> String {
        match self.style.format {
            Format::Text => self.text(line),
            Format::Json => self.json(line),
        }
    }

    fn lost(&self, lines: u64) -> String {
        self.line(&format!("… {lines} lines are missing here: the log is read too slowly"))
    }

    fn text(&self, line: &str) -> String {
        let (name, width) = (&self.name, self.style.width);
        // A panic may repeat what a visitor sent; it must not forge a line or paint the terminal.
        let mut shown = String::with_capacity(line.len());
        for letter in line.chars() {
            if letter.is_control() && letter != '\t' {
                shown.extend(letter.escape_default());
            } else {
                shown.push(letter);
            }
        }
        if self.style.colour {
            format!("\x1b[{}m{name:<width$} |\x1b[0m {shown}\n", self.colour)
        } else {
            format!("{name:<width$} | {shown}\n")
        }
    }

    fn json(&self, line: &str) -> String {
        let name = json!(&*self.name);
        match line.strip_prefix('{') {
            Some("}") => format!("{{\"worker\":{name}}}\n"),
            Some(rest) if rest.ends_with('}') => format!("{{\"worker\":{name},{rest}\n"),
            // A line that is no log line is a panic, or the reason of an end.
            _ => {
                let timestamp = Clock::system().now().to_string();
                let entry =
                    json!({"worker": name, "timestamp": timestamp, "level": "ERROR", "message": line});
                format!("{entry}\n")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tokio::io::AsyncWriteExt as _;

    use super::*;

    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    async fn logged(format: Format, colour: bool, said: &[u8]) -> String {
        let buffer = Buffer::default();
        let logs = Logs::to(buffer.clone(), Style { format, width: 9, colour });
        logs.clone().follow("order.1".into(), 0, said).await;
        logs.flush().await;
        let bytes = buffer.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[tokio::test]
    async fn every_line_has_its_workers_name() {
        let said = b"INFO open\n\nthread 'x' panicked at \x1b[31m\xff:\nno end";
        let text = logged(Format::Text, false, said).await;
        assert_eq!(
            text,
            "order.1   | INFO open\norder.1   | \norder.1   | thread 'x' panicked at \\u{1b}[31m\u{fffd}:\norder.1   | no end\n"
        );
        let coloured = logged(Format::Text, true, b"x\n").await;
        assert_eq!(coloured, "\x1b[36morder.1   |\x1b[0m x\n");
    }

    #[tokio::test]
    async fn json_lines_stay_json() {
        let said = b"{\"level\":\"INFO\"}\n{}\nthread \"x\" panicked\n";
        let text = logged(Format::Json, false, said).await;
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| line["worker"] == "order.1"));
        assert_eq!(lines[0]["level"], "INFO");
        assert_eq!(lines[2]["message"], "thread \"x\" panicked");
        assert!(lines[2]["timestamp"].is_string());
    }

    #[tokio::test]
    async fn a_line_without_end_is_cut() {
        let text = logged(Format::Text, false, &vec![b'x'; 3 * LONGEST]).await;
        assert!(text.lines().count() >= 3);
        assert!(text.lines().all(|line| line.len() < LONGEST + 5000));
        assert_eq!(text.matches('x').count(), 3 * LONGEST);
    }

    #[tokio::test]
    async fn lines_of_many_are_whole() {
        let buffer = Buffer::default();
        let logs = Logs::to(buffer.clone(), Style { format: Format::Text, width: 1, colour: false });
        let followers = (0..8).map(|index| {
            let (mut pen, paper) = tokio::io::duplex(7);
            tokio::spawn(async move {
                for _ in 0..50 {
                    pen.write_all(format!("{}\n", "said ".repeat(index + 1)).as_bytes()).await.unwrap();
                }
            });
            logs.clone().follow(index.to_string().into(), index, paper)
        });
        futures::future::join_all(followers).await;
        logs.flush().await;
        let text = String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 400);
        for line in text.lines() {
            let (name, said) = line.split_once(" | ").unwrap();
            assert_eq!(said.matches("said").count(), name.parse::<usize>().unwrap() + 1, "{line}");
        }
    }

    #[tokio::test]
    async fn a_reader_that_has_stopped_costs_lines_and_nothing_else() {
        struct Stopped(Receiver<()>, Buffer);
        impl io::Write for Stopped {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                let _ = self.0.recv();
                self.1.write(bytes)
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let (resume, stopped) = std::sync::mpsc::channel();
        let buffer = Buffer::default();
        let style = Style { format: Format::Text, width: 1, colour: false };
        let logs = Logs::to(Stopped(stopped, buffer.clone()), style);
        let (mut pen, paper) = tokio::io::duplex(64);
        let following = tokio::spawn(logs.clone().follow("a".into(), 0, paper));
        pen.write_all("x\n".repeat(WAITING * 2).as_bytes()).await.unwrap();
        drop(resume);
        let text = || String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap();
        let began = std::time::Instant::now();
        // What comes while the buffer is still catching up may be lost as well.
        while !text().ends_with("a | back\n") {
            assert!(began.elapsed() < Duration::from_secs(20), "{}", text());
            pen.write_all(b"back\n").await.unwrap();
            logs.flush().await;
        }
        drop(pen);
        following.await.unwrap();
        let text = text();
        assert!(text.contains("lines are missing here"), "{text}");
        let lines = text.lines().count();
        assert!(
            lines > WAITING && text.lines().filter(|line| line.ends_with("| x")).count() < WAITING * 2,
            "{lines}"
        );
    }
}
