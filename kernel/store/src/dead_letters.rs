//! Messages that were given up: to be seen, replayed or dropped by the operator.

use message::{Envelope, Fault, MessageId, Timestamp};
use uuid::Uuid;

use crate::{Db, Row, outbox::envelope, query};

/// A message that was given up.
#[derive(Debug, Clone)]
pub struct DeadLetter {
    /// The message.
    pub envelope: Envelope,
    /// How often it was tried.
    pub attempts: i64,
    /// Why it failed the last time.
    pub error: String,
    /// When it failed the last time.
    pub failed_at: Timestamp,
}

/// The newest dead letters.
pub async fn list(db: &Db, limit: i64) -> Result<Vec<DeadLetter>, Fault> {
    query(
        "SELECT message_id, name, aggregate_id, aggregate_version, headers, body, attempts, error, failed_at
         FROM failed_message WHERE due_at IS NULL ORDER BY failed_at DESC LIMIT $1",
    )
    .bind(limit)
    .fetch_all(db, letter)
    .await
}

/// `limit` dead letters, the last to fail first, from after the one that failed at this time and has this id.
pub async fn page(
    db: &Db,
    after: Option<(Timestamp, MessageId)>,
    limit: i64,
) -> Result<Vec<DeadLetter>, Fault> {
    let (failed_at, id) = after.map_or((END_OF_TIME, Uuid::max()), |(time, id)| (time, id.uuid()));
    query(
        "SELECT message_id, name, aggregate_id, aggregate_version, headers, body, attempts, error, failed_at
         FROM failed_message WHERE due_at IS NULL AND (failed_at < $1 OR (failed_at = $1 AND message_id < $2))
         ORDER BY failed_at DESC, message_id DESC LIMIT $3",
    )
    .bind(failed_at)
    .bind(id)
    .bind(limit)
    .fetch_all(db, letter)
    .await
}

/// Later than anything fails: the year 9999, which both databases can hold.
const END_OF_TIME: Timestamp = Timestamp::from_micros(253_402_300_799_000_000);

/// A dead letter.
pub async fn get(db: &Db, id: MessageId) -> Result<Option<DeadLetter>, Fault> {
    query(
        "SELECT message_id, name, aggregate_id, aggregate_version, headers, body, attempts, error, failed_at
         FROM failed_message WHERE due_at IS NULL AND message_id = $1",
    )
    .bind(id)
    .fetch_optional(db, letter)
    .await
}

fn letter(row: &Row) -> Result<DeadLetter, Fault> {
    Ok(DeadLetter {
        envelope: envelope(row, "message_id")?,
        attempts: row.get("attempts")?,
        error: row.get("error")?,
        failed_at: row.get("failed_at")?,
    })
}

/// How many there are.
pub async fn count(db: &Db) -> Result<i64, Fault> {
    query("SELECT count(*) AS dead FROM failed_message WHERE due_at IS NULL")
        .fetch_one(db, |row| row.get("dead"))
        .await
}

/// Makes a dead letter due now, with all its tries before it; answers whether there was one.
pub async fn replay(db: &Db, id: MessageId, now: Timestamp) -> Result<bool, Fault> {
    let mut tx = db.begin().await?;
    let sql = "UPDATE failed_message SET due_at = $2, attempts = 0 WHERE message_id = $1 AND due_at IS NULL";
    let changed = query(sql).bind(id).bind(now).execute(&mut tx).await?;
    tx.commit().await?;
    Ok(changed == 1)
}

/// Forgets a dead letter for good; answers whether there was one.
pub async fn drop(db: &Db, id: MessageId) -> Result<bool, Fault> {
    let mut tx = db.begin().await?;
    let sql = "DELETE FROM failed_message WHERE message_id = $1 AND due_at IS NULL";
    let changed = query(sql).bind(id).execute(&mut tx).await?;
    tx.commit().await?;
    Ok(changed == 1)
}
