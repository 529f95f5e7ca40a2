//! Events on their way into a service: one transaction for all that has arrived, halves when something fails.

use std::{collections::HashMap, panic::AssertUnwindSafe};

use futures::{FutureExt as _, future::BoxFuture};
use message::{Envelope, Failure, Fault, Timestamp};
use store::{Db, inbox};

use crate::service::{Reactor, panic_text};

type Reactors = HashMap<&'static str, Reactor>;

/// What became of a batch that was tried in one transaction.
enum Tried {
    Handled,
    /// A reaction failed; the transaction is undone.
    Failed(Failure),
}

pub(crate) fn deliver<'a>(
    service: &'static str,
    db: &'a Db,
    reactors: &'a Reactors,
    events: &'a [Envelope],
    now: Timestamp,
) -> BoxFuture<'a, Result<(), Fault>> {
    Box::pin(async move {
        if events.is_empty() {
            return Ok(());
        }
        let failure = match try_together(db, reactors, events, now, false).await? {
            Tried::Handled => return Ok(()),
            Tried::Failed(failure) => failure,
        };
        if let [event] = events {
            return park(service, db, event, 1, &failure, now).await;
        }
        let (first, second) = events.split_at(events.len() / 2);
        deliver(service, db, reactors, first, now).await?;
        deliver(service, db, reactors, second, now).await
    })
}

/// Tries one parked message again.
pub(crate) async fn retry(
    service: &'static str,
    db: &Db,
    reactors: &Reactors,
    message: &inbox::Due,
    now: Timestamp,
) -> Result<(), Fault> {
    let event = std::slice::from_ref(&message.envelope);
    match try_together(db, reactors, event, now, true).await? {
        Tried::Handled => Ok(()),
        Tried::Failed(failure) => {
            park(service, db, &message.envelope, message.attempts + 1, &failure, now).await
        }
    }
}

async fn try_together(
    db: &Db,
    reactors: &Reactors,
    events: &[Envelope],
    now: Timestamp,
    parked: bool,
) -> Result<Tried, Fault> {
    let mut tx = db.begin().await?;
    let ids: Vec<_> = events.iter().map(|event| event.id).collect();
    let fresh = inbox::record(&mut tx, &ids, now).await?;
    let fresh: Vec<Envelope> = events.iter().filter(|event| fresh.contains(&event.id)).cloned().collect();
    // Neighbours of one kind go together; the order between kinds is kept, for one thing's events may follow another.
    for run in fresh.chunk_by(|a, b| a.name == b.name) {
        let Some(reactor) = run.first().and_then(|event| reactors.get(event.name.as_ref())) else { continue };
        let handled = AssertUnwindSafe(reactor(&mut tx, run)).catch_unwind().await;
        let failure = match handled {
            Ok(Ok(())) => continue,
            Ok(Err(failure)) => failure,
            Err(panic) => {
                Failure::Retry(Fault::internal(format!("it panicked: {}", panic_text(panic.as_ref()))))
            }
        };
        tx.rollback().await?;
        return Ok(Tried::Failed(failure));
    }
    if parked {
        inbox::unpark(&mut tx, &ids).await?;
    }
    match tx.commit().await {
        Ok(()) => Ok(Tried::Handled),
        // What the database refuses at the end is the batch's fault unless the database itself is in trouble.
        Err(fault) if fault.is_transient() => Err(fault),
        Err(fault) => Ok(Tried::Failed(Failure::Retry(fault))),
    }
}

async fn park(
    service: &'static str,
    db: &Db,
    event: &Envelope,
    attempts: i64,
    failure: &Failure,
    now: Timestamp,
) -> Result<(), Fault> {
    let reject = matches!(failure, Failure::Reject(_));
    let mut tx = db.begin().await?;
    let due = inbox::park(&mut tx, event, attempts, &failure.to_string(), reject, now).await?;
    tx.commit().await?;
    let (id, name, correlation) = (event.id, event.name.as_ref(), event.headers.correlation);
    if let Some(due) = due {
        metrics::counter!("bus_retries_total", "service" => service).increment(1);
        tracing::warn!(service, message = name, %id, %correlation, attempts, %due, error = %failure, "a reaction failed and will be tried again");
    } else {
        metrics::counter!("bus_dead_letters_total", "service" => service).increment(1);
        tracing::error!(service, message = name, %id, %correlation, attempts, error = %failure, "a message is now a dead letter");
    }
    Ok(())
}
