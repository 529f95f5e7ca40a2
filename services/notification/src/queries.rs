//! All SQL. Every statement that works on many mails is one statement, however many there are.

pub(crate) mod shop;

use bus::{Settlement, Upshot};
use message::{Fault, Limit, Timestamp};
use notification_contract::{Mail, MailId, MailState};
use order_contract::{Order, OrderId};
use store::{Db, Row, Tx, query};
use uuid::Uuid;

use crate::{domain, mailer::SendMail};

/// Writes mails in this state and returns which are new: an order that has its mail gets no second one. A mail that is sent
/// at once is in the mailbox.
pub(crate) async fn insert(
    tx: &mut Tx,
    mails: &[(MailId, Order)],
    state: MailState,
    now: Timestamp,
) -> Result<Vec<MailId>, Fault> {
    let mut rows = Vec::with_capacity(mails.len());
    for (id, order) in mails {
        let json = serde_json::to_string(order).map_err(Fault::internal)?;
        rows.push((*id, order.id, order.email.as_str(), domain::subject(order), json));
    }
    rows.sort_by_key(|row| row.1);
    let is_sent = state == MailState::Sent;
    query(
        "INSERT INTO mail (id, order_id, recipient, subject, order_json, state, attempts, sent_at, created_at)
         SELECT r.id, r.order_id, r.recipient, r.subject, r.order_json, $2, $3, $4, $1
         FROM rows(id uuid, order_id uuid, recipient text, subject text, order_json text) AS r
         WHERE true ON CONFLICT (order_id) DO NOTHING RETURNING id",
    )
    .bind(now)
    .bind(state)
    .bind(i64::from(is_sent))
    .bind(is_sent.then_some(now))
    .rows(rows)
    .fetch_all(tx, |row| row.get("id"))
    .await
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

/// A mail as it is stored.
#[derive(Debug, Clone)]
pub(crate) struct StoredMail {
    pub(crate) id: MailId,
    pub(crate) subject: String,
    pub(crate) order: Order,
}

/// Reads mails that are to be sent.
pub(crate) async fn load(db: &Db, mails: impl IntoIterator<Item = MailId>) -> Result<Vec<StoredMail>, Fault> {
    query("SELECT mail.id, mail.subject, mail.order_json FROM rows(id uuid) AS r JOIN mail ON mail.id = r.id")
        .rows(mails.into_iter().map(|id| (id,)))
        .fetch_all(db, |row| {
            Ok(StoredMail {
                id: row.get("id")?,
                subject: row.get("subject")?,
                order: row.json("order_json")?,
            })
        })
        .await
}

/// Writes what became of mails and returns the state of each.
pub(crate) async fn settle(
    tx: &mut Tx,
    mails: &[Upshot<'_, SendMail, ()>],
    now: Timestamp,
) -> Result<Vec<MailState>, Fault> {
    let mut rows = Vec::with_capacity(mails.len());
    for mail in mails {
        let (state, error, sent_at) = match mail.settlement {
            Settlement::Done => (MailState::Sent, None, Some(now)),
            Settlement::Retry { reason, .. } => (MailState::Queued, Some(reason.as_str()), None),
            Settlement::GivenUp { reason, .. } => (MailState::Failed, Some(reason.as_str()), None),
            Settlement::Untried => continue,
        };
        rows.push((mail.subject, mail.attempts, state, error, sent_at));
    }
    rows.sort_by_key(|row| row.0);
    let states = rows.iter().map(|row| row.2).collect();
    query(
        "UPDATE mail SET state = r.state, attempts = r.attempts, error = r.error, sent_at = r.sent_at
         FROM rows(id uuid, attempts int, state text, error text, sent_at time) AS r WHERE mail.id = r.id",
    )
    .rows(rows)
    .execute(tx)
    .await?;
    Ok(states)
}
