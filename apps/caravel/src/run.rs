//! `caravel run`: some services or edges in this process, as one of many.

use std::{io, net::TcpListener as Socket, os::fd::AsFd as _};

use clap::Args;
use listenfd::ListenFd;
use runtime::{
    BoxError,
    shutdown::{Phase, Shutdown},
};
use tokio::{
    io::AsyncReadExt as _,
    net::{TcpListener, unix::pipe},
};
use tokio_util::sync::CancellationToken;

use crate::{
    edges,
    parts::Parts,
    process::{self, Process},
    settings::Settings,
    shop::Shop,
    transport,
};

/// The arguments of `caravel run`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The services and edges to run; without a name the command lists them.
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,

    /// A supervisor has handed over the sockets and the pipe: see `fleet::child`.
    #[arg(long, hide = true)]
    supervised: bool,
}

/// The sockets that a supervisor hands over.
#[derive(Default)]
pub(crate) struct Sockets {
    health: Option<Socket>,
    web: Option<Socket>,
}

impl Sockets {
    /// Takes what a supervisor has handed over. This changes the environment, so no second thread may run yet.
    pub(crate) fn inherited(arguments: &Arguments) -> io::Result<Self> {
        if !arguments.supervised {
            return Ok(Self::default());
        }
        let mut inherited = ListenFd::from_env();
        Ok(Self { health: inherited.take_tcp_listener(0)?, web: inherited.take_tcp_listener(1)? })
    }
}

pub(crate) async fn run(
    settings: Settings,
    parts: Parts,
    arguments: &Arguments,
    sockets: Sockets,
) -> Result<(), BoxError> {
    settings.check_for_several_processes(&parts.service_names())?;
    let name = arguments.names.join("+");
    let process = Process::begin(&settings, &format!("caravel-{name}"))?;
    if let Some(listener) = adopted(sockets.health)? {
        process.serve_health(listener);
    } else if let Some(listen_address) = settings.run.health {
        process.serve_health(process::listen(listen_address, "run.health")?);
    }
    let streams = process.shutdown.token(Phase::Accept).child_token();
    let retire = CancellationToken::new();
    if arguments.supervised {
        let shutdown = process.shutdown.clone();
        let lifeline = Lifeline { shutdown, streams: streams.clone(), retire: retire.clone() };
        tokio::spawn(lifeline.follow(standard_input()?, parts.has_edges()));
    }
    let listener = match adopted(sockets.web)? {
        None if parts.has_edges() => Some(process::listen(settings.web.listen, "--listen")?),
        inherited => inherited,
    };

    let transport = transport::between(&settings, &name);
    process.watch_broker(&transport);
    let transport = transport::with_queues(transport, &settings, Some(&process.health)).await?;
    let shop = tokio::select! {
        shop = Shop::open(settings, &parts, transport) => shop?,
        () = process.shutdown.asked() => return Ok(()),
    };
    let server =
        if parts.has_edges() { Some(edges::open(&shop, &parts, &process, streams).await?) } else { None };
    shop.start();
    process.watch(&shop);
    if let (Some(server), Some(listener)) = (server, listener) {
        tracing::info!(listen_address = %listener.local_addr()?, "serving");
        process.serve(server, listener, retire);
    }
    process.open();
    tracing::info!(running = arguments.names.join(" "), "open");
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
fn standard_input() -> io::Result<pipe::Receiver> {
    pipe::Receiver::from_owned_fd(io::stdin().as_fd().try_clone_to_owned()?)
}

/// What a supervisor's pipe commands.
struct Lifeline {
    shutdown: Shutdown,
    streams: CancellationToken,
    retire: CancellationToken,
}

impl Lifeline {
    /// A byte means that another process takes over. The end of the pipe means that the fleet stops, or that its supervisor
    /// has died.
    async fn follow(self, mut pipe: pipe::Receiver, has_edges: bool) {
        while let Ok(1..) = pipe.read(&mut [0]).await {
            if has_edges {
                tracing::info!("another worker takes over; each open connection gets one more answer");
                self.streams.cancel();
                self.retire.cancel();
            } else {
                self.shutdown.ask();
            }
        }
        self.shutdown.ask();
    }
}
