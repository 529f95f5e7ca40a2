//! What was handled, so that a message delivered twice has one effect, and what failed, so that it is tried again.

use std::{collections::HashSet, time::Duration};

use message::{Aggregate, BackOff, Envelope, Fault, MessageId, Timestamp};
use uuid::Uuid;

use crate::{Db, Tx, outbox::envelope, query};

/// For how long handled messages are remembered; no transport delivers again after that.
const MEMORY: Duration = Duration::from_hours(7 * 24);

/// When a message is tried again; after the last try it is a dead letter.
const BACK_OFF: BackOff = BackOff::steps(&[
    Duration::from_secs(1),
    Duration::from_secs(10),
    Duration::from_mins(1),
    Duration::from_mins(10),
]);

/// Notes that these messages are handled by this transaction and answers which of them are new.
pub async fn record(tx: &mut Tx, ids: &[MessageId], now: Timestamp) -> Result<HashSet<MessageId>, Fault> {
    let fresh = query(
        "INSERT INTO inbox (message_id, handled_at) SELECT r.message_id, $1 FROM rows(message_id uuid) AS r
         WHERE true ON CONFLICT (message_id) DO NOTHING RETURNING message_id",
    )
    .bind(now)
    .rows(ids.iter().map(|id| (*id,)))
    .fetch_all(tx, |row| row.get("message_id"))
    .await?;
    Ok(fresh.into_iter().collect())
}

/// Which of these messages were handled or parked before.
pub async fn known(tx: &mut Tx, ids: &[MessageId]) -> Result<HashSet<MessageId>, Fault> {
    let known = query(
        "SELECT r.message_id FROM rows(message_id uuid) AS r
         WHERE EXISTS (SELECT 1 FROM inbox AS i WHERE i.message_id = r.message_id)
            OR EXISTS (SELECT 1 FROM failed_message AS f WHERE f.message_id = r.message_id)",
    )
    .rows(ids.iter().map(|id| (*id,)))
    .fetch_all(tx, |row| row.get("message_id"))
    .await?;
    Ok(known.into_iter().collect())
}

/// Whether this message was handled.
pub async fn is_handled(tx: &mut Tx, id: MessageId) -> Result<bool, Fault> {
    let found = query("SELECT message_id FROM inbox WHERE message_id = $1")
        .bind(id)
        .fetch_optional(tx, |row| row.get::<MessageId>("message_id"))
        .await?;
    Ok(found.is_some())
}

/// Forgets what was handled too long ago to come again.
pub async fn prune(db: &Db, now: Timestamp) -> Result<u64, Fault> {
    let mut tx = db.begin().await?;
    let pruned = query(
        "DELETE FROM inbox WHERE message_id IN
             (SELECT message_id FROM inbox WHERE handled_at < $1 ORDER BY handled_at LIMIT 10000)",
    )
    .bind(now.before(MEMORY))
    .execute(&mut tx)
    .await?;
    tx.commit().await?;
    Ok(pruned)
}

/// Parks a message whose handling failed, until it is due again; `reject` (or the last try) makes it a dead letter.
///
/// Answers when it is tried next.
pub async fn park(
    tx: &mut Tx,
    message: &Envelope,
    attempts: i64,
    error: &str,
    reject: bool,
    now: Timestamp,
) -> Result<Option<Timestamp>, Fault> {
    // A foreign sender may have left it out; that must not keep the message from being kept.
    let aggregate = message.aggregate.unwrap_or(Aggregate { id: Uuid::nil(), version: 0 });
    let pause = BACK_OFF.random_pause_after(attempts, tx.db().ids()).filter(|_| !reject);
    let due = pause.map(|pause| now.after(pause));
    query(
        "INSERT INTO failed_message (message_id, name, aggregate_id, aggregate_version, headers, body, attempts, error,
             failed_at, due_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (message_id) DO UPDATE SET attempts = excluded.attempts, error = excluded.error,
             failed_at = excluded.failed_at, due_at = excluded.due_at",
    )
    .bind(message.id)
    .bind(message.name.as_ref())
    .bind(aggregate.id)
    .bind(aggregate.version)
    .bind(serde_json::to_string(&message.headers).map_err(Fault::internal)?)
    .bind(str::from_utf8(&message.body).map_err(Fault::internal)?)
    .bind(attempts)
    .bind(error)
    .bind(now)
    .bind(due)
    .execute(tx)
    .await?;
    Ok(due)
}

/// A message to be tried again.
#[derive(Debug, Clone)]
pub struct Due {
    /// The message.
    pub envelope: Envelope,
    /// How often it was tried.
    pub attempts: i64,
}

/// The messages that are due to be tried again.
pub async fn due(db: &Db, now: Timestamp, limit: i64) -> Result<Vec<Due>, Fault> {
    query(
        "SELECT message_id, name, aggregate_id, aggregate_version, headers, body, attempts
         FROM failed_message WHERE due_at <= $1 ORDER BY due_at LIMIT $2",
    )
    .bind(now)
    .bind(limit)
    .fetch_all(db, |row| Ok(Due { envelope: envelope(row, "message_id")?, attempts: row.get("attempts")? }))
    .await
}

/// Forgets parked messages that were handled after all.
pub async fn unpark(tx: &mut Tx, ids: &[MessageId]) -> Result<(), Fault> {
    query("DELETE FROM failed_message WHERE message_id IN (SELECT r.message_id FROM rows(message_id uuid) AS r)")
        .rows(ids.iter().map(|id| (*id,)))
        .execute(tx)
        .await
        .map(drop)
}
