//! Rows on their way out of the database.

use std::{borrow::Cow, fmt::Display, str::FromStr};

use message::{
    Fault, Timestamp, Value, stored,
    value::{FromValue, Type},
};
use serde::de::DeserializeOwned;
use sqlx::{Row as _, postgres::PgRow, sqlite::SqliteRow};

use crate::{fault::fault, pg_time::PgTime};

/// One row of an answer.
pub struct Row(pub(crate) Answer);

pub(crate) enum Answer {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    /// The value of the column `name`. The database holds only what such a value was written as.
    pub fn get<T: FromValue>(&self, name: &str) -> Result<T, Fault> {
        T::from_value(self.value(name, T::TYPE)?)
            .map_err(|invalid| Fault::internal(format!("column {name}: {invalid}")))
    }

    /// The text of the column `name`, parsed; the database holds only what was parsed before it was written.
    pub fn parse<T: FromStr<Err: Display>>(&self, name: &str) -> Result<T, Fault> {
        self.get::<String>(name)?.parse().map_err(|error| Fault::internal(format!("column {name}: {error}")))
    }

    /// The JSON text of the column `name`, read.
    pub fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, Fault> {
        let text: String = self.get(name)?;
        stored::as_written(|| serde_json::from_str(&text))
            .map_err(|error| Fault::internal(format!("column {name}: {error}")))
    }

    fn value(&self, name: &str, ty: Type) -> Result<Value<'_>, Fault> {
        macro_rules! read {
            () => {
                match &self.0 {
                    Answer::Sqlite(row) => row.try_get(name),
                    Answer::Postgres(row) => row.try_get(name),
                }
                .map_err(fault)?
            };
        }
        Ok(match ty {
            Type::Uuid => Value::Uuid(read!()),
            Type::Int => Value::Int(read!()),
            Type::Text => {
                let text: Option<&str> = read!();
                Value::Text(text.map(Cow::Borrowed))
            }
            Type::Bool => Value::Bool(read!()),
            Type::Bytes => {
                let bytes: Option<&[u8]> = read!();
                Value::Bytes(bytes.map(Cow::Borrowed))
            }
            Type::Time => Value::Time(self.time(name)?),
        })
    }

    fn time(&self, name: &str) -> Result<Option<Timestamp>, Fault> {
        match &self.0 {
            Answer::Sqlite(row) => {
                row.try_get::<Option<i64>, _>(name).map(|time| time.map(Timestamp::from_micros))
            }
            Answer::Postgres(row) => {
                row.try_get::<Option<PgTime>, _>(name).map(|time| time.map(|time| time.0))
            }
        }
        .map_err(fault)
    }
}
