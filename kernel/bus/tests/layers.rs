//! The layers of outgoing requests, on a transport that fails on command and a clock that the test moves.
#![expect(clippy::unwrap_used, missing_docs, reason = "a test, and its made-up shop")]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bus::{
    Bus, Service, Transport,
    layers::{self, Directory, RequestLimits},
};
use bytes::Bytes;
use futures::future::BoxFuture;
use message::{Clock, Envelope, Fault, IdSource, Kind, Message, Request};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};
use serde::{Deserialize, Serialize};
use tokio::time::{advance, sleep};

#[derive(Clone, Serialize, Deserialize)]
pub struct Launch;
impl Message for Launch {
    const NAME: &'static str = "yard.launch";
}
impl Request for Launch {
    type Reply = ();
    type Error = Fault;
}

#[derive(Clone, Serialize, Deserialize)]
pub struct Moor;
impl Message for Moor {
    const NAME: &'static str = "berth.moor";
}
impl Request for Moor {
    type Reply = ();
    type Error = Fault;
}

/// Answers `yard.launch` as the test says, and everything else at once.
#[derive(Default)]
struct Sea {
    says: Mutex<Says>,
    asked: AtomicUsize,
}

#[derive(Clone, Copy, Default)]
enum Says {
    #[default]
    Yes,
    After(Duration),
    Fails(Kind),
    Never,
}

impl Sea {
    fn say(&self, says: Says) {
        *self.says.lock().unwrap() = says;
    }

    fn asked(&self) -> usize {
        self.asked.swap(0, Ordering::Relaxed)
    }
}

