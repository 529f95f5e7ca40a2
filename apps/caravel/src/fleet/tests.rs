//! The supervision, with processes that are this test started again in a part of its own.

use std::{
    net::TcpListener as Socket,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use listenfd::ListenFd;
use runtime::logs::Format;
use testing::until;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    process::Command,
    task::JoinHandle,
    time::sleep,
};
use tokio_util::sync::CancellationToken;

use super::{
    child::Launcher,
    client, control,
    logs::Logs,
    plan::Crew,
    supervisor::{Kind, Supervisor},
    worker::{Limits, State, Status},
};

/// Names the file with the part of the started process; its content may change between two starts.
const PART: &str = "FLEET_TEST_PART";

/// Longer than anything here may take.
const PATIENCE: Duration = Duration::from_mins(1);

const LIMITS: Limits = Limits {
    respawns: 5,
    window: Duration::from_mins(1),
    unresponsive: Duration::from_secs(2),
    ready_within: Duration::from_secs(20),
};

/// A fleet of stand-ins on a folder.
struct Fleet {
    folder: tempfile::TempDir,
    supervisor: Arc<Supervisor>,
    serving: JoinHandle<()>,
    stop: CancellationToken,
    listen_address: std::net::SocketAddr,
}

impl Fleet {
    /// One `order`, two `edge`; both play the part that stands in the file of their name.
    fn new(order: &str, edge: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let crew = |name, workers, is_edge| Arc::new(Crew { name, runs: vec![name], workers, is_edge });
        let crews = [crew("order", 1, false), crew("edge", 2, true)];
        let web = Socket::bind("127.0.0.1:0").unwrap();
        web.set_nonblocking(true).unwrap();
        let listen_address = web.local_addr().unwrap();
        let parts = folder.path().to_owned();
        let command = move |crew: &Crew| {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.args(["--exact", "fleet::tests::the_process", "--nocapture"]);
            command.env(PART, parts.join(crew.name));
            command
        };
        let logs = Logs::new(Format::Text, 7);
        let launcher = Launcher { command: Box::new(command), web, logs };
        let supervisor = Arc::new(Supervisor::new(&crews, launcher, LIMITS));
        let stop = CancellationToken::new();
        let listener = control::listen(folder.path()).unwrap();
        let serving = tokio::spawn(control::serve(listener, Arc::clone(&supervisor), stop.clone()));
        let fleet = Self { folder, supervisor, serving, stop, listen_address };
        fleet.plays("order", order);
        fleet.plays("edge", edge);
        fleet
    }

    async fn started() -> Self {
        let fleet = Self::new("works", "works");
        for kind in [Kind::Services, Kind::Edges] {
            fleet.supervisor.launch(kind);
            fleet.supervisor.settled(kind).await.unwrap();
        }
        fleet
    }

    /// Gives the processes that are started from now on this part.
    fn plays(&self, name: &str, part: &str) {
        std::fs::write(self.data().join(name), part).unwrap();
    }

    fn data(&self) -> &Path {
        self.folder.path()
    }

    fn status(&self, worker: &str) -> Status {
        let status = self.supervisor.status();
        status.into_iter().find(|status| status.worker == worker).unwrap()
    }

    async fn until(&self, worker: &str, what: &str, is: impl Fn(&Status) -> bool) -> Status {
        let mut status = self.status(worker);
        let is_so = async || {
            status = self.status(worker);
            is(&status)
        };
        until(&format!("{worker} {what}"), is_so).await;
        status
    }

    /// What an edge answers on a connection of its own: its process id.
    async fn ask(&self) -> u32 {
        let mut stream = TcpStream::connect(self.listen_address).await.unwrap();
        stream.write_all(b"?").await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer.parse().unwrap()
    }

    async fn ends(self) {
        self.supervisor.stop().await;
        self.serving.abort();
        let states: Vec<State> = self.supervisor.status().iter().map(|status| status.state).collect();
        assert!(states.iter().all(|state| matches!(state, State::Stopped | State::Planned)), "{states:?}");
    }
}

fn kill(signal: &str, pid: u32) {
    let killed = std::process::Command::new("kill").args(["-s", signal, &pid.to_string()]).status();
    assert!(killed.unwrap().success());
}

