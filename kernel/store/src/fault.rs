//! Maps the errors of the databases to faults.

use message::{Fault, Kind};
use sqlx::{
    error::{DatabaseError, ErrorKind},
    postgres::PgDatabaseError,
};

/// Returns the fault whose kind says what a caller can do about the error.
pub(crate) fn fault(error: sqlx::Error) -> Fault {
    match error {
        sqlx::Error::Database(error) => database_fault(error.as_ref()),
        sqlx::Error::PoolTimedOut => Fault::unavailable("no database connection became free in time"),
        sqlx::Error::Io(_) | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed | sqlx::Error::Tls(_) => {
            Fault::unavailable(error)
        }
        other => Fault::internal(other),
    }
}

/// Whether the server is stopping, lost, or no longer accepts writes: then the cluster looks for another one.
pub(crate) fn is_trouble(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::WorkerCrashed => true,
        // A read-only transaction, a shutdown, a crash, a starting server.
        sqlx::Error::Database(error) => {
            matches!(error.code().as_deref(), Some("25006" | "57P01" | "57P02" | "57P03"))
        }
        _ => false,
    }
}

/// For a commit without an answer: it may have been done.
pub(crate) fn unknown_commit(why: impl std::fmt::Display) -> Fault {
    Fault::new(Kind::Timeout, format!("whether the transaction was committed is not known: {why}"))
}

fn database_fault(error: &dyn DatabaseError) -> Fault {
    match error.kind() {
        ErrorKind::UniqueViolation | ErrorKind::CheckViolation | ErrorKind::ForeignKeyViolation => {
            Fault::violated(constraint(error), words(error))
        }
        _ if is_transient(error) => Fault::new(Kind::Unavailable, words(error)),
        _ if is_no_entry(error) => Fault::internal(format!(
            "the user, the password or the database of the URL is wrong: {}",
            error.message()
        )),
        _ => Fault::internal(words(error)),
    }
}

/// What the database reports. sqlx adds the line of PostgreSQL's own C source, which looks like one of the statement's.
fn words(error: &dyn DatabaseError) -> String {
    match error.try_downcast_ref::<PgDatabaseError>() {
        Some(error) => error.message().to_owned(),
        None => error.to_string(),
    }
}

/// Whether PostgreSQL rejects the login or the database: invalid authorization 28, invalid catalog name 3D.
fn is_no_entry(error: &dyn DatabaseError) -> bool {
    error.code().is_some_and(|code| code.len() == 5 && (code.starts_with("28") || code.starts_with("3D")))
}

/// The constraint's name, as PostgreSQL composes it by default. SQLite reports the columns, from which the same name is
/// composed.
fn constraint(error: &dyn DatabaseError) -> String {
    if let Some(name) = error.constraint() {
        return name.to_owned();
    }
    let named = error.message().split_once("failed: ").map_or(error.message(), |(_, named)| named);
    // SQLITE_CONSTRAINT_PRIMARYKEY
    let is_primary = error.code().is_some_and(|code| code == "1555");
    let Some((table, _)) = named.split_once('.') else { return named.to_owned() };
    if is_primary {
        return format!("{table}_pkey");
    }
    let columns: Vec<_> =
        named.split(", ").filter_map(|column| column.split_once('.')).map(|(_, name)| name).collect();
    format!("{table}_{}_key", columns.join("_"))
}

/// Whether a retry may succeed: locks, deadlocks, shut-downs, full disks.
fn is_transient(error: &dyn DatabaseError) -> bool {
    // SQLite: BUSY 5, LOCKED 6, IOERR 10, FULL 13, and their extended codes, which have them in the low byte.
    // PostgreSQL: connection trouble 08, transaction rollback 40, resources 53, operator intervention 57, lock not
    // available 55P03, object in use 55006, read-only transaction 25006 (a standby answers before it is promoted), idle
    // for too long in a transaction 25P03 (the process was stopped meanwhile).
    let Some(code) = error.code() else { return false };
    match code.parse::<i32>() {
        Ok(sqlite) if code.len() < 5 => matches!(sqlite & 0xff, 5 | 6 | 10 | 13),
        _ => {
            ["08", "40", "53", "57"].iter().any(|class| code.starts_with(class))
                || matches!(&*code, "55P03" | "55006" | "25006" | "25P03")
        }
    }
}
