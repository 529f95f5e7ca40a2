//! The commands for a running fleet.

use std::{
    io::{self, IsTerminal as _},
    path::Path,
    time::Duration,
};

use clap::Args;
use message::Clock;
use runtime::BoxError;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    net::{UnixStream, unix::OwnedReadHalf},
    time::sleep,
};

use super::{
    control::{self, Answer, Request},
    table,
    worker::Status,
};
use crate::stdout::print;

/// Between two displays of the status.
const REFRESH: Duration = Duration::from_secs(1);

/// The arguments of `caravel fleet status`.
#[derive(Debug, Args)]
pub(crate) struct StatusArguments {
    /// Show it once.
    #[arg(long)]
    once: bool,

    /// Show it once, as JSON.
    #[arg(long)]
    json: bool,
}

/// A request that is being answered.
struct Conversation {
    answers: Lines<BufReader<OwnedReadHalf>>,
    /// The fleet stops answering when this is closed.
    _open: tokio::net::unix::OwnedWriteHalf,
}

pub(super) async fn status(data: &Path, arguments: &StatusArguments) -> Result<(), BoxError> {
    if arguments.json {
        let workers = ask_status(data).await?;
        print(serde_json::to_string_pretty(&serde_json::json!({"workers": workers}))?);
        return Ok(());
    }
    let live = io::stdout().is_terminal() && !arguments.once;
    let mut drawn = 0;
    loop {
        let lines = table::draw(&ask_status(data).await?, Clock::system().now());
        if drawn > 0 {
            // Back to the table's first line, and away with what stands below it.
            print!("\x1b[{drawn}A\x1b[J");
        }
        drawn = lines.len();
        lines.iter().for_each(print);
        if !live {
            return Ok(());
        }
        sleep(REFRESH).await;
    }
}

pub(super) async fn restart(data: &Path, names: Vec<String>) -> Result<(), BoxError> {
    let mut conversation = ask(data, &Request::Restart { names }).await?;
    loop {
        match conversation.next().await? {
            Some(Answer::Progress(line)) => print(line),
            Some(Answer::Done) => return Ok(()),
            Some(Answer::Refused(why)) => return Err(why.into()),
            Some(Answer::Status(_)) | None => {
                return Err("the fleet ended before the restart was done".into());
            }
        }
    }
}

pub(super) async fn stop(data: &Path) -> Result<(), BoxError> {
    let mut conversation = ask(data, &Request::Stop).await?;
    print("The fleet finishes its work.");
    while conversation.next().await?.is_some() {}
    print("It has ended.");
    Ok(())
}

async fn ask_status(data: &Path) -> Result<Vec<Status>, BoxError> {
    match ask(data, &Request::Status).await?.next().await? {
        Some(Answer::Status(workers)) => Ok(workers),
        _ => Err("the fleet ended while it was asked".into()),
    }
}

async fn ask(data: &Path, request: &Request) -> Result<Conversation, BoxError> {
    let stream = UnixStream::connect(control::path(data)).await.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => format!(
            "no fleet runs on the data folder {}: start one with `caravel fleet`, or name its folder with --data",
            data.display()
        ),
        _ => format!("the fleet on {} cannot be asked: {error}", data.display()),
    })?;
    let (reader, mut writer) = stream.into_split();
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    writer.write_all(&line).await?;
    Ok(Conversation { answers: BufReader::new(reader).lines(), _open: writer })
}

impl Conversation {
    /// The next line, or nothing if the fleet has ended.
    async fn next(&mut self) -> Result<Option<Answer>, BoxError> {
        match self.answers.next_line().await {
            Ok(line) => Ok(line.as_deref().map(serde_json::from_str).transpose()?),
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
