//! `caravel run`: some services or edges in this process, as one of many.

use std::{io, net::TcpListener as Socket, os::fd::AsFd as _};

use listenfd::ListenFd;
use runtime::{
    BoxError,
    settings::Settings,
    shutdown::{Phase, Shutdown},
};
use tokio::{
    io::AsyncReadExt as _,
    net::{TcpListener, unix::pipe},
};
use tokio_util::sync::CancellationToken;

use crate::{
    cli, edges,
    process::{self, Process},
    roster::Roster,
    settings,
    shop::Shop,
    transport,
};

/// What a supervisor hands over.
#[derive(Default)]
pub(super) struct Sockets {
    health: Option<Socket>,
    web: Option<Socket>,
}

impl Sockets {
    /// Takes what a supervisor has handed over. It changes the environment: there is one thread yet.
    pub(super) fn inherited(run: &cli::Run) -> io::Result<Self> {
        if !run.supervised {
            return Ok(Self::default());
        }
        let mut inherited = ListenFd::from_env();
        Ok(Self { health: inherited.take_tcp_listener(0)?, web: inherited.take_tcp_listener(1)? })
    }
}

pub(super) async fn run(
    settings: Settings,
    roster: Roster,
    run: &cli::Run,
    sockets: Sockets,
) -> Result<(), BoxError> {
    transport::needs_servers(&settings, &roster)?;
    let name = run.names.join("+");
    let process = Process::begin(&settings, &format!("caravel-{name}"))?;
    let own: settings::Run = settings.section("run")?;
    if let Some(listener) = adopted(sockets.health)? {
        process.serve_health(listener);
    } else if let Some(address) = own.health.0 {
        process.serve_health(process::listen(address, "run.health")?);
    }
    let streams = process.shutdown.token(Phase::Accept).child_token();
    let retire = CancellationToken::new();
    if run.supervised {
        let told =
            Told { shutdown: process.shutdown.clone(), streams: streams.clone(), retire: retire.clone() };
        tokio::spawn(told.follow(lifeline()?, roster.has_edges()));
    }
    let listener = match adopted(sockets.web)? {
        None if roster.has_edges() => {
            let web: settings::Web = settings.section("web")?;
            Some(process::listen(web.listen.0, "--listen")?)
        }
        inherited => inherited,
    };

    let transport = transport::between(&settings, &name)?;
    process.watch_broker(&transport);
    let transport = transport::with_queues(transport, &settings, Some(&process.health)).await?;
    let shop = tokio::select! {
        shop = Shop::open(settings, &roster, transport) => shop?,
        () = process.shutdown.asked() => return Ok(()),
    };
    let server = roster.has_edges().then(|| edges::open(&shop, &roster, &process, streams)).transpose()?;
    shop.start()?;
    process.watch(&shop);
    if let (Some(server), Some(listener)) = (server, listener) {
        tracing::info!(address = %listener.local_addr()?, "serving");
        process.serve(server, listener, retire);
    }
    process.is_open();
    tracing::info!(running = run.names.join(" "), "open");
    process.drain(&shop).await;
    Ok(())
}

fn adopted(socket: Option<Socket>) -> io::Result<Option<TcpListener>> {
    socket
        .map(|socket| {
            socket.set_nonblocking(true)?;
            TcpListener::from_std(socket)
        })
        .transpose()
}

/// The pipe whose other end a supervisor holds for as long as it wants this process.
fn lifeline() -> io::Result<pipe::Receiver> {
    pipe::Receiver::from_owned_fd(io::stdin().as_fd().try_clone_to_owned()?)
}

/// What a supervisor can tell its worker.
struct Told {
    shutdown: Shutdown,
    streams: CancellationToken,
    retire: CancellationToken,
}

impl Told {
    /// A byte means that another process takes over; the end of the pipe, that the fleet stops or its supervisor is no
    /// more.
    async fn follow(self, mut lifeline: pipe::Receiver, has_edges: bool) {
        while let Ok(1..) = lifeline.read(&mut [0]).await {
            if has_edges {
                tracing::info!("another worker takes over; open connections are answered once more");
                self.streams.cancel();
                self.retire.cancel();
            } else {
                self.shutdown.ask();
            }
        }
        self.shutdown.ask();
    }
}
