//! Inserting rows: each column is named once, beside its value; the statement follows from that.

use std::{
    collections::HashMap,
    fmt::Write as _,
    sync::{LazyLock, PoisonError, RwLock},
};

use message::{Fault, Value};

use crate::{
    Query, Row, Tx, query,
    rows::{RowSet, type_word},
};

/// A row to insert, made by [`record!`](crate::record).
#[derive(Debug)]
pub struct Record<'q, const N: usize> {
    columns: &'static [&'static str; N],
    values: [Value<'q>; N],
}

impl<'q, const N: usize> Record<'q, N> {
    /// The values of these columns, in their order.
    pub fn new(columns: &'static [&'static str; N], values: [Value<'q>; N]) -> Self {
        Self { columns, values }
    }
}

/// A row to [`insert`]: `record! { id: boat.id, name: &boat.name }`.
#[macro_export]
macro_rules! record {
    ($($column:ident: $value:expr),+ $(,)?) => {
        $crate::Record::new(
            &[$(::std::stringify!($column)),+],
            [$(::std::convert::Into::into($value)),+],
        )
    };
}

/// An `INSERT` of any number of rows, as one statement; made by [`insert`].
#[derive(Debug)]
#[must_use]
pub struct Insert<'q> {
    table: &'static str,
    columns: &'static [&'static str],
    rows: RowSet<'q>,
    is_mixed: bool,
    shared: Vec<(&'static str, Value<'q>)>,
    clause: &'static str,
}

/// Inserts `rows` into `table`. Without rows it does nothing.
///
/// ```no_run
/// # struct Boat { id: message::Id<Boat>, name: String }
/// # async fn example(tx: &mut store::Tx, boats: &[Boat], now: message::Timestamp) -> Result<(), message::Fault> {
/// store::insert("boat", boats.iter().map(|boat| store::record! { id: boat.id, name: &boat.name }))
///     .with("built_at", now)
///     .then("ON CONFLICT (id) DO NOTHING")
///     .execute(tx)
///     .await?;
/// # Ok(()) }
/// ```
pub fn insert<'q, const N: usize>(
    table: &'static str,
    rows: impl IntoIterator<Item = Record<'q, N>>,
) -> Insert<'q> {
    let mut insert = Insert {
        table,
        columns: &[],
        rows: RowSet::default(),
        is_mixed: false,
        shared: Vec::new(),
        clause: "",
    };
    for Record { columns, values } in rows {
        if insert.columns.is_empty() {
            insert.columns = columns;
        }
        insert.is_mixed |= !std::ptr::eq(insert.columns, columns.as_slice()) && insert.columns != columns;
        insert.rows.values_mut().extend(values);
    }
    insert
}

impl<'q> Insert<'q> {
    /// Gives `column` this value in every row.
    pub fn with(mut self, column: &'static str, value: impl Into<Value<'q>>) -> Self {
        self.shared.push((column, value.into()));
        self
    }

    /// Ends the statement with `clause`: `ON CONFLICT …`, `RETURNING …`.
    pub fn then(mut self, clause: &'static str) -> Self {
        self.clause = clause;
        self
    }

    /// Runs it and returns how many rows it inserted or changed.
    pub async fn execute(self, tx: &mut Tx) -> Result<u64, Fault> {
        match self.into_query()? {
            Some(query) => query.execute(tx).await,
            None => Ok(0),
        }
    }

    /// Runs it and reads every row that its `RETURNING` clause returns.
    pub async fn fetch_all<T>(
        self,
        tx: &mut Tx,
        read: impl FnMut(&Row) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        match self.into_query()? {
            Some(query) => query.fetch_all(tx, read).await,
            None => Ok(Vec::new()),
        }
    }

    fn into_query(self) -> Result<Option<Query<'q>>, Fault> {
        if self.rows.is_empty() {
            return Ok(None);
        }
        if self.is_mixed {
            return Err(Fault::internal(format!("rows with different columns for {}", self.table)));
        }
        let mut query = query(self.text());
        for (_, value) in self.shared {
            query = query.bind(value);
        }
        Ok(Some(query.row_set(self.rows)))
    }

    /// The statement. It is written once per process for each list of columns, so that it stays prepared.
    fn text(&self) -> &'static str {
        static KNOWN: LazyLock<RwLock<HashMap<Vec<&'static str>, &'static str>>> =
            LazyLock::new(RwLock::default);
        let shared = self.shared.iter().map(|(column, _)| *column);
        let parts = [self.table, self.clause].into_iter().chain(shared);
        let key: Vec<_> = parts.chain(["("]).chain(self.columns.iter().copied()).collect();
        if let Some(known) = KNOWN.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return known;
        }
        // Leaked on purpose: there are as many as the program has inserts, and prepared statements want them static.
        let text: &'static str = self.write_text().leak();
        KNOWN.write().unwrap_or_else(PoisonError::into_inner).insert(key, text);
        text
    }

    fn write_text(&self) -> String {
        let shared: Vec<_> = self.shared.iter().map(|(column, _)| *column).collect();
        let columns = [self.columns, &shared].concat().join(", ");
        let from_rows = self.columns.iter().map(|column| format!("r.{column}"));
        let bound = (1..=shared.len()).map(|number| format!("${number}"));
        let values: Vec<_> = from_rows.chain(bound).collect();
        let types = self.columns.iter().zip(self.rows.types());
        let set: Vec<_> = types.map(|(column, ty)| format!("{column} {}", type_word(ty))).collect();
        let (table, values, set) = (self.table, values.join(", "), set.join(", "));
        let mut text = format!("INSERT INTO {table} ({columns}) SELECT {values} FROM rows({set}) AS r");
        if !self.clause.is_empty() {
            // SQLite cannot tell ON CONFLICT from the ON of a join without a WHERE before it. Writing cannot fail.
            let _ = write!(text, " WHERE true {}", self.clause);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_follows_from_the_rows() {
        let row = |name: &'static str| crate::record! { berth: 7, name: name, rig: None::<&str> };
        let insert =
            insert("boat", [row("Vega"), row("Argo")]).with("is_afloat", true).then("RETURNING berth");
        assert_eq!(
            insert.text(),
            "INSERT INTO boat (berth, name, rig, is_afloat) SELECT r.berth, r.name, r.rig, $1 \
             FROM rows(berth int, name text, rig text) AS r WHERE true RETURNING berth"
        );
        assert!(std::ptr::eq(insert.text(), insert.text()));
    }

    #[test]
    fn no_rows_are_no_statement_and_rows_of_two_kinds_are_refused() {
        let none: [Record<'_, 1>; 0] = [];
        assert!(insert("boat", none).into_query().unwrap().is_none());
        let mixed = [crate::record! { berth: 7 }, crate::record! { mast: 7 }];
        assert!(insert("boat", mixed).into_query().unwrap_err().to_string().contains("boat"));
    }
}
