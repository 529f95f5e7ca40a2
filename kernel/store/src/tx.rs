//! Transactions, and the events that are published with them.

use std::sync::Arc;

use message::{Envelope, Event, Fault, Headers};
use sqlx::{Postgres, Sqlite};
use tokio::sync::Notify;

use crate::{Db, fault::fault, outbox, postgres::Node, query::Connection};

/// A transaction. If it is dropped without [`Tx::commit`], it is rolled back.
///
/// On SQLite it holds the one writer from its beginning, so nothing slow may happen inside it.
pub struct Tx {
    db: Db,
    inner: Inner,
    headers: Headers,
    outbox: Vec<Envelope>,
    wakes: Vec<Arc<Notify>>,
}

pub(crate) enum Inner {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(Arc<Node>, sqlx::Transaction<'static, Postgres>),
}

impl Tx {
    pub(crate) fn new(db: Db, inner: Inner, headers: Headers) -> Self {
        Self { db, inner, headers, outbox: Vec::new(), wakes: Vec::new() }
    }

    /// Publishes `event` if, and only if, this transaction is committed.
    pub fn publish<E: Event>(&mut self, event: &E) -> Result<(), Fault> {
        self.publish_as(event, self.headers.clone())
    }

    /// The same, for an event that follows from one message of a batch.
    pub fn publish_as<E: Event>(&mut self, event: &E, headers: Headers) -> Result<(), Fault> {
        self.outbox.push(Envelope::event(event, headers, self.db.ids())?);
        Ok(())
    }

    /// Notifies `sleeper` after this transaction is committed and its rows are visible.
    pub fn wake_on_commit(&mut self, sleeper: &Arc<Notify>) {
        self.wakes.push(Arc::clone(sleeper));
    }

    /// Commits. When this returns `Ok`, the changes are on the disk.
    ///
    /// If the server does not answer, the commit may or may not have been done: the fault has
    /// [`Kind::Timeout`](message::Kind::Timeout), and a retry must find out.
    pub async fn commit(mut self) -> Result<(), Fault> {
        let events = std::mem::take(&mut self.outbox);
        if !events.is_empty() {
            outbox::append(&mut self, &events).await?;
        }
        match self.inner {
            Inner::Sqlite(tx) => tx.commit().await.map_err(fault)?,
            Inner::Postgres(node, tx) => node.commit(tx).await?,
        }
        if !events.is_empty() {
            self.db.outbox_wake().notify_one();
        }
        self.wakes.iter().for_each(|sleeper| sleeper.notify_one());
        Ok(())
    }

    /// Rolls back.
    pub async fn rollback(self) -> Result<(), Fault> {
        match self.inner {
            Inner::Sqlite(tx) => tx.rollback().await.map_err(fault),
            Inner::Postgres(node, tx) => node.run(tx.rollback()).await,
        }
    }

    /// The database of this transaction.
    pub fn db(&self) -> &Db {
        &self.db
    }

    pub(crate) fn connection(&mut self) -> Connection<'_> {
        match &mut self.inner {
            Inner::Sqlite(tx) => Connection::Sqlite(tx),
            Inner::Postgres(node, tx) => Connection::Postgres(node, tx),
        }
    }
}
