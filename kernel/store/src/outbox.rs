//! The outbox: events that wait to be published, in the database of the change that they report.

use message::{Envelope, Fault, Headers, Id, MessageId};

use crate::{Db, Row, Tx, insert, json, query, record};

pub use crate::lease::Lease;

/// The position of an event in the outbox.
///
/// It includes the event's id: a promoted server that lacks some of its predecessor's commits may give the same number
/// to another event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    number: i64,
    id: Id<Envelope>,
}

/// An event in the outbox, with its position.
#[derive(Debug, Clone)]
pub struct QueuedEvent {
    /// The position with which the event is deleted.
    pub position: Position,
    /// The event.
    pub envelope: Envelope,
}

pub(crate) async fn append(tx: &mut Tx, events: &[Envelope]) -> Result<(), Fault> {
    let mut rows = Vec::with_capacity(events.len());
    for event in events {
        let aggregate = event.aggregate.ok_or_else(|| Fault::internal("only events are published"))?;
        rows.push(record! {
            id: event.id,
            name: event.name.as_ref(),
            aggregate_id: aggregate.id,
            aggregate_version: aggregate.version,
            headers: json(&event.headers)?,
            body: str::from_utf8(&event.body).map_err(Fault::internal)?,
        });
    }
    insert("outbox", rows).execute(tx).await.map(drop)
}

/// Returns the first `limit` unpublished events, in order.
///
/// It reads the table each time and remembers no position, because transactions commit in another order than they take
/// numbers.
pub async fn waiting(db: &Db, limit: i64) -> Result<Vec<QueuedEvent>, Fault> {
    query(
        "SELECT position, id, name, aggregate_id, aggregate_version, headers, body
         FROM outbox ORDER BY position LIMIT $1",
    )
    .bind(limit)
    .fetch_all(db, queued)
    .await
}

/// The same, of the events of these names alone. It may read past all others, so it is for outboxes that hold few.
pub async fn waiting_of(db: &Db, names: &[&'static str], limit: i64) -> Result<Vec<QueuedEvent>, Fault> {
    query(
        "SELECT position, id, name, aggregate_id, aggregate_version, headers, body
         FROM outbox WHERE name IN (SELECT r.name FROM rows(name text) AS r) ORDER BY position LIMIT $1",
    )
    .bind(limit)
    .rows(names.iter().map(|name| (*name,)))
    .fetch_all(db, queued)
    .await
}

fn queued(row: &Row) -> Result<QueuedEvent, Fault> {
    let envelope = envelope(row, "id")?;
    Ok(QueuedEvent { position: Position { number: row.get("position")?, id: envelope.id }, envelope })
}

/// Deletes events that were published.
pub async fn forget(db: &Db, positions: &[Position]) -> Result<(), Fault> {
    let mut tx = db.begin().await?;
    query("DELETE FROM outbox WHERE (position, id) IN (SELECT r.position, r.id FROM rows(position int, id uuid) AS r)")
        .rows(positions.iter().map(|position| (position.number, position.id)))
        .execute(&mut tx)
        .await?;
    tx.commit().await
}

/// The number of events that wait.
pub async fn backlog(db: &Db) -> Result<i64, Fault> {
    query("SELECT count(*) AS backlog FROM outbox").fetch_one(db, |row| row.get("backlog")).await
}

/// Reads an envelope from the columns that the outbox and the failed messages share.
pub(crate) fn envelope(row: &Row, id: &str) -> Result<Envelope, Fault> {
    envelope_with(row, id, row.json("headers")?)
}

/// The headers of a row and, if they cannot be read, others that belong to nothing else, and why.
pub(crate) fn headers_or_own(row: &Row, id: MessageId) -> (Headers, Option<Fault>) {
    match row.json("headers") {
        Ok(headers) => (headers, None),
        Err(fault) => (Headers::new(Id::from_uuid(id.uuid())), Some(fault)),
    }
}

/// As [`envelope`], with these headers.
pub(crate) fn envelope_with(row: &Row, id: &str, headers: Headers) -> Result<Envelope, Fault> {
    Ok(Envelope {
        id: row.get::<Id<Envelope>>(id)?,
        name: row.get::<String>("name")?.into(),
        headers,
        aggregate: Some(message::Aggregate {
            id: row.get("aggregate_id")?,
            version: row.get("aggregate_version")?,
        }),
        body: row.get::<String>("body")?.into(),
    })
}
