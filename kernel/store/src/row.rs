//! Rows on their way out of the database.

use std::{fmt::Display, str::FromStr};

use message::{Fault, Id, Timestamp};
use serde::de::DeserializeOwned;
use sqlx::{Row as _, postgres::PgRow, sqlite::SqliteRow};
use uuid::Uuid;

use crate::{fault::fault, pg_time::PgTime};

/// One row of an answer.
pub struct Row(pub(crate) Answer);

pub(crate) enum Answer {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    /// The value of the column `name`.
    pub fn get<T: Column>(&self, name: &str) -> Result<T, Fault> {
        T::read(self, name)
    }

    /// The text of the column `name`, parsed; the database holds only what was parsed before it was written.
    pub fn parse<T: FromStr<Err: Display>>(&self, name: &str) -> Result<T, Fault> {
        self.get::<String>(name)?.parse().map_err(|error| Fault::internal(format!("column {name}: {error}")))
    }

    /// The JSON text of the column `name`, read.
    pub fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, Fault> {
        let text: String = self.get(name)?;
        serde_json::from_str(&text).map_err(|error| Fault::internal(format!("column {name}: {error}")))
    }
}

/// A type that a column can be read as.
pub trait Column: Sized {
    /// Reads the column `name` of `row`.
    fn read(row: &Row, name: &str) -> Result<Self, Fault>;
}

/// Types that sqlx reads from both databases by itself.
macro_rules! plain {
    ($($ty:ty),*) => {$(
        impl Column for $ty {
            fn read(row: &Row, name: &str) -> Result<Self, Fault> {
                match &row.0 {
                    Answer::Sqlite(row) => row.try_get(name),
                    Answer::Postgres(row) => row.try_get(name),
                }
                .map_err(fault)
            }
        }
        impl Column for Option<$ty> {
            fn read(row: &Row, name: &str) -> Result<Self, Fault> {
                match &row.0 {
                    Answer::Sqlite(row) => row.try_get(name),
                    Answer::Postgres(row) => row.try_get(name),
                }
                .map_err(fault)
            }
        }
    )*};
}
plain!(i64, bool, String, Uuid);

impl<E> Column for Id<E> {
    fn read(row: &Row, name: &str) -> Result<Self, Fault> {
        row.get(name).map(Id::from_uuid)
    }
}

impl<E> Column for Option<Id<E>> {
    fn read(row: &Row, name: &str) -> Result<Self, Fault> {
        Ok(row.get::<Option<Uuid>>(name)?.map(Id::from_uuid))
    }
}

impl Column for Timestamp {
    fn read(row: &Row, name: &str) -> Result<Self, Fault> {
        row.get::<Option<Self>>(name)?.ok_or_else(|| Fault::internal(format!("column {name} is null")))
    }
}

impl Column for Option<Timestamp> {
    fn read(row: &Row, name: &str) -> Result<Self, Fault> {
        match &row.0 {
            Answer::Sqlite(row) => {
                Ok(row.try_get::<Option<i64>, _>(name).map_err(fault)?.map(Timestamp::from_micros))
            }
            Answer::Postgres(row) => {
                Ok(row.try_get::<Option<PgTime>, _>(name).map_err(fault)?.map(|time| time.0))
            }
        }
    }
}
