//! Databases: one SQL text on SQLite and PostgreSQL, transactions that publish events, and the tables in which messages
//! wait.
//!
//! # A query
//!
//! ```no_run
//! # struct Boat;
//! # async fn example(db: &store::Db, id: message::Id<Boat>) -> Result<(), message::Fault> {
//! let name: Option<String> = store::query("SELECT name FROM boat WHERE id = $1")
//!     .bind(id)
//!     .fetch_optional(db, |row| row.get("name"))
//!     .await?;
//!
//! let mut tx = db.begin().await?;
//! store::query("UPDATE boat SET name = $2 WHERE id = $1").bind(id).bind("Argo").execute(&mut tx).await?;
//! tx.commit().await?;
//! # Ok(()) }
//! ```
//!
//! Reads take `&Db` or `&mut Tx`; writes need a [`Tx`] (on SQLite the connections behind `&Db` are read-only).
//! Parameters are `$1`, `$2`, … on both databases.
//!
//! # Many rows in one statement
//!
//! `rows(name type, …)` in a statement is a table that the caller binds as a whole, with [`Query::rows`]. It becomes
//! one JSON parameter for `json_each` on SQLite, and one array per column for `unnest` on PostgreSQL. The text, and the
//! prepared statement, stay the same for any number of rows. Types: `uuid`, `int`, `text`, `bool`, `time`,
//! `bytes`.
//!
//! ```no_run
//! # struct Boat;
//! # async fn example(tx: &mut store::Tx, moved: &[(message::Id<Boat>, i64)]) -> Result<(), message::Fault> {
//! store::query("UPDATE boat SET berth = r.berth FROM rows(id uuid, berth int) AS r WHERE boat.id = r.id")
//!     .rows(moved.iter().copied())
//!     .execute(tx)
//!     .await?;
//! # Ok(()) }
//! ```
//!
//! `FOR UPDATE` is kept on PostgreSQL and dropped on SQLite, whose only writer already excludes all others.
//!
//! # A column is named once
//!
//! [`insert`] writes the statement from the rows, in which each column stands beside its value. [`columns!`] makes a value
//! of a list of columns, for which `columns(alias)` stands in the statement. Joins, conditions and locks are SQL.
//!
//! ```no_run
//! use store::{Columns, columns, insert, record};
//! # struct Boat { id: message::Id<Boat>, name: String }
//!
//! const BOAT: Columns<Boat> = columns!(|id, name| Boat { id, name });
//!
//! # async fn example(tx: &mut store::Tx, boats: &[Boat], berth: i64) -> Result<(), message::Fault> {
//! insert("boat", boats.iter().map(|boat| record! { id: boat.id, name: &boat.name }))
//!     .with("berth", berth)
//!     .then("ON CONFLICT (id) DO NOTHING")
//!     .execute(tx)
//!     .await?;
//! let neighbours = BOAT.query("SELECT columns(b) FROM boat b WHERE b.berth = $1").bind(berth).fetch_all(tx).await?;
//! # Ok(()) }
//! ```
//!
//! # Failover
//!
//! A PostgreSQL URL may name several hosts. [`Db`] uses the one that accepts writes, and moves within seconds when
//! another one is promoted. Callers see this:
//!
//! - A new transaction, and a read outside of one, waits for the new server, at most 10 s.
//! - A statement that runs in a transaction fails with [`Unavailable`](message::Kind::Unavailable): nothing was done.
//! - A commit without an answer fails with [`Timeout`](message::Kind::Timeout): it may have been done. A retry must
//!   recognise its first attempt: by an idempotency key, the inbox or an id that the caller chose.
//!
//! The server ends a transaction that is idle for 10 s, so that a stopped process does not keep stock locked.
//! [`Db::replica`] reads from a replica that is fresh enough.
//!
//! # Types
//!
//! | Rust | SQLite | PostgreSQL |
//! |---|---|---|
//! | `Id<E>`, `Uuid` | `BLOB`, 16 bytes | `uuid` |
//! | `i64` | `INTEGER` | `bigint` |
//! | `String` | `TEXT` | `text` |
//! | `bool` | `INTEGER` | `boolean` |
//! | `Timestamp` | `INTEGER`, microseconds since 1970 | `timestamptz` |
//! | `Vec<u8>`, `&[u8]` | `BLOB` | `bytea` |
//!
//! The text types and words of contracts ([`message::checked_text!`], [`message::words!`]) are bound and read as they
//! are: `.bind(&email)`, `.bind(OrderStatus::Pending)`, `row.get::<OrderStatus>("status")`.

pub mod admin;
mod backend;
mod columns;
mod db;
pub mod dead_letters;
mod fault;
pub mod inbox;
mod insert;
mod lease;
mod migrate;
pub mod outbox;
mod pg_time;
#[cfg(debug_assertions)]
mod plan;
mod postgres;
mod query;
mod row;
mod rows;
mod sqlite;
mod tx;
mod value;
mod watch;
pub mod work;

pub use backend::{Backend, PerService, PostgresServers};
pub use columns::{Columns, Select};
pub use db::{Db, Dialect, PoolSizes};
pub use insert::{Insert, Record, insert};
pub use migrate::{Migration, Migrations};
pub use query::{On, Query, query};
pub use row::Row;
pub use tx::Tx;
pub use value::{Json, RowValues, json};
pub use watch::watch;
pub use work::Work;
