//! Messages and work that were given up: to be seen, replayed or dropped by the operator.

use message::{Envelope, Fault, MessageId, Timestamp, type_id};
use uuid::Uuid;

use crate::{
    Db, Row,
    outbox::{envelope_with, headers_or_own},
    query,
};

/// A message or a piece of work that was given up.
#[derive(Debug, Clone)]
pub struct StoredDeadLetter {
    /// The message. Of work: its kind is the name, its payload the body, its subject the aggregate.
    pub envelope: Envelope,
    /// Of work: the id of what it was done for, as people read it.
    pub subject: Option<String>,
    /// How often it was tried.
    pub attempts: i64,
    /// Why it failed the last time.
    pub error: String,
    /// When it failed the last time.
    pub failed_at: Timestamp,
}

/// All that were given up, with this after it.
macro_rules! given_up {
    ($and:literal) => {
        concat!(
            "SELECT * FROM (
                 SELECT message_id AS id, name, aggregate_id, aggregate_version, headers, body, attempts, error, failed_at,
                     CAST(NULL AS text) AS prefix FROM failed_message WHERE due_at IS NULL
                 UNION ALL
                 SELECT id, kind, subject_id, 0, headers, payload, attempts, error, failed_at,
                     subject_prefix FROM work WHERE due_at IS NULL
             ) AS given_up ",
            $and
        )
    };
}

/// The newest dead letters.
pub async fn list(db: &Db, limit: i64) -> Result<Vec<StoredDeadLetter>, Fault> {
    page(db, None, limit).await
}

/// `limit` dead letters, the last to fail first, from after the one that failed at this time and has this id.
pub async fn page(
    db: &Db,
    after: Option<(Timestamp, MessageId)>,
    limit: i64,
) -> Result<Vec<StoredDeadLetter>, Fault> {
    let (failed_at, id) = after.map_or((END_OF_TIME, Uuid::max()), |(time, id)| (time, id.uuid()));
    query(given_up!(
        "WHERE failed_at < $1 OR (failed_at = $1 AND id < $2) ORDER BY failed_at DESC, id DESC LIMIT $3"
    ))
    .bind(failed_at)
    .bind(id)
    .bind(limit)
    .fetch_all(db, letter)
    .await
}

/// Later than anything fails: the year 9999, which both databases can hold.
const END_OF_TIME: Timestamp = Timestamp::from_micros(253_402_300_799_000_000);

/// A dead letter.
pub async fn get(db: &Db, id: MessageId) -> Result<Option<StoredDeadLetter>, Fault> {
    query(given_up!("WHERE id = $1")).bind(id).fetch_optional(db, letter).await
}

fn letter(row: &Row) -> Result<StoredDeadLetter, Fault> {
    // That they cannot be read may be why it is here.
    let (headers, _) = headers_or_own(row, row.get("id")?);
    let envelope = envelope_with(row, "id", headers)?;
    let prefix = row.get::<Option<String>>("prefix")?;
    let subject = prefix.zip(envelope.aggregate).map(|(prefix, subject)| type_id(&prefix, subject.id));
    Ok(StoredDeadLetter {
        envelope,
        subject,
        attempts: row.get("attempts")?,
        error: row.get::<Option<String>>("error")?.unwrap_or_default(),
        failed_at: row.get("failed_at")?,
    })
}

/// How many there are.
pub async fn count(db: &Db) -> Result<i64, Fault> {
    query(
        "SELECT (SELECT count(*) FROM failed_message WHERE due_at IS NULL)
              + (SELECT count(*) FROM work WHERE due_at IS NULL) AS dead",
    )
    .fetch_one(db, |row| row.get("dead"))
    .await
}

/// Makes a dead letter due now, with all its tries before it, or work that waits for its next try; answers whether there was
/// one.
pub async fn replay(db: &Db, id: MessageId, now: Timestamp) -> Result<bool, Fault> {
    let mut tx = db.begin().await?;
    let mut changed = 0;
    for sql in [
        "UPDATE failed_message SET due_at = $2, attempts = 0 WHERE message_id = $1 AND due_at IS NULL",
        "UPDATE work SET due_at = $2, attempts = 0, unanswered = CASE WHEN unanswered > 0 THEN 1 ELSE 0 END
         WHERE id = $1 AND due_at IS NULL",
        "UPDATE work SET due_at = $2
         WHERE id = $1 AND due_at > $2 AND (claimed_until IS NULL OR claimed_until <= $2)",
    ] {
        changed += query(sql).bind(id).bind(now).execute(&mut tx).await?;
    }
    tx.wake_workers();
    tx.commit().await?;
    Ok(changed > 0)
}

/// Forgets a dead letter for good; answers whether there was one.
pub async fn drop(db: &Db, id: MessageId) -> Result<bool, Fault> {
    let mut tx = db.begin().await?;
    let mut changed = 0;
    for sql in [
        "DELETE FROM failed_message WHERE message_id = $1 AND due_at IS NULL",
        "DELETE FROM work WHERE id = $1 AND due_at IS NULL",
    ] {
        changed += query(sql).bind(id).execute(&mut tx).await?;
    }
    tx.commit().await?;
    Ok(changed > 0)
}
