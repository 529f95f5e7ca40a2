//! Events that wait to be published, in the database whose change they tell of.

use message::{Envelope, Fault, Id};

use crate::{Db, Row, Tx, fault::fault, query};

/// An event in the outbox, and where it stands there.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// Its place; later events have higher ones.
    pub position: i64,
    /// The event.
    pub envelope: Envelope,
}

pub(crate) async fn append(tx: &mut Tx, events: &[Envelope]) -> Result<(), Fault> {
    let mut rows = Vec::with_capacity(events.len());
    for event in events {
        let aggregate = event.aggregate.ok_or_else(|| Fault::internal("only events are published"))?;
        let headers = serde_json::to_string(&event.headers).map_err(Fault::internal)?;
        let body = str::from_utf8(&event.body).map_err(Fault::internal)?;
        rows.push((event.id, event.name.as_ref(), aggregate.id, aggregate.version, headers, body));
    }
    query(
        "INSERT INTO outbox (id, name, aggregate_id, aggregate_version, headers, body)
         SELECT r.id, r.name, r.aggregate_id, r.aggregate_version, r.headers, r.body
         FROM rows(id uuid, name text, aggregate_id uuid, aggregate_version int, headers text, body text) AS r",
    )
    .rows(rows)
    .execute(tx)
    .await
    .map(drop)
}

/// The first `limit` events that are not published yet, in order.
///
/// It reads what is there and remembers no position: transactions commit in another order than they take numbers in.
pub async fn waiting(db: &Db, limit: i64) -> Result<Vec<Waiting>, Fault> {
    query(
        "SELECT position, id, name, aggregate_id, aggregate_version, headers, body
         FROM outbox ORDER BY position LIMIT $1",
    )
    .bind(limit)
    .fetch_all(db, |row| Ok(Waiting { position: row.get("position")?, envelope: envelope(row, "id")? }))
    .await
}

/// Forgets events that were published.
pub async fn forget(db: &Db, positions: &[i64]) -> Result<(), Fault> {
    let mut tx = db.begin().await?;
    query("DELETE FROM outbox WHERE position IN (SELECT r.position FROM rows(position int) AS r)")
        .rows(positions.iter().map(|position| (*position,)))
        .execute(&mut tx)
        .await?;
    tx.commit().await
}

/// How many events wait.
pub async fn backlog(db: &Db) -> Result<i64, Fault> {
    query("SELECT count(*) AS backlog FROM outbox").fetch_one(db, |row| row.get("backlog")).await
}

/// The right to publish from an outbox: one process has it at a time.
pub struct Lease {
    // On PostgreSQL the lock is the session's; it ends with the connection, however the process ends. So the connection
    // is no longer the pool's: back there, it would keep the lock while nobody publishes.
    session: Option<sqlx::PgConnection>,
}

impl Lease {
    /// Takes the lease, unless another process has it. A SQLite file belongs to one process anyway.
    pub async fn take(db: &Db) -> Result<Option<Self>, Fault> {
        let crate::db::Pools::Postgres { pool } = db.pools() else {
            return Ok(Some(Self { session: None }));
        };
        let mut session = pool.acquire().await.map_err(fault)?;
        let taken: bool =
            sqlx::query_scalar("SELECT pg_try_advisory_lock(hashtext('outbox ' || current_schema()))")
                .fetch_one(&mut *session)
                .await
                .map_err(fault)?;
        Ok(taken.then(|| Self { session: Some(session.detach()) }))
    }

    /// Whether it is still ours: the server may have ended the session.
    pub async fn is_held(&mut self) -> bool {
        match &mut self.session {
            None => true,
            Some(session) => sqlx::Connection::ping(session).await.is_ok(),
        }
    }

    /// Gives it back.
    pub async fn release(self) {
        if let Some(session) = self.session {
            // Failing to say goodbye ends the session as well, as being dropped does.
            let _ = sqlx::Connection::close(session).await;
        }
    }
}

/// Reads an envelope out of the columns that the outbox and the failed messages share.
pub(crate) fn envelope(row: &Row, id: &str) -> Result<Envelope, Fault> {
    Ok(Envelope {
        id: row.get::<Id<Envelope>>(id)?,
        name: row.get::<String>("name")?.into(),
        headers: row.json("headers")?,
        aggregate: Some(message::Aggregate {
            id: row.get("aggregate_id")?,
            version: row.get("aggregate_version")?,
        }),
        body: row.get::<String>("body")?.into(),
    })
}
