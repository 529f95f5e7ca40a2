//! Reading rows: each column is named once, and what is made of it beside it.

use message::Fault;

use crate::{On, Query, Row, RowValues, query};

/// The columns that a type is read from, made by [`columns!`](crate::columns); they stand in statements as `columns(…)`.
#[derive(Debug)]
pub struct Columns<T: 'static> {
    names: &'static [&'static str],
    read: fn(&Row) -> Result<T, Fault>,
}

impl<T> Clone for Columns<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Columns<T> {}

/// A list of columns, and the value that is made of them. The columns' types follow from the value.
///
/// ```no_run
/// # struct Boat { id: message::Id<Boat>, name: String, owner: String }
/// # async fn example(db: &store::Db) -> Result<(), message::Fault> {
/// const BOAT: store::Columns<Boat> =
///     store::columns!(|id, name, owner in person| Boat { id, name, owner });
///
/// let boats = BOAT
///     .query("SELECT columns(b) FROM boat b JOIN person ON person.id = b.owner_id WHERE b.berth = $1")
///     .bind(7)
///     .fetch_all(db)
///     .await?;
/// # Ok(()) }
/// ```
///
/// `columns(b)` becomes `b.id, b.name, person.owner`; `columns()` leaves the names as they are. A column that needs a type
/// has it after a colon: `|options: Json<Vec<String>>| …`.
#[macro_export]
macro_rules! columns {
    (|$($column:ident $(in $table:ident)? $(: $ty:ty)?),+ $(,)?| $value:expr) => {
        $crate::Columns::new(&[$($crate::columns!(@name $column $($table)?)),+], |row| {
            $(let $column $(: $ty)? = row.get(::std::stringify!($column))?;)+
            Ok($value)
        })
    };
    (@name $column:ident) => { ::std::stringify!($column) };
    (@name $column:ident $table:ident) => {
        ::std::concat!(::std::stringify!($table), ".", ::std::stringify!($column))
    };
}

impl<T> Columns<T> {
    /// The columns of these names, and how their values are read.
    pub const fn new(names: &'static [&'static str], read: fn(&Row) -> Result<T, Fault>) -> Self {
        Self { names, read }
    }

    /// A statement in which `columns(…)` stands for these.
    pub fn query<'q>(self, sql: &'static str) -> Select<'q, T> {
        Select { query: query(sql).reading(self.names), read: self.read }
    }
}

/// A statement that reads a type; made by [`Columns::query`].
#[derive(Debug)]
#[must_use]
pub struct Select<'q, T: 'static> {
    query: Query<'q>,
    read: fn(&Row) -> Result<T, Fault>,
}

impl<'q, T> Select<'q, T> {
    /// Binds the next of `$1`, `$2`, …
    pub fn bind(self, value: impl Into<message::Value<'q>>) -> Self {
        Self { query: self.query.bind(value), ..self }
    }

    /// Binds the set that `rows(…)` stands for.
    pub fn rows<R: RowValues<'q>>(self, rows: impl IntoIterator<Item = R>) -> Self {
        Self { query: self.query.rows(rows), ..self }
    }

    /// Runs it and reads every row of its answer.
    pub async fn fetch_all<'a>(self, on: impl Into<On<'a>>) -> Result<Vec<T>, Fault> {
        self.query.fetch_all(on, self.read).await
    }

    /// Runs it and reads the first row of its answer, if there is one.
    pub async fn fetch_optional<'a>(self, on: impl Into<On<'a>>) -> Result<Option<T>, Fault> {
        self.query.fetch_optional(on, self.read).await
    }
}
