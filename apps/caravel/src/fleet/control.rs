//! How a running fleet is asked: a socket in its data folder, one JSON text per line.

use std::{
    fs,
    io::{self, ErrorKind},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{UnixListener, UnixStream},
    sync::mpsc,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use super::{supervisor::Supervisor, worker::Status};

/// The longest request in bytes.
const REQUEST: u64 = 64 * 1024;

/// How long a client may take to send its request.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a fleet can be asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Request {
    Status,
    Restart {
        /// All if there are none.
        names: Vec<String>,
    },
    Stop,
}

/// One line of its answer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer {
    Status(Vec<Status>),
    /// A step is done.
    #[serde(rename = "said")]
    Progress(String),
    /// It is done; nothing follows.
    Done,
    /// It cannot be done; nothing follows.
    Refused(String),
}

/// The socket of the fleet on a data folder.
pub(super) fn path(data: &Path) -> PathBuf {
    data.join("fleet.sock")
}

/// Listens on the folder's socket. It is ours, because we hold the folder's lock: one that is there was left behind.
pub(super) fn listen(data: &Path) -> Result<UnixListener, String> {
    let path = path(data);
    let in_words = |error: io::Error| format!("the socket {} cannot be made: {error}", path.display());
    match fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(in_words(error)),
        _ => {}
    }
    let listener = UnixListener::bind(&path).map_err(in_words)?;
    // Until here the folder protects it, which only its owner can enter.
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).map_err(in_words)?;
    Ok(listener)
}

/// Answers requests until the fleet has ended; a request to stop cancels `stop`.
pub(super) async fn serve(listener: UnixListener, fleet: Arc<Supervisor>, stop: CancellationToken) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let (fleet, stop) = (Arc::clone(&fleet), stop.clone());
                tokio::spawn(async move {
                    if let Err(error) = converse(stream, &fleet, &stop).await {
                        tracing::debug!(%error, "a client of the fleet went away");
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "the fleet's socket fails; trying again");
                tokio::time::sleep(PATIENCE).await;
            }
        }
    }
}

async fn converse(stream: UnixStream, fleet: &Supervisor, stop: &CancellationToken) -> io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut line = String::new();
    timeout(PATIENCE, BufReader::new(reader.take(REQUEST)).read_line(&mut line)).await??;
    match serde_json::from_str(&line) {
        Ok(Request::Status) => write(&mut writer, &Answer::Status(fleet.status())).await,
        Ok(Request::Stop) => {
            stop.cancel();
            // The end of the connection is the answer: the fleet has ended.
            std::future::pending().await
        }
        Ok(Request::Restart { names }) => {
            let (report, mut steps) = mpsc::unbounded_channel();
            let restarting = fleet.restart(&names, move |line| drop(report.send(line)));
            tokio::pin!(restarting);
            let outcome = loop {
                tokio::select! {
                    biased;
                    Some(line) = steps.recv() => write(&mut writer, &Answer::Progress(line)).await?,
                    outcome = &mut restarting => break outcome,
                }
            };
            while let Ok(line) = steps.try_recv() {
                write(&mut writer, &Answer::Progress(line)).await?;
            }
            write(&mut writer, &outcome.map_or_else(Answer::Refused, |()| Answer::Done)).await
        }
        Err(error) => write(&mut writer, &Answer::Refused(format!("this is no request: {error}"))).await,
    }
}

async fn write(writer: &mut (impl tokio::io::AsyncWrite + Unpin), answer: &Answer) -> io::Result<()> {
    let mut line = serde_json::to_vec(answer)?;
    line.push(b'\n');
    writer.write_all(&line).await
}
