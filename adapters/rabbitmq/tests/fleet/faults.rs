//! Brokers that are unavailable, end, freeze or are full.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use message::{Headers, Kind};
use testing::{
    example_services::{Harbour, LaunchError, Lighthouse, Wait, Yard, launch},
    rabbit::Broker,
    until,
};

use crate::common::{Crew, Process, Sea, at_sea_with};

/// A yard, a harbour, a lighthouse and a caller, each in a process of its own.
struct Fleet {
    yard: Process,
    harbour: Process,
    lighthouse: Process,
    quay: Process,
    waits: Yard,
    light: Lighthouse,
}

impl Fleet {
    async fn start(sea: &Sea) -> Self {
        let (waits, light) = (Yard::default(), Lighthouse::default());
        Self {
            yard: sea.process("yard", Crew::yard(&waits)).await,
            harbour: sea.process("harbour", Crew::harbour(&Harbour::default())).await,
            lighthouse: sea.process("lighthouse", Crew::lighthouse(&light)).await,
            quay: sea.process("quay", Crew::default()).await,
            waits,
            light,
        }
    }

    fn processes(&self) -> [&Process; 4] {
        [&self.yard, &self.harbour, &self.lighthouse, &self.quay]
    }

    async fn connected(&self) {
        until("all are connected", async || {
            self.processes().iter().all(|process| process.transport.health().is_ok())
        })
        .await;
    }

    /// Launches boats one after another until it is stopped, and returns their names. Each launch must succeed.
    fn launching(
        &self,
        prefix: &'static str,
    ) -> (tokio::sync::oneshot::Sender<()>, tokio::task::JoinHandle<Vec<String>>) {
        let bus = self.quay.bus.clone();
        let (stop, mut stopped) = tokio::sync::oneshot::channel();
        let task = tokio::spawn(async move {
            let mut names = Vec::new();
            while stopped.try_recv().is_err() {
                let name = format!("{prefix}{}", names.len());
                bus.ask(&launch(&name)).await.unwrap();
                names.push(name);
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            names
        });
        (stop, task)
    }

    /// Every launched boat has its berth. There may be more berths: a repeated request launches a second boat in this
    /// yard.
    async fn all_berthed(&self, names: &[String]) {
        until("all have a berth", async || {
            let berths = self.harbour.berths().await;
            names.iter().all(|name| berths.contains(name))
        })
        .await;
    }

    async fn stop(self) {
        for process in [self.quay, self.lighthouse, self.yard, self.harbour] {
            process.stop().await;
        }
    }
}

#[test]
fn a_broker_that_is_killed_costs_time_and_nothing_else() {
    let mut broker = Broker::start();
    at_sea_with(broker.url(), |sea| async move {
        let fleet = Fleet::start(&sea).await;
        fleet.connected().await;
        broker.stop();
        until("it is missed", async || {
            fleet.quay.transport.health().is_err_and(|reason| reason.contains("is unavailable"))
        })
        .await;
        // The processes start without the broker; requests wait meanwhile.
        let newcomer = sea.process("newcomer", Crew::default()).await;
        let early = tokio::spawn({
            let bus = newcomer.bus.clone();
            async move { bus.ask(&launch("early")).await }
        });
        broker.restart();
        early.await.unwrap().unwrap();
        newcomer.stop().await;
        fleet.connected().await;

        let (stop, launching) = fleet.launching("boat-");
        let long = tokio::spawn({
            let bus = fleet.quay.bus.clone();
            async move { bus.ask(&Wait { ms: 3_000 }).await }
        });
        until("somebody waits", async || fleet.waits.waits.load(Ordering::SeqCst) == 1).await;
        broker.kill();
        tokio::time::sleep(Duration::from_secs(3)).await;
        broker.restart();
        assert_eq!(long.await.unwrap().unwrap(), 3_000);
        fleet.connected().await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        stop.send(()).unwrap();
        let names = launching.await.unwrap();
        fleet.all_berthed(&names).await;
        assert!(
            fleet.light.gaps.load(Ordering::SeqCst) >= 3,
            "listeners are notified that they may have missed events"
        );
        fleet.stop().await;
    });
}

#[test]
fn a_broker_that_stands_still_is_left_and_found_again() {
    let broker = Broker::start();
    at_sea_with(broker.url(), |sea| async move {
        let mut settings = sea.settings.clone();
        settings.heartbeat_seconds = std::num::NonZeroU16::MIN;
        let sea = Sea { settings, backend: testing::TestBackend::sqlite() };
        let fleet = Fleet::start(&sea).await;
        fleet.connected().await;
        let (stop, launching) = fleet.launching("boat-");
        broker.freeze();
        until("it is noticed", async || fleet.quay.transport.health().is_err()).await;
        broker.thaw();
        fleet.connected().await;
        stop.send(()).unwrap();
        let names = launching.await.unwrap();
        fleet.all_berthed(&names).await;
        fleet.stop().await;
    });
}

#[test]
fn a_full_broker_is_named_and_nothing_is_lost() {
    let broker = Broker::start();
    at_sea_with(broker.url(), |sea| async move {
        let mut settings = sea.settings.clone();
        settings.heartbeat_seconds = std::num::NonZeroU16::MIN;
        settings.confirm_ms = std::num::NonZeroU64::new(3_000).unwrap();
        let sea = Sea { settings, backend: testing::TestBackend::sqlite() };
        let fleet = Fleet::start(&sea).await;
        fleet.connected().await;
        fleet.quay.launch("before").await.unwrap();
        broker.raise_disk_alarm();
        let mut headers = Headers::new(fleet.quay.bus.correlation());
        // Longer than a silent connection is kept: a blocked connection is not a dead one.
        headers.deadline = Some(fleet.quay.bus.now().after(Duration::from_secs(4)));
        let began = Instant::now();
        let fault = fleet.quay.bus.ask_with(headers, &launch("during")).await.unwrap_err();
        let LaunchError::Fault(fault) = fault else { panic!("{fault:?}") };
        assert_eq!(fault.kind(), Kind::Unavailable, "{fault}");
        assert!(fault.to_string().contains("is blocked"), "{fault}");
        assert!(began.elapsed() >= Duration::from_secs(3), "it waits to its deadline");
        assert!(fleet.quay.transport.health().unwrap_err().contains("is blocked"));
        // Work with its own transaction is not delayed: its event waits in the outbox.
        let waiting = tokio::spawn({
            let bus = fleet.quay.bus.clone();
            async move { bus.ask(&launch("after")).await }
        });
        broker.clear_disk_alarm();
        waiting.await.unwrap().unwrap();
        fleet.connected().await;
        fleet.all_berthed(&["before".to_owned(), "after".to_owned()]).await;
        fleet.stop().await;
    });
}
