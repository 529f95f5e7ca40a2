//! Databases: one SQL text on SQLite and PostgreSQL, transactions that publish, and the tables that messages wait in.
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
//! Reads take `&Db` or `&mut Tx`; writes only pass through a [`Tx`] (on SQLite the connections behind `&Db` are
//! read-only). Parameters are `$1`, `$2`, … on both databases.
//!
//! # A set is one statement
//!
//! `rows(name type, …)` in a statement stands for a table that the caller binds, whole, with [`Query::rows`]. It becomes
//! one JSON parameter read by `json_each` on SQLite and one array per column with `unnest` on PostgreSQL, so the text
//! stays the same, and prepared, however many rows there are. Types: `uuid`, `int`, `text`, `bool`, `time`.
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
//! `INSERT … SELECT … FROM rows(…) AS r` needs `WHERE true` before an `ON CONFLICT` (SQLite's grammar asks for it).
//! `FOR UPDATE` is kept on PostgreSQL and dropped on SQLite, whose one writer holds everything already.
//!
//! # Servers that come and go
//!
//! A PostgreSQL URL may name several hosts; [`Db`] holds connections to the one that takes writes and follows when another
//! is promoted, within seconds. What callers see of it:
//!
//! - Beginning a transaction, and reading outside of one, waits for the new server, at most 10 s.
//! - A statement under way in a transaction fails with [`Unavailable`](message::Kind::Unavailable): nothing was done.
//! - A commit that was not answered fails with [`Timeout`](message::Kind::Timeout): it may have been done. Whatever is
//!   tried again must know itself again, by an idempotency key, the inbox or an id that the caller chose.
//!
//! A transaction that is idle for 10 s is ended by the server, so that a process that was stopped does not keep stock
//! locked. [`Db::replica`] reads from a replica that is fresh enough.
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

pub mod admin;
mod db;
pub mod dead_letters;
mod fault;
pub mod inbox;
mod lease;
mod migrate;
pub mod outbox;
mod pg_time;
mod place;
mod postgres;
mod query;
mod row;
mod rows;
mod sqlite;
mod tx;
mod value;
mod watch;

pub use db::{Db, Dialect, PoolSizes};
pub use migrate::{Migration, Migrations};
pub use place::{PerService, Place, Server};
pub use query::{On, Query, query};
pub use row::{Column, Row};
pub use tx::Tx;
pub use value::{RowValues, Value};
pub use watch::watch;
