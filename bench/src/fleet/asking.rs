//! Requests through the broker and back, packed and one by one.

use std::{
    io,
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bus::{Bus, Cx, Router, Transport, layers};
use futures::future::try_join_all;
use message::{Clock, Fault, IdSource, Message, Request};
use rabbitmq::{Participant, RabbitMq, Settings, Topology};
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;

use super::Harbour;
use crate::{
    cli, cpu,
    table::{Floor, Table, median, rate},
};

/// The number of running requests.
const IN_FLIGHT: usize = 64;

/// About the size of a small order.
const TEXT: usize = 300;

/// The time limit of an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Is returned unchanged.
#[derive(Debug, Serialize, Deserialize)]
struct Echo {
    text: String,
}

impl Message for Echo {
    const NAME: &'static str = "echo.say";
}

impl Request for Echo {
    type Reply = String;
    type Error = Fault;
}

async fn say(_: Cx<()>, Echo { text }: Echo) -> Result<String, Fault> {
    Ok(text)
}

/// One way to send requests.
struct Contender {
    name: &'static str,
    settings: Settings,
    /// Answers per second, and microseconds of processor time per answer at both ends and in the broker.
    turns: Vec<[f64; 3]>,
}

/// Measures and prints; returns the floor.
pub(super) fn bench(harbour: &Harbour, args: &cli::FleetArgs) -> io::Result<Vec<Floor>> {
    let url = harbour.broker.url().parse().map_err(io::Error::other)?;
    let mut usual = Settings::at(url);
    "echo".clone_into(&mut usual.prefix);
    let alone = Settings { packet_messages: NonZeroUsize::MIN, ..usual.clone() };
    let contender = |name, settings| Contender { name, settings, turns: Vec::new() };
    let mut contenders = [contender("with packets", usual), contender("each message by itself", alone)];
    let runtime = Runtime::new()?;
    for _ in 0..args.rounds {
        for contender in &mut contenders {
            let broker = || cpu::process(harbour.broker.pid());
            let turn = runtime.block_on(turn(&contender.settings, args.duration, broker));
            contender.turns.push(turn.map_err(io::Error::other)?);
        }
    }
    let mut table = Table::new(
        format!(
            "Requests of {TEXT} bytes through the broker: {IN_FLIGHT} in flight, medians of {} turns of {:.1} s",
            args.rounds,
            args.duration.as_secs_f64()
        ),
        &["", "answers", "ends us", "broker us"],
    );
    for contender in &contenders {
        let [answers, ends, broker] = contender.medians();
        table.row([contender.name.to_owned(), rate(answers), format!("{ends:.1}"), format!("{broker:.1}")]);
    }
    print!("{table}");
    let [[packed, ..], [alone, ..]] = contenders.map(|contender| contender.medians());
    Ok(vec![Floor::ratio("requests: with packets / without", packed, alone, 2.0)])
}

impl Contender {
    fn medians(&self) -> [f64; 3] {
        [0, 1, 2]
            .map(|n| median(&self.turns.iter().filter_map(|turn| turn.get(n).copied()).collect::<Vec<_>>()))
    }
}

/// The figures of one turn. `broker` returns the broker's processor time so far.
async fn turn(
    settings: &Settings,
    duration: Duration,
    broker: impl Fn() -> Duration,
) -> Result<[f64; 3], Fault> {
    let (server, bus) = end(settings, "server");
    server.mount(Arc::new(Router::new("echo", ()).on(say).into_service(bus)));
    server.receive();
    let (client, bus) = end(settings, "client");
    let request = Echo { text: "x".repeat(TEXT) };
    // The first request waits until both are connected.
    bus.ask(&request).await?;

    let used = || (cpu::process(std::process::id()), broker());
    let (answers, before, began) = (AtomicU64::new(0), used(), Instant::now());
    try_join_all((0..IN_FLIGHT).map(|_| async {
        while began.elapsed() < duration {
            bus.ask(&request).await?;
            answers.fetch_add(1, Ordering::Relaxed);
        }
        Ok::<(), Fault>(())
    }))
    .await?;
    let (seconds, after) = (began.elapsed().as_secs_f64(), used());
    client.close().await;
    server.stop_receiving().await;
    server.close().await;

    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    let answers = answers.into_inner().max(1) as f64;
    // The broker is a child of this process, and counts with it.
    let broker = after.1.saturating_sub(before.1);
    let ends = after.0.saturating_sub(before.0).saturating_sub(broker);
    Ok([answers / seconds, ends.as_secs_f64() * 1e6 / answers, broker.as_secs_f64() * 1e6 / answers])
}

/// A process of a fleet, as far as messages matter.
fn end(settings: &Settings, name: &str) -> (Arc<RabbitMq>, Bus) {
    let echo =
        Participant { name: "echo".to_owned(), answers: vec![Echo::NAME.to_owned()], reactions: Vec::new() };
    let topology = Topology { services: vec![echo] };
    let clock = Clock::system;
    let rabbit = RabbitMq::start(settings.clone(), topology, clock(), name.to_owned());
    let transport: Arc<dyn Transport> = rabbit.clone();
    let directory = layers::Directory::new(|_| None);
    let caller =
        layers::standard(Arc::clone(&transport), clock(), layers::RequestLimits::default(), directory);
    (rabbit, Bus::new(transport, caller, IdSource::random(clock()), PATIENCE))
}
