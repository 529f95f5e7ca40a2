//! What a service's own messages need: the relay of its outbox, and second tries of what failed.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures::FutureExt as _;
use message::Fault;
use store::{Db, outbox};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{Backoff, Service, Transport, service::panic_text};

/// How many events one step publishes at most.
const BATCH: i64 = 500;

/// How often the outbox is looked into although nobody said that something is there: another process may have written.
const POLL: Duration = Duration::from_secs(1);

/// The longest pause after a failure.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How often parked messages are looked through for those that are due.
const SECOND_TRIES: Duration = Duration::from_millis(500);

/// How many looks pass between two clearings of the inbox.
const PRUNE_EVERY: u32 = 1200;

/// Publishes what the service's transactions have put into its outbox, until `stop`.
pub(crate) async fn run(db: Db, transport: Arc<dyn Transport>, stop: CancellationToken) {
    let mut pauses = Backoff::new(Duration::from_millis(50), LONGEST_PAUSE);
    while !stop.is_cancelled() {
        let relayed = AssertUnwindSafe(relay(&db, &transport, &stop)).catch_unwind().await;
        match relayed.unwrap_or_else(|panic| Err(Fault::internal(panic_text(panic.as_ref())))) {
            Ok(()) => pauses.begin_anew(),
            Err(error) => {
                tracing::warn!(service = db.service(), %error, "the outbox is not published; trying again");
                tokio::select! { () = sleep(pauses.pause()) => {}, () = stop.cancelled() => {} }
            }
        }
    }
}

/// Holds the lease and publishes batch after batch, until `stop` or a failure.
async fn relay(db: &Db, transport: &Arc<dyn Transport>, stop: &CancellationToken) -> Result<(), Fault> {
    let Some(lease) = outbox::Lease::take(db).await? else {
        tokio::select! { () = sleep(POLL) => {}, () = stop.cancelled() => {} }
        return Ok(());
    };
    let batch_size = metrics::histogram!("bus_outbox_batch_size", "service" => db.service());
    let outcome = loop {
        if stop.is_cancelled() {
            break Ok(());
        }
        // Whoever has the lease now must not be overtaken by us.
        if !lease.is_held() {
            break Err(Fault::unavailable("the outbox's lease was lost"));
        }
        let waiting = outbox::waiting(db, BATCH).await?;
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

/// Tries parked messages again when they are due, until `stop`.
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
            tracing::warn!(service = service.name(), %error, "the inbox cannot be cleared");
        }
        looks = looks.wrapping_add(1);
        tokio::select! { () = sleep(SECOND_TRIES) => {}, () = stop.cancelled() => {} }
    }
}
