//! Events on their way into a service: one transaction for all of a kind that has arrived, halves when something fails.
//!
//! A transaction never spans kinds. Each reaction takes its locks in one statement and in one order for everybody; two
//! reactions in one transaction would take them in two turns, and deadlock with other workers.

use std::{borrow::Cow, collections::HashMap, panic::AssertUnwindSafe, sync::Arc};

use futures::{FutureExt as _, future::BoxFuture};
use message::{Envelope, Failure, Fault, Timestamp};
use store::{Db, inbox};
use tracing::Instrument as _;

use crate::{cx::Core, parts::Reactor, service::panic_text, spans};

/// The reactions of a service, and what they are called with.
#[derive(Clone, Copy)]
pub(crate) struct Reactors<'a> {
    pub(crate) core: &'a Arc<Core>,
    pub(crate) by_name: &'a HashMap<&'static str, Reactor>,
}

/// What became of a batch that was tried in one transaction.
enum Tried {
    Handled,
    /// A reaction failed; the transaction is undone.
    Failed(Failure),
}

pub(crate) async fn deliver(
    service: &'static str,
    db: &Db,
    reactors: Reactors<'_>,
    events: Vec<Envelope>,
    now: Timestamp,
) -> Result<(), Fault> {
    for run in runs(events) {
        deliver_run(service, db, reactors, &run, now).await?;
    }
    Ok(())
}

/// Gathers events of a kind, as far as each thing's own events stay in their order.
pub fn runs(events: Vec<Envelope>) -> Vec<Vec<Envelope>> {
    let mut runs: Vec<(Cow<'static, str>, Vec<Envelope>)> = Vec::new();
    let mut latest = HashMap::new();
    for event in events {
        let thing = event.aggregate.map(|aggregate| aggregate.id);
        let not_before = thing.and_then(|thing| latest.get(&thing).copied()).unwrap_or(0);
        let kin =
            (not_before..).zip(runs.iter_mut().skip(not_before)).find(|(_, (name, _))| *name == event.name);
        let place = if let Some((place, (_, run))) = kin {
            run.push(event);
            place
        } else {
            runs.push((event.name.clone(), vec![event]));
            runs.len() - 1
        };
        latest.extend(thing.map(|thing| (thing, place)));
    }
    runs.into_iter().map(|(_, run)| run).collect()
}

/// Delivers events of one kind.
fn deliver_run<'a>(
    service: &'static str,
    db: &'a Db,
    reactors: Reactors<'a>,
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
        deliver_run(service, db, reactors, first, now).await?;
        deliver_run(service, db, reactors, second, now).await
    })
}

/// Tries one parked message again.
pub(crate) async fn retry(
    service: &'static str,
    db: &Db,
    reactors: Reactors<'_>,
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
    reactors: Reactors<'_>,
    events: &[Envelope],
    now: Timestamp,
    parked: bool,
) -> Result<Tried, Fault> {
    let mut events = events.to_vec();
    let (own, span) = spans::reacting(db.service(), &mut events);
    let tried = react(db, reactors, events, now, parked).instrument(span).await;
    drop(own);
    tried
}

async fn react(
    db: &Db,
    reactors: Reactors<'_>,
    mut events: Vec<Envelope>,
    now: Timestamp,
    parked: bool,
) -> Result<Tried, Fault> {
    let mut tx = db.begin().await?;
    let ids: Vec<_> = events.iter().map(|event| event.id).collect();
    let mut fresh = inbox::record(&mut tx, &ids, now).await?;
    // The same message may be in one batch twice: a sender that waited in vain for a confirm sends it again.
    events.retain(|event| fresh.remove(&event.id));
    if let Some(first) = events.first() {
        let Some(reactor) = reactors.by_name.get(first.name.as_ref()) else {
            // Another version of the service reacts to it: it must not be taken for handled.
            tx.rollback().await?;
            return Ok(Tried::Failed(Failure::reject("nothing here reacts to it")));
        };
        // Called inside, because the events are read at once.
        let reacting = AssertUnwindSafe(async { reactor(reactors.core, &mut tx, &events).await });
        let handled = reacting.catch_unwind().await;
        let failure = match handled {
            Ok(Ok(())) => None,
            Ok(Err(failure)) => Some(failure),
            Err(panic) => {
                Some(Failure::Retry(Fault::internal(format!("it panicked: {}", panic_text(panic.as_ref())))))
            }
        };
        if let Some(failure) = failure {
            tx.rollback().await?;
            return Ok(Tried::Failed(failure));
        }
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

/// Keeps as dead letters what a transport has given up; what was handled or parked before stays as it is.
pub(crate) async fn bury(
    service: &'static str,
    db: &Db,
    events: &[Envelope],
    reason: &str,
    now: Timestamp,
) -> Result<(), Fault> {
    let mut tx = db.begin().await?;
    let ids: Vec<_> = events.iter().map(|event| event.id).collect();
    let known = inbox::known(&mut tx, &ids).await?;
    let given_up = events.iter().filter(|event| !known.contains(&event.id));
    for event in given_up {
        inbox::park(&mut tx, event, 1, reason, true, now).await?;
        metrics::counter!("bus_dead_letters_total", "service" => service).increment(1);
        let (id, name, correlation) = (event.id, event.name.as_ref(), event.headers.correlation);
        tracing::error!(service, message = name, %id, %correlation, reason, "a message is now a dead letter");
    }
    tx.commit().await
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
    if inbox::is_handled(&mut tx, event.id).await? {
        // Another worker tried it at the same time, and it worked there.
        return tx.rollback().await;
    }
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

#[cfg(test)]
mod tests {
    use message::{Aggregate, Clock, Headers, IdSource};
    use uuid::Uuid;

    use super::*;

    fn event(ids: &IdSource, name: &'static str, thing: u128) -> Envelope {
        Envelope {
            id: ids.id(),
            name: name.into(),
            aggregate: Some(Aggregate { id: Uuid::from_u128(thing), version: 1 }),
            headers: Headers::new(ids.id()),
            body: Vec::new().into(),
        }
    }

    #[test]
    fn kinds_are_gathered_and_each_thing_keeps_its_order() {
        let ids = IdSource::seeded(Clock::system(), 1);
        let sent = [("paid", 1), ("failed", 2), ("paid", 3), ("failed", 1), ("paid", 2), ("paid", 1)];
        let events = sent.map(|(name, thing)| event(&ids, name, thing)).to_vec();
        let gathered: Vec<Vec<(String, u128)>> = runs(events)
            .into_iter()
            .map(|run| {
                let told = |event: Envelope| (event.name.into_owned(), event.aggregate.unwrap().id.as_u128());
                run.into_iter().map(told).collect()
            })
            .collect();
        let run = |name: &str, things: &[u128]| -> Vec<_> {
            things.iter().map(|thing| (name.to_owned(), *thing)).collect()
        };
        assert_eq!(gathered, [run("paid", &[1, 3]), run("failed", &[2, 1]), run("paid", &[2, 1])]);
    }
}
