//! The two databases that are measured; each is started for the measurement.

use std::{fmt, io};

use tempfile::TempDir;

use crate::{cli::Databases, postgres::Postgres};

/// A database for raw limits and shops.
#[derive(Debug)]
pub enum Database {
    /// Files in the data folder, `synchronous=FULL`, write-ahead log.
    Sqlite,
    /// A private cluster with its default durability.
    Postgres(Postgres),
}

/// An empty database for tables.
#[derive(Debug)]
pub enum Empty {
    /// A folder for SQLite's files; deleted when this is dropped.
    Folder(TempDir),
    /// The URL of an empty database.
    Server(String),
}

impl Database {
    /// Starts the databases in `databases`, one after the other, and runs `measure` with each.
    pub fn each<T>(
        databases: Databases,
        mut measure: impl FnMut(&Self) -> io::Result<Vec<T>>,
    ) -> io::Result<Vec<T>> {
        let mut found = Vec::new();
        if databases != Databases::Postgres {
            found.extend(measure(&Self::Sqlite)?);
        }
        if databases != Databases::Sqlite {
            found.extend(measure(&Self::Postgres(Postgres::start()?))?);
        }
        Ok(found)
    }

    /// An empty database named `name`.
    pub fn empty(&self, name: &str) -> io::Result<Empty> {
        match self {
            Self::Sqlite => {
                Ok(Empty::Folder(tempfile::Builder::new().prefix("caravel-bench-raw-").tempdir()?))
            }
            Self::Postgres(postgres) => postgres.create_database(name).map(Empty::Server),
        }
    }

    /// The URL of an empty PostgreSQL database; `None` for SQLite, whose files are in the shop's data folder.
    pub fn url(&self, name: &str) -> io::Result<Option<String>> {
        match self {
            Self::Sqlite => Ok(None),
            Self::Postgres(postgres) => postgres.create_database(name).map(Some),
        }
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        })
    }
}
