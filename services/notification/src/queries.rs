//! All SQL. Every statement that works on many mails is one statement, however many there are.

use message::{Fault, Headers, Limit, Timestamp};
use notification_contract::{Mail, MailId};
use order_contract::{Order, OrderId};
use store::{Db, Dialect, Row, Tx, query};
use uuid::Uuid;

use crate::domain::{self, Outcome};

/// A mail to be written.
pub(crate) struct NewMail {
    pub(crate) id: MailId,
    pub(crate) order: Order,
    /// Where it belongs.
    pub(crate) headers: Headers,
}

/// Writes mails, due at once. An order that has its mail gets no second one.
pub(crate) async fn write(tx: &mut Tx, mails: &[NewMail], now: Timestamp) -> Result<(), Fault> {
    let mut rows = Vec::with_capacity(mails.len());
    for NewMail { id, order, headers } in mails {
        let json = serde_json::to_string(order).map_err(Fault::internal)?;
        let headers = serde_json::to_string(headers).map_err(Fault::internal)?;
        rows.push((*id, order.id, order.email.as_str(), domain::subject(order), json, headers));
    }
    rows.sort_by_key(|row| row.1);
    query(
        "INSERT INTO mail (id, order_id, recipient, subject, order_json, headers, state, attempts, due_at, created_at)
         SELECT r.id, r.order_id, r.recipient, r.subject, r.order_json, r.headers, 'queued', 0, $1, $1
         FROM rows(id uuid, order_id uuid, recipient text, subject text, order_json text, headers text) AS r
         WHERE true ON CONFLICT (order_id) DO NOTHING",
    )
    .bind(now)
    .rows(rows)
    .execute(tx)
    .await
    .map(drop)
}

/// The mails before `before`, newest first; one more than the page holds.
pub(crate) async fn list(db: &Db, before: Option<MailId>, limit: Limit) -> Result<Vec<Mail>, Fault> {
    query(
        "SELECT id, order_id, recipient, subject, state, attempts, error, created_at, sent_at
         FROM mail WHERE id < $1 ORDER BY id DESC LIMIT $2",
    )
    .bind(before.map_or(Uuid::max(), MailId::uuid))
    .bind(limit.overfull())
    .fetch_all(db, mail)
    .await
}

/// One mail, and the order that it is about, as it was.
pub(crate) async fn get(db: &Db, id: MailId) -> Result<Option<(Mail, Order)>, Fault> {
    query(
        "SELECT id, order_id, recipient, subject, order_json, state, attempts, error, created_at, sent_at
         FROM mail WHERE id = $1",
    )
    .bind(id)
    .fetch_optional(db, |row| Ok((mail(row)?, row.json("order_json")?)))
    .await
}

fn mail(row: &Row) -> Result<Mail, Fault> {
    Ok(Mail {
        id: row.get("id")?,
        order_id: row.get::<OrderId>("order_id")?,
        to: row.parse("recipient")?,
        subject: row.get("subject")?,
        state: row.get("state")?,
        attempts: row.get("attempts")?,
        error: row.get("error")?,
        created_at: row.get("created_at")?,
        sent_at: row.get("sent_at")?,
    })
}

/// Lays up to `limit` due mails into the mailbox and answers where they belong.
pub(crate) async fn keep(db: &Db, now: Timestamp, limit: i64) -> Result<Vec<Option<Headers>>, Fault> {
    let mut tx = db.begin().await?;
    // Due is asked twice: PostgreSQL looks at the outer condition again for a row that another process has just kept.
    let kept = query(
        "UPDATE mail SET state = 'sent', attempts = attempts + 1, error = NULL, sent_at = $1, due_at = NULL,
             claimed_until = NULL
         WHERE due_at <= $1 AND id IN (SELECT id FROM mail WHERE due_at <= $1 ORDER BY due_at LIMIT $2)
         RETURNING headers",
    )
    .bind(now)
    .bind(limit)
    .fetch_all(&mut tx, headers)
    .await?;
    if !kept.is_empty() {
        tx.commit().await?;
    }
    Ok(kept)
}

