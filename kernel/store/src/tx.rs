//! Transactions, and the events that are published with them.

use std::sync::Arc;

use message::{Envelope, Event, Fault, Headers, Id};
use sqlx::{Postgres, Sqlite};

use crate::{
    Db, Work,
    fault::fault,
    outbox,
    postgres::Node,
    query::Connection,
    work::{self, NewWork},
};

/// A transaction. If it is dropped without [`Tx::commit`], it is rolled back.
///
/// On SQLite it holds the one writer from its beginning, so nothing slow may happen inside it.
pub struct Tx {
    db: Db,
    inner: Inner,
    headers: Headers,
    outbox: Vec<Envelope>,
    work: Vec<NewWork>,
    wakes_workers: bool,
    acts: Vec<Box<dyn FnOnce() + Send + Sync>>,
}

pub(crate) enum Inner {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(Arc<Node>, sqlx::Transaction<'static, Postgres>),
}

impl Tx {
    pub(crate) fn new(db: Db, inner: Inner, headers: Headers) -> Self {
        Self {
            db,
            inner,
            headers,
            outbox: Vec::new(),
            work: Vec::new(),
            wakes_workers: false,
            acts: Vec::new(),
        }
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

    /// Wants this work to be done for `subject` if, and only if, this transaction is committed. Work of this kind that waits
    /// for the subject already is done with what is wanted last.
    pub fn want<W: Work>(
        &mut self,
        subject: Id<W::Subject>,
        work: &W,
        headers: Headers,
    ) -> Result<(), Fault> {
        self.work.push(NewWork::new(subject, work, headers)?);
        Ok(())
    }

    /// Lets this process' workers look for due work once the transaction is committed.
    pub(crate) fn wake_workers(&mut self) {
        self.wakes_workers = true;
    }

    /// Does this once the transaction is committed and its rows can be seen: for what counts and wakes.
    pub fn after_commit(&mut self, act: impl FnOnce() + Send + Sync + 'static) {
        self.acts.push(Box::new(act));
    }

    /// Commits. When this returns `Ok`, the changes are on the disk.
    ///
    /// If the server does not answer, the commit may or may not have been done: the fault has
    /// [`Kind::Timeout`](message::Kind::Timeout), and a retry must find out.
    pub async fn commit(mut self) -> Result<(), Fault> {
        let wanted = std::mem::take(&mut self.work);
        let wakes_workers = self.wakes_workers || !wanted.is_empty();
        if !wanted.is_empty() {
            work::append(&mut self, wanted).await?;
        }
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
        if wakes_workers {
            self.db.work_wake().send_modify(|times| *times = times.wrapping_add(1));
        }
        self.acts.into_iter().for_each(|act| act());
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
