//! How many requests per second travel through a broker and back, with and without packing.
//!
//! ```text
//! CARAVEL_TEST_RABBITMQ_URL=amqp://… cargo run --release --package rabbitmq --example ask [SECONDS] [IN_FLIGHT]
//! ```

use std::{
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bus::{Bus, Cx, Router, Transport, layers};
use futures::future::join_all;
use message::{Clock, Fault, IdSource, Message, Request};
use rabbitmq::{Participant, RabbitMq, Settings, Topology};
use serde::{Deserialize, Serialize};

/// About as long as a small order.
#[derive(Debug, Clone, Serialize, Deserialize)]
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

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let seconds = arguments.next().map_or(Ok(5), |seconds| seconds.parse())?;
    let in_flight = arguments.next().map_or(Ok(64), |in_flight| in_flight.parse())?;
    let url = std::env::var("CARAVEL_TEST_RABBITMQ_URL")?;
    let runtime = tokio::runtime::Runtime::new()?;
    // Twice each, by turns: what comes first must not win by that.
    for _ in 0..2 {
        for packet in [1, 500] {
            let rate = runtime.block_on(measure(&url, packet, seconds, in_flight))?;
            println!("packets of up to {packet:>3}: {rate:>8.0} requests/s at {in_flight} in flight");
        }
    }
    Ok(())
}

async fn measure(
    url: &str,
    packet: usize,
    seconds: u64,
    in_flight: usize,
) -> Result<f64, Box<dyn std::error::Error>> {
    let mut settings = Settings::at(url.parse()?);
    settings.prefix = format!("ask_{}", std::process::id());
    settings.packet_messages = NonZeroUsize::new(packet).ok_or("a packet holds something")?;
    let echo =
        Participant { name: "echo".to_owned(), answers: vec![Echo::NAME.to_owned()], reactions: Vec::new() };
    let topology = Topology { services: vec![echo] };
    let process = |name: &str| {
        let rabbit = RabbitMq::start(settings.clone(), topology.clone(), Clock::system(), name.to_owned());
        let transport: Arc<dyn Transport> = rabbit.clone();
        let caller = layers::standard(
            Arc::clone(&transport),
            Clock::system(),
            layers::Limits::default(),
            layers::Directory::default(),
        );
        let ids = IdSource::random(Clock::system());
        (rabbit, Bus::new(transport, caller, ids, Duration::from_secs(10)))
    };
    let (server, bus) = process("server");
    server.mount(Arc::new(Router::new("echo", ()).on(say).into_service(bus)));
    server.receive();
    let (client, bus) = process("client");
    let request = Echo { text: "x".repeat(300) };
    bus.ask(&request).await??;

    let asked = AtomicU64::new(0);
    let began = Instant::now();
    let callers = (0..in_flight).map(|_| async {
        while began.elapsed() < Duration::from_secs(seconds) {
            bus.ask(&request).await??;
            asked.fetch_add(1, Ordering::Relaxed);
        }
        Ok::<(), Fault>(())
    });
    join_all(callers).await.into_iter().collect::<Result<(), Fault>>()?;
    #[expect(clippy::cast_precision_loss, reason = "far below what a float holds exactly")]
    let rate = asked.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64();
    client.close().await;
    server.stop_receiving().await;
    server.close().await;
    Ok(rate)
}
