//! Metrics for operators: connections, and messages that wait.

use std::{collections::BTreeSet, time::Duration};

use message::{Envelope, Fault, Id, Timestamp};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{Db, query};

/// The interval of the measurements.
const MEASURE_EVERY: Duration = Duration::from_secs(5);

/// The number of messages that wait in a service's tables.
struct Backlog {
    /// At most [`COUNTED`].
    outbox: i64,
    oldest: Option<Id<Envelope>>,
    retries: i64,
    dead_letters: i64,
}

/// Measures `db` until `stop` and publishes these metrics, each by `service`:
///
/// - `store_pool_connections`, by `state`: `in_use`, `idle`, `max`
/// - `outbox_events` and `outbox_oldest_event_age_seconds`: events that are not published yet
/// - `failed_messages`, by `state`: `retrying`, `dead`
/// - `work_rows`, by `kind` and `state`: `due`, `retrying`, `dead`
///
/// The counts end at 100 000, so that a long queue does not make counting slow.
pub async fn watch(db: Db, stop: CancellationToken) {
    let mut kinds = BTreeSet::new();
    loop {
        connections(&db);
        match backlog(&db).await {
            Ok(backlog) => backlog.show(db.service(), db.ids().clock().now()),
            Err(error) => {
                tracing::debug!(service = db.service(), %error, "cannot count the waiting messages");
            }
        }
        if let Err(error) = show_work(&db, &mut kinds).await {
            tracing::debug!(service = db.service(), %error, "the work that waits cannot be counted");
        }
        if stop.run_until_cancelled(sleep(MEASURE_EVERY)).await.is_none() {
            return;
        }
    }
}

fn connections(db: &Db) {
    let connections = db.connections();
    for (state, count) in
        [("in_use", connections.in_use), ("idle", connections.idle), ("max", connections.max)]
    {
        metrics::gauge!("store_pool_connections", "service" => db.service(), "state" => state).set(count);
    }
}

async fn backlog(db: &Db) -> Result<Backlog, Fault> {
    query(
        "SELECT (SELECT count(*) FROM (SELECT 1 FROM outbox LIMIT 100000) AS counted) AS outbox,
                (SELECT id FROM outbox ORDER BY position LIMIT 1) AS oldest,
                (SELECT count(*) FROM (SELECT 1 FROM failed_message WHERE due_at IS NOT NULL LIMIT 100000) AS counted)
                    AS retries,
                (SELECT count(*) FROM (SELECT 1 FROM failed_message WHERE due_at IS NULL LIMIT 100000) AS counted)
                    AS dead_letters",
    )
    .fetch_one(db, |row| {
        Ok(Backlog {
            outbox: row.get("outbox")?,
            oldest: row.get("oldest")?,
            retries: row.get("retries")?,
            dead_letters: row.get("dead_letters")?,
        })
    })
    .await
}

/// Counts the work of each kind; `kinds` are those that were ever seen, so that one that is done counts 0.
async fn show_work(db: &Db, kinds: &mut BTreeSet<String>) -> Result<(), Fault> {
    let counted: Vec<(String, [i64; 3])> = query(
        "SELECT kind, CAST(count(*) AS bigint) AS total,
                CAST(sum(CASE WHEN due_at IS NULL THEN 1 ELSE 0 END) AS bigint) AS dead,
                CAST(sum(CASE WHEN due_at IS NOT NULL AND error IS NOT NULL THEN 1 ELSE 0 END) AS bigint) AS retrying
         FROM (SELECT kind, due_at, error FROM work LIMIT 100000) AS counted GROUP BY kind",
    )
    .fetch_all(db, |row| {
        let (total, dead, retrying) =
            (row.get::<i64>("total")?, row.get::<i64>("dead")?, row.get::<i64>("retrying")?);
        Ok((row.get("kind")?, [total - dead - retrying, retrying, dead]))
    })
    .await?;
    kinds.extend(counted.iter().map(|(kind, _)| kind.clone()));
    for kind in &*kinds {
        let counts =
            counted.iter().find(|(counted, _)| counted == kind).map_or([0; 3], |(_, counts)| *counts);
        for (state, count) in ["due", "retrying", "dead"].into_iter().zip(counts) {
            let count = f64::from(u32::try_from(count).unwrap_or(u32::MAX));
            metrics::gauge!("work_rows", "service" => db.service(), "kind" => kind.clone(), "state" => state)
                .set(count);
        }
    }
    Ok(())
}

impl Backlog {
    fn show(&self, service: &'static str, now: Timestamp) {
        let gauge = |count: i64| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        metrics::gauge!("outbox_events", "service" => service).set(gauge(self.outbox));
        let age = self.oldest.and_then(born).map_or(Duration::ZERO, |born| now.since(born));
        metrics::gauge!("outbox_oldest_event_age_seconds", "service" => service).set(age.as_secs_f64());
        for (state, count) in [("retrying", self.retries), ("dead", self.dead_letters)] {
            metrics::gauge!("failed_messages", "service" => service, "state" => state).set(gauge(count));
        }
    }
}

/// The time at which an id was made: a `UUIDv7` begins with the milliseconds since 1970 (RFC 9562).
fn born(id: Id<Envelope>) -> Option<Timestamp> {
    let (seconds, nanos) = id.uuid().get_timestamp()?.to_unix();
    let micros = seconds.checked_mul(1_000_000)?.checked_add(u64::from(nanos) / 1000)?;
    i64::try_from(micros).ok().map(Timestamp::from_micros)
}