impl Transport for Sea {
    fn ask(&self, request: Envelope) -> BoxFuture<'static, Result<Bytes, Fault>> {
        let says = if request.name == Launch::NAME {
            self.asked.fetch_add(1, Ordering::Relaxed);
            *self.says.lock().unwrap()
        } else {
            Says::Yes
        };
        Box::pin(async move {
            match says {
                Says::Yes => {}
                Says::After(pause) => sleep(pause).await,
                Says::Fails(kind) => return Err(Fault::new(kind, "on command")),
                Says::Never => std::future::pending().await,
            }
            Ok(Bytes::from_static(br#"{"Ok":null}"#))
        })
    }

    fn publish(&self, _: Vec<Envelope>) -> BoxFuture<'static, Result<(), Fault>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn mount(&self, _: Arc<Service>) {}

    fn close(&self) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

struct Harbour {
    sea: Arc<Sea>,
    bus: Bus,
    recorder: &'static PrometheusRecorder,
    _metrics: metrics::LocalRecorderGuard<'static>,
}

impl Harbour {
    fn new(limits: RequestLimits) -> Self {
        let recorder: &'static PrometheusRecorder =
            Box::leak(Box::new(PrometheusBuilder::new().build_recorder()));
        let guard = metrics::set_default_local_recorder(recorder);
        let sea = Arc::new(Sea::default());
        let directory = Directory::new(|name| (name == Launch::NAME).then(|| "shipyard".to_owned()));
        let transport: Arc<dyn Transport> = Arc::<Sea>::clone(&sea);
        let caller = layers::standard(Arc::clone(&transport), Clock::system(), limits, directory);
        let ids = IdSource::seeded(Clock::system(), 1);
        let bus = Bus::new(transport, caller, ids, Duration::from_hours(1));
        Self { sea, bus, recorder, _metrics: guard }
    }

    async fn launch(&self) -> Result<(), Fault> {
        self.bus.ask(&Launch).await
    }

    /// Sends this many requests while the service behaves like this, and returns how many reached it.
    async fn launches(&self, times: usize, says: Says) -> usize {
        self.sea.say(says);
        for _ in 0..times {
            let _ = self.launch().await;
        }
        self.sea.asked()
    }

    async fn opened() -> Self {
        let harbour = Self::new(RequestLimits::default());
        assert_eq!(harbour.launches(20, Says::Fails(Kind::Unavailable)).await, 20);
        assert!(harbour.shows("bus_breaker_state{service=\"shipyard\"} 2"));
        harbour
    }

    fn shows(&self, line: &str) -> bool {
        let page = self.recorder.handle().render();
        page.lines().any(|shown| shown == line)
    }
}

#[tokio::test(start_paused = true)]
async fn the_circuit_opens_when_half_of_twenty_fail_and_names_the_service() {
    let harbour = Harbour::new(RequestLimits::default());
    assert_eq!(harbour.launches(10, Says::Yes).await, 10);
    assert_eq!(harbour.launches(9, Says::Fails(Kind::Timeout)).await, 9);
    assert!(harbour.shows("bus_breaker_state{service=\"shipyard\"} 0"));
    assert_eq!(harbour.launches(5, Says::Fails(Kind::Unavailable)).await, 1);
    let fault = harbour.launch().await.unwrap_err();
    assert_eq!(fault.kind(), Kind::Unavailable);
    assert_eq!(fault.to_string(), "unavailable: shipyard does not answer; next attempt in 2.0 s");
    assert!(harbour.shows("bus_breaker_state{service=\"shipyard\"} 2"));
    assert!(harbour.shows("bus_breaker_transitions_total{service=\"shipyard\",to=\"open\"} 1"));
    harbour.bus.ask(&Moor).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_is_an_answer_or_only_slow_does_not_open_it() {
    let harbour = Harbour::new(RequestLimits::default());
    for kind in [Kind::Busy, Kind::Internal, Kind::Malformed, Kind::Constraint, Kind::NoRoute] {
        assert_eq!(harbour.launches(40, Says::Fails(kind)).await, 40);
    }
    // A restart: every caller waits, and then gets an answer.
    harbour.sea.say(Says::After(Duration::from_secs(8)));
    let waiting = (0..100).map(|_| harbour.launch());
    assert!(futures::future::join_all(waiting).await.iter().all(Result::is_ok));
    assert!(harbour.shows("bus_breaker_state{service=\"shipyard\"} 0"));
}

#[tokio::test(start_paused = true)]
async fn failures_of_long_ago_do_not_count() {
    let harbour = Harbour::new(RequestLimits::default());
    harbour.launches(19, Says::Fails(Kind::Timeout)).await;
    advance(Duration::from_secs(10)).await;
    assert_eq!(harbour.launches(19, Says::Fails(Kind::Timeout)).await, 19);
    assert!(harbour.launch().await.is_err());
    assert_eq!(harbour.sea.asked(), 1);
    assert_eq!(harbour.launches(1, Says::Yes).await, 0, "it is open by now");
}

#[tokio::test(start_paused = true)]
async fn one_request_finds_out_whether_the_service_is_well() {
    let harbour = Harbour::opened().await;
    advance(Duration::from_millis(1999)).await;
    assert_eq!(harbour.launches(3, Says::Yes).await, 0);
    advance(Duration::from_millis(1)).await;
    harbour.sea.say(Says::After(Duration::from_secs(1)));
    let answers = futures::future::join_all((0..5).map(|_| harbour.launch())).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "the others are refused meanwhile");
    assert_eq!(harbour.sea.asked(), 1);
    assert!(harbour.shows("bus_breaker_state{service=\"shipyard\"} 0"));
    assert_eq!(harbour.launches(19, Says::Fails(Kind::Unavailable)).await, 19, "it starts from nothing");
}

#[tokio::test(start_paused = true)]
async fn each_failed_try_doubles_the_pause_up_to_half_a_minute() {
    let harbour = Harbour::opened().await;
    for pause in [2, 4, 8, 16, 30, 30] {
        advance(Duration::from_millis(pause * 1000 - 1)).await;
        assert_eq!(harbour.launches(1, Says::Fails(Kind::Timeout)).await, 0, "{pause} s are not over");
        advance(Duration::from_millis(1)).await;
        assert_eq!(harbour.launches(2, Says::Fails(Kind::Timeout)).await, 1, "{pause} s are over");
    }
    advance(Duration::from_secs(30)).await;
    assert_eq!(harbour.launches(2, Says::Fails(Kind::Busy)).await, 2, "busy is an answer");
}

#[tokio::test(start_paused = true)]
async fn a_try_that_is_given_up_leaves_the_next_one_to_another() {
    let harbour = Harbour::opened().await;
    advance(Duration::from_secs(2)).await;
    harbour.sea.say(Says::Never);
    assert!(tokio::time::timeout(Duration::from_secs(1), harbour.launch()).await.is_err());
    assert_eq!(harbour.sea.asked(), 1);
    assert_eq!(harbour.launches(2, Says::Yes).await, 2);
}

#[tokio::test(start_paused = true)]
async fn one_slow_service_leaves_the_others_their_places() {
    let harbour = Harbour::new(RequestLimits { in_flight: 10, in_flight_per_service: 4 });
    harbour.sea.say(Says::Never);
    let slow: Vec<_> = (0..4)
        .map(|_| {
            let bus = harbour.bus.clone();
            tokio::spawn(async move { bus.ask(&Launch).await })
        })
        .collect();
    while harbour.sea.asked.load(Ordering::Relaxed) < 4 {
        tokio::task::yield_now().await;
    }
    assert!(harbour.shows("bus_requests_in_flight{service=\"shipyard\"} 4"));
    let fault = harbour.launch().await.unwrap_err();
    assert_eq!(fault.to_string(), "busy: too many requests to shipyard are running");
    assert!(harbour.shows("bus_requests_shed_total{service=\"shipyard\"} 1"));
    harbour.bus.ask(&Moor).await.unwrap();
    for waiting in slow {
        waiting.abort();
        let _ = waiting.await;
    }
    assert!(harbour.shows("bus_requests_in_flight{service=\"shipyard\"} 0"));
    harbour.sea.say(Says::Yes);
    harbour.launch().await.unwrap();
}
