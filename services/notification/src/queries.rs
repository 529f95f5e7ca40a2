//! All SQL. Every statement that works on many mails is one statement, however many there are.

pub(crate) mod shop;

use bus::{Settlement, Upshot};
use message::{Fault, Limit, Timestamp};
use notification_contract::{Mail, MailId, MailKind, MailState};
use order_contract::{Order, OrderId, OrderRefund};
use store::{Db, Json, Row, Tx, json, query};
use uuid::Uuid;

use crate::{letter::Topic, mailer::SendMail};

/// A mail that is to be written.
#[derive(Debug, Clone)]
pub(crate) struct NewMail {
    pub(crate) id: MailId,
    /// Which of several mails of its kind about the order: the payment or the refund that it is about.
    pub(crate) part: String,
    pub(crate) topic: Topic,
}

impl NewMail {
    /// The only mail of this kind about the order.
    pub(crate) fn of(id: MailId, kind: MailKind, order: Order) -> Self {
        Self { id, part: String::new(), topic: Topic { kind, order, refund: None } }
    }
}

/// Writes mails in this state and returns which are new: an order that has its mail gets no second one. A mail that is sent
/// at once is in the mailbox.
pub(crate) async fn insert(
    tx: &mut Tx,
    mails: &[NewMail],
    state: MailState,
    now: Timestamp,
) -> Result<Vec<MailId>, Fault> {
    let mut rows = Vec::with_capacity(mails.len());
    for NewMail { id, part, topic } in mails {
        let order = json(&topic.order)?;
        let details = topic.refund.as_ref().map(json).transpose()?;
        let (kind, recipient) = (topic.kind, topic.order.email.as_str());
        rows.push((*id, topic.order.id, kind, part.as_str(), recipient, topic.subject(), order, details));
    }
    rows.sort_by_key(|row| row.1);
    let is_sent = state == MailState::Sent;
    query(
        "INSERT INTO mail (id, order_id, kind, part, recipient, subject, order_json, details, state, attempts, sent_at,
             created_at)
         SELECT r.id, r.order_id, r.kind, r.part, r.recipient, r.subject, r.order_json, r.details, $2, $3, $4, $1
         FROM rows(id uuid, order_id uuid, kind text, part text, recipient text, subject text, order_json text,
             details text) AS r
         WHERE true ON CONFLICT (order_id, kind, part) DO NOTHING RETURNING id",
    )
    .bind(now)
    .bind(state)
    .bind(i64::from(is_sent))
    .bind(is_sent.then_some(now))
    .rows(rows)
    .fetch_all(tx, |row| row.get("id"))
    .await
}

/// The mails before `before`, newest first, of one order or of all; one more than the page holds.
pub(crate) async fn list(
    db: &Db,
    before: Option<MailId>,
    order: Option<OrderId>,
    limit: Limit,
) -> Result<Vec<Mail>, Fault> {
    query(
        "SELECT id, order_id, kind, recipient, subject, state, attempts, error, created_at, sent_at
         FROM mail WHERE id < $1 AND ($3 IS NULL OR order_id = $3) ORDER BY id DESC LIMIT $2",
    )
    .bind(before.map_or(Uuid::max(), MailId::uuid))
    .bind(limit.overfull())
    .bind(order)
    .fetch_all(db, mail)
    .await
}

/// One mail, and what it is about.
pub(crate) async fn get(db: &Db, id: MailId) -> Result<Option<(Mail, Topic)>, Fault> {
    query(
        "SELECT id, order_id, kind, recipient, subject, order_json, details, state, attempts, error, created_at, sent_at
         FROM mail WHERE id = $1",
    )
    .bind(id)
    .fetch_optional(db, |row| Ok((mail(row)?, topic(row)?)))
    .await
}

fn mail(row: &Row) -> Result<Mail, Fault> {
    Ok(Mail {
        id: row.get("id")?,
        order_id: row.get::<OrderId>("order_id")?,
        kind: row.get("kind")?,
        to: row.get("recipient")?,
        subject: row.get("subject")?,
        state: row.get("state")?,
        attempts: row.get("attempts")?,
        error: row.get("error")?,
        created_at: row.get("created_at")?,
        sent_at: row.get("sent_at")?,
    })
}

fn topic(row: &Row) -> Result<Topic, Fault> {
    let refund: Option<Json<OrderRefund>> = row.get("details")?;
    Ok(Topic {
        kind: row.get("kind")?,
        order: row.json("order_json")?,
        refund: refund.map(|refund| refund.0),
    })
}

/// A mail as it is stored.
#[derive(Debug, Clone)]
pub(crate) struct StoredMail {
    pub(crate) id: MailId,
    pub(crate) subject: String,
    pub(crate) topic: Topic,
}

/// Reads mails that are to be sent.
pub(crate) async fn load(db: &Db, mails: impl IntoIterator<Item = MailId>) -> Result<Vec<StoredMail>, Fault> {
    query(
        "SELECT mail.id, mail.kind, mail.subject, mail.order_json, mail.details
         FROM rows(id uuid) AS r JOIN mail ON mail.id = r.id",
    )
    .rows(mails.into_iter().map(|id| (id,)))
    .fetch_all(db, |row| {
        Ok(StoredMail { id: row.get("id")?, subject: row.get("subject")?, topic: topic(row)? })
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
