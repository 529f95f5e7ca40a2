//! The background work of a service with a database: the relay of its outbox, and retries of parked messages.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures::FutureExt as _;
use message::{Fault, Tries};
use store::{Db, outbox};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{Service, Transport, service::panic_text};

/// The largest number of events in one step.
const BATCH: i64 = 500;

/// The interval at which the outbox is read without a notification: another process may have written to it.
const POLL: Duration = Duration::from_secs(1);

/// The longest pause after a failure.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The interval of the search for parked messages that are due.
const SECOND_TRIES: Duration = Duration::from_millis(500);

/// The number of searches between two prunings of the inbox.
const PRUNE_EVERY: u32 = 1200;

/// Publishes the events in the service's outbox, or `only` those of these names, until `stop`.
pub(crate) async fn run(
    db: Db,
    only: Option<Vec<&'static str>>,
    transport: Arc<dyn Transport>,
    stop: CancellationToken,
) {
    let mut pauses = Tries::new(Duration::from_millis(50), LONGEST_PAUSE);
    while !stop.is_cancelled() {
        let relayed = AssertUnwindSafe(relay(&db, only.as_deref(), &transport, &stop)).catch_unwind().await;
        match relayed.unwrap_or_else(|panic| Err(Fault::internal(panic_text(panic.as_ref())))) {
            Ok(()) => pauses.begin_anew(),
            Err(error) => {
                tracing::warn!(service = db.service(), %error, "the outbox cannot be published; retrying");
                tokio::select! { () = sleep(pauses.pause()) => {}, () = stop.cancelled() => {} }
            }
        }
    }
}

/// Holds the lease and publishes batch after batch, until `stop` or a failure.
async fn relay(
    db: &Db,
    only: Option<&[&'static str]>,
    transport: &Arc<dyn Transport>,
    stop: &CancellationToken,
) -> Result<(), Fault> {
    let Some(lease) = outbox::Lease::take(db).await? else {
        tokio::select! { () = sleep(POLL) => {}, () = stop.cancelled() => {} }
        return Ok(());
    };
    let batch_size = metrics::histogram!("bus_outbox_batch_size", "service" => db.service());
    let outcome = loop {
        if stop.is_cancelled() {
            break Ok(());
        }
        // Another process may have the lease now: its events must not be overtaken by ours.
        if !lease.is_held() {
            break Err(Fault::unavailable("the outbox's lease was lost"));
        }
        let waiting = match only {
            None => outbox::waiting(db, BATCH).await?,
            Some(names) => outbox::waiting_of(db, names, BATCH).await?,
        };
        if waiting.is_empty() {
            tokio::select! { () = db.published() => {}, () = sleep(POLL) => {}, () = stop.cancelled() => {} }
            continue;
        }
        batch_size.record(f64::from(u32::try_from(waiting.len()).unwrap_or(u32::MAX)));
        let positions: Vec<_> = waiting.iter().map(|event| event.position).collect();
        if let Err(fault) = transport.publish(waiting.into_iter().map(|event| event.envelope).collect()).await
        {
            break Err(fault);
        }
        if let Err(fault) = outbox::forget(db, &positions).await {
            break Err(fault);
        }
    };
    lease.release().await;
    outcome
}

/// Retries parked messages when they are due, until `stop`.
pub(crate) async fn second_tries(service: Arc<Service>, stop: CancellationToken) {
    let mut looks = 0_u32;
    while !stop.is_cancelled() {
        match service.retry_due().await {
            Ok(0) => {}
            Ok(_) => continue,
            Err(error) => tracing::warn!(service = service.name(), %error, "parked messages cannot be read"),
        }
        if looks.is_multiple_of(PRUNE_EVERY)
            && let Err(error) = service.prune().await
        {
            tracing::warn!(service = service.name(), %error, "the inbox cannot be pruned");
        }
        looks = looks.wrapping_add(1);
        tokio::select! { () = sleep(SECOND_TRIES) => {}, () = stop.cancelled() => {} }
    }
}