fn headers(row: &Row) -> Result<Option<Headers>, Fault> {
    let headers = row.get::<Option<String>>("headers")?;
    headers.map(|headers| serde_json::from_str(&headers).map_err(Fault::internal)).transpose()
}

/// A mail that somebody is about to send: nobody else touches it before the claim runs out.
#[derive(Debug, Clone)]
pub(crate) struct Claimed {
    pub(crate) id: MailId,
    pub(crate) subject: String,
    pub(crate) order: Order,
    /// How often it was tried, this time included.
    pub(crate) attempts: i64,
    /// Where it belongs.
    pub(crate) headers: Option<Headers>,
}

/// Takes up to `limit` due mails. From here on each counts as tried, whatever becomes of this process.
pub(crate) async fn claim(
    db: &Db,
    now: Timestamp,
    until: Timestamp,
    limit: i64,
) -> Result<Vec<Claimed>, Fault> {
    let mut tx = db.begin().await?;
    let claimed = query(
        "SELECT id, subject, order_json, attempts, headers FROM mail
         WHERE due_at <= $1 AND (claimed_until IS NULL OR claimed_until <= $1)
         ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED",
    )
    .bind(now)
    .bind(limit)
    .fetch_all(&mut tx, |row| {
        Ok(Claimed {
            id: row.get("id")?,
            subject: row.get("subject")?,
            order: row.json("order_json")?,
            attempts: row.get::<i64>("attempts")? + 1,
            headers: headers(row)?,
        })
    })
    .await?;
    if claimed.is_empty() {
        return Ok(claimed);
    }
    query(
        "UPDATE mail SET attempts = attempts + 1, claimed_until = $1
         FROM rows(id uuid) AS r WHERE mail.id = r.id",
    )
    .bind(until)
    .rows(claimed.iter().map(|mail| (mail.id,)))
    .execute(&mut tx)
    .await?;
    tx.commit().await?;
    Ok(claimed)
}

/// Frees what a process before this one was about to send. A SQLite file belongs to one process, so nobody else can be
/// at it; on PostgreSQL another may, and its claims run out by themselves.
pub(crate) async fn free_claims(db: &Db) -> Result<(), Fault> {
    if db.dialect() != Dialect::Sqlite {
        return Ok(());
    }
    let mut tx = db.begin().await?;
    query("UPDATE mail SET claimed_until = NULL WHERE due_at IS NOT NULL AND claimed_until IS NOT NULL")
        .execute(&mut tx)
        .await?;
    tx.commit().await
}

/// Writes down what became of claimed mails, unless their claims had run out.
pub(crate) async fn settle(db: &Db, results: &[(Claimed, Outcome)], now: Timestamp) -> Result<(), Fault> {
    let rows = results.iter().map(|(Claimed { id, attempts, .. }, outcome)| {
        let (id, attempts) = (*id, *attempts);
        let pause = domain::pause_after(attempts);
        match outcome {
            Outcome::Sent => (id, attempts, "sent", None, Some(now), None),
            Outcome::NotNow(words) if pause.is_some() => {
                (id, attempts, "queued", Some(words.as_str()), None, pause.map(|pause| now.after(pause)))
            }
            Outcome::Refused(words) | Outcome::NotNow(words) => {
                (id, attempts, "failed", Some(words.as_str()), None, None)
            }
        }
    });
    let mut tx = db.begin().await?;
    query(
        "UPDATE mail SET state = r.state, error = r.error, sent_at = r.sent_at, due_at = r.due_at,
             claimed_until = NULL
         FROM rows(id uuid, attempts int, state text, error text, sent_at time, due_at time) AS r
         WHERE mail.id = r.id AND mail.attempts = r.attempts AND mail.state = 'queued'",
    )
    .rows(rows)
    .execute(&mut tx)
    .await?;
    tx.commit().await
}