/// Whether a process runs, and is not only a zombie.
fn lives(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

/// Not a test by itself: the process that the tests start.
#[test]
fn the_process() {
    let Some(file) = std::env::var_os(PART).map(std::path::PathBuf::from) else { return };
    let part = std::fs::read_to_string(&file).unwrap();
    assert!(part != "ends", "this one ends at its start");
    let mut sockets = ListenFd::from_env();
    let health = sockets.take_tcp_listener(0).unwrap().unwrap();
    let is_ending = Arc::new(AtomicBool::new(false));
    let edge = sockets.take_tcp_listener(1).unwrap().map(|web| {
        let is_ending = Arc::clone(&is_ending);
        std::thread::spawn(move || {
            while !is_ending.load(Relaxed) {
                match web.accept() {
                    Ok((stream, _)) => answer(stream, &std::process::id().to_string()),
                    Err(_) => std::thread::sleep(Duration::from_millis(1)),
                }
            }
        })
    });
    let status = if part == "unready" { "503 Service Unavailable" } else { "200 OK" };
    let answer_health = move || {
        health.set_nonblocking(false).unwrap();
        for stream in health.incoming() {
            answer(
                stream.unwrap(),
                &format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"),
            );
        }
    };
    std::thread::spawn(answer_health);
    // A byte and the end of the pipe both end it.
    let _ = std::io::Read::read(&mut std::io::stdin(), &mut [0]);
    is_ending.store(true, Relaxed);
    if let Some(edge) = edge {
        edge.join().unwrap();
    }
    if part == "drains" {
        std::thread::sleep(Duration::from_millis(700));
    }
    if part == "hangs" {
        std::thread::sleep(PATIENCE * 10);
    }
    std::fs::write(file.with_extension(std::process::id().to_string()), "ended by itself").unwrap();
}

/// Sends everybody the same.
fn answer(mut stream: std::net::TcpStream, text: &str) {
    stream.set_nonblocking(false).unwrap();
    let _ = std::io::Read::read(&mut stream, &mut [0; 1000]);
    let _ = std::io::Write::write_all(&mut stream, text.as_bytes());
}

#[tokio::test]
async fn one_that_is_killed_comes_back_and_its_neighbours_do_not_notice() {
    let fleet = Fleet::started().await;
    let (before, edge) = (fleet.status("order.1"), fleet.status("edge.1"));
    assert_eq!((before.restarts, before.state), (0, State::Ready));
    assert!(before.memory.unwrap() > 100_000);
    kill("KILL", before.pid.unwrap());
    let after = fleet
        .until("order.1", "came back", |status| status.restarts == 1 && status.state == State::Ready)
        .await;
    assert_ne!(after.pid, before.pid);
    assert_eq!(fleet.status("edge.1").pid, edge.pid);
    fleet.ends().await;
}

#[tokio::test]
async fn one_that_keeps_ending_has_failed_until_somebody_revives_it() {
    let fleet = Fleet::started().await;
    fleet.plays("order", "ends");
    kill("KILL", fleet.status("order.1").pid.unwrap());
    let failed = fleet.until("order.1", "failed", |status| status.state == State::Failed).await;
    assert_eq!((failed.restarts, failed.pid), (5, None));
    assert!(failed.detail.contains("exit status"), "{failed:?}");
    assert_eq!(fleet.status("edge.2").state, State::Ready, "the rest goes on");

    let refused = fleet.supervisor.restart(&["order".to_owned()], |_| ()).await.unwrap_err();
    assert!(refused.contains("order.1") && refused.contains("ended at its start"), "{refused}");
    fleet.until("order.1", "failed again", |status| status.state == State::Failed).await;
    fleet.plays("order", "works");
    fleet.supervisor.restart(&["order".to_owned()], |_| ()).await.unwrap();
    assert_eq!(fleet.status("order.1").state, State::Ready);
    fleet.ends().await;
}

#[tokio::test]
async fn one_that_sleeps_is_left_alone_and_one_that_does_not_wake_is_replaced() {
    let fleet = Fleet::started().await;
    let before = fleet.status("order.1").pid.unwrap();
    kill("STOP", before);
    sleep(LIMITS.unresponsive / 2).await;
    kill("CONT", before);
    sleep(LIMITS.unresponsive).await;
    assert_eq!((fleet.status("order.1").pid, fleet.status("order.1").restarts), (Some(before), 0));

    kill("STOP", before);
    let after = fleet
        .until("order.1", "came back", |status| status.restarts == 1 && status.state == State::Ready)
        .await;
    assert_ne!(after.pid, Some(before));
    assert!(!lives(before));
    fleet.ends().await;
}

#[tokio::test]
async fn a_rolling_restart_replaces_one_after_the_other_and_somebody_always_answers() {
    let fleet = Fleet::started().await;
    let pids = |fleet: &Fleet| ["edge.1", "edge.2"].map(|worker| fleet.status(worker).pid.unwrap());
    let before = pids(&fleet);
    let (supervisor, done) = (Arc::clone(&fleet.supervisor), CancellationToken::new());
    let restarting = tokio::spawn({
        let done = done.clone();
        async move {
            let steps = std::sync::Mutex::new(Vec::new());
            // The gateway is in the edge's processes.
            let outcome =
                supervisor.restart(&["gateway".to_owned()], |line| steps.lock().unwrap().push(line)).await;
            done.cancel();
            outcome.map(|()| steps.into_inner().unwrap())
        }
    });
    let mut answered = Vec::new();
    while !done.is_cancelled() {
        answered.push(fleet.ask().await);
    }
    let steps = restarting.await.unwrap().unwrap();
    let after = pids(&fleet);
    assert!(!answered.is_empty());
    assert!(answered.iter().all(|pid| before.contains(pid) || after.contains(pid)));
    assert!(before.iter().all(|pid| !after.contains(pid) && !lives(*pid)));
    assert_eq!(steps.len(), 4, "{steps:?}");
    assert!(steps[3].contains("edge.2") && steps[3].contains(&after[1].to_string()), "{steps:?}");
    for (worker, pid) in before.iter().enumerate() {
        let end = std::fs::read_to_string(fleet.data().join(format!("edge.{pid}")));
        assert_eq!(end.unwrap(), "ended by itself", "edge.{worker} was not killed");
    }
    fleet.ends().await;
}

#[tokio::test]
async fn a_successor_that_does_not_start_leaves_the_old_one_in_place() {
    let fleet = Fleet::started().await;
    let before = fleet.status("edge.1").pid;
    fleet.plays("edge", "ends");
    let refused = fleet.supervisor.restart(&[], |_| ()).await.unwrap_err();
    assert!(refused.contains("edge.1") && refused.contains("left as they are"), "{refused}");
    let still = fleet.until("edge.1", "is ready again", |status| status.state == State::Ready).await;
    assert_eq!((still.pid, still.restarts), (before, 0));
    fleet.ask().await;

    // The status keeps the reason until another process takes over.
    assert!(
        still.detail.contains("not replaced") && still.detail.contains("ended at its start"),
        "{still:?}"
    );
    fleet.plays("edge", "works");
    fleet.supervisor.restart(&["edge".to_owned()], |_| ()).await.unwrap();
    fleet.until("edge.1", "is another", |status| status.detail.is_empty() && status.pid != before).await;
    fleet.ends().await;
}

#[tokio::test]
async fn those_who_drain_are_waited_for_unless_there_is_hurry() {
    let fleet = Fleet::new("drains", "works");
    fleet.supervisor.launch(Kind::Services);
    fleet.supervisor.settled(Kind::Services).await.unwrap();
    let pid = fleet.status("order.1").pid.unwrap();
    let end = fleet.data().join(format!("order.{pid}"));
    let supervisor = Arc::clone(&fleet.supervisor);
    supervisor.stop().await;
    assert!(end.exists() && !lives(pid));

    let fleet = Fleet::new("hangs", "works");
    fleet.supervisor.launch(Kind::Services);
    fleet.supervisor.settled(Kind::Services).await.unwrap();
    let pid = fleet.status("order.1").pid.unwrap();
    let supervisor = Arc::clone(&fleet.supervisor);
    let stopping = tokio::spawn(async move { supervisor.stop().await });
    fleet.until("order.1", "drains", |status| status.state == State::Draining).await;
    fleet.supervisor.hurry().cancel();
    tokio::time::timeout(Duration::from_secs(5), stopping).await.unwrap().unwrap();
    assert!(!lives(pid));
}

#[tokio::test]
async fn a_start_without_any_worker_is_no_start() {
    let fleet = Fleet::new("ends", "works");
    fleet.supervisor.launch(Kind::Services);
    let refused = fleet.supervisor.settled(Kind::Services).await.unwrap_err();
    assert!(refused.contains("no service could be started"), "{refused}");
    fleet.ends().await;
}

#[tokio::test]
async fn the_socket_is_for_its_owner_and_answers_and_stops() {
    let fleet = Fleet::started().await;
    let mode = std::fs::metadata(control::path(fleet.data())).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    client::restart(fleet.data(), vec!["order".to_owned()]).await.unwrap();
    let unknown = client::restart(fleet.data(), vec!["oder".to_owned()]).await.unwrap_err();
    assert_eq!(unknown.to_string(), "there is no worker `oder`; there are edge, order");

    let stopping = client::stop(fleet.data());
    let end = async {
        fleet.stop.cancelled().await;
        fleet.supervisor.stop().await;
    };
    tokio::pin!(stopping);
    tokio::select! {
        outcome = &mut stopping => panic!("the fleet has not ended yet: {outcome:?}"),
        () = end => {}
    }
    let nobody = tempfile::tempdir().unwrap();
    let refused = client::stop(nobody.path()).await.unwrap_err().to_string();
    assert!(refused.contains("no fleet runs on") && refused.contains("--data"), "{refused}");
}

#[tokio::test]
async fn nonsense_on_the_socket_is_refused() {
    let fleet = Fleet::new("works", "works");
    let mut stream = tokio::net::UnixStream::connect(control::path(fleet.data())).await.unwrap();
    stream.write_all(b"{\"sink\":[]}\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("{\"refused\":\"this is no request"), "{answer}");
}
