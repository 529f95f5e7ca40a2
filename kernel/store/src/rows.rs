//! Statements on their way to one database: what `rows(…)`, `columns(…)` and `FOR UPDATE` become.

use std::{
    collections::HashMap,
    fmt::Write as _,
    sync::{LazyLock, PoisonError, RwLock},
};

use message::{Fault, Value, value::Type};

use crate::db::Dialect;

/// A statement as one database understands it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Prepared {
    pub(crate) sql: &'static str,
    /// The types of the bound set's columns; empty when the statement has none.
    pub(crate) columns: &'static [Type],
}

/// A statement before it is translated: its text, what `columns(…)` stands for (by its place in memory, which is quicker
/// to compare), and for which database.
type Key = (&'static str, (usize, usize), Dialect);

/// Translates `sql`, in which `columns(…)` stands for `columns`. Every static text is translated once per process and then
/// looked up.
pub(crate) fn prepare(
    sql: &'static str,
    columns: &'static [&'static str],
    dialect: Dialect,
) -> Result<Prepared, Fault> {
    static KNOWN: LazyLock<RwLock<HashMap<Key, Prepared>>> = LazyLock::new(RwLock::default);
    let key = (sql, (columns.as_ptr().addr(), columns.len()), dialect);
    if let Some(known) = KNOWN.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return Ok(*known);
    }
    let prepared = translate(&with_columns(sql, columns)?, dialect)?;
    KNOWN.write().unwrap_or_else(PoisonError::into_inner).insert(key, prepared);
    Ok(prepared)
}

fn translate(sql: &str, dialect: Dialect) -> Result<Prepared, Fault> {
    let mut text = String::with_capacity(sql.len() + 64);
    let mut columns: Option<Vec<(&str, Type)>> = None;
    let first_parameter = highest_parameter(sql) + 1;
    let mut rest = sql;
    while let Some((before, after)) = split_at(rest, "rows(") {
        let (inside, tail) =
            after.split_once(')').ok_or_else(|| Fault::internal(format!("rows( is not closed in: {sql}")))?;
        let found = parse_columns(inside).ok_or_else(|| {
            Fault::internal(format!("rows({inside}) is not a list of names and types in: {sql}"))
        })?;
        text.push_str(before);
        write_set(&mut text, &found, first_parameter, dialect);
        if columns.get_or_insert_with(|| found.clone()) != &found {
            return Err(Fault::internal(format!("a statement can bind only one set: {sql}")));
        }
        rest = tail;
    }
    text.push_str(rest);
    if dialect == Dialect::Sqlite {
        text = without_row_locks(&text);
    }
    let columns = columns.unwrap_or_default().into_iter().map(|(_, ty)| ty).collect::<Vec<_>>();
    // Leaked on purpose: there are as many as the program has statements, and prepared statements want them static.
    Ok(Prepared { sql: text.leak(), columns: columns.leak() })
}

/// Writes the columns where `columns(alias)` stands: `alias.name, …`, except for those that name another table.
fn with_columns(sql: &str, columns: &[&str]) -> Result<String, Fault> {
    let mut text = String::with_capacity(sql.len() + 128);
    let mut rest = sql;
    while let Some((before, after)) = split_at(rest, "columns(") {
        let (alias, tail) = after
            .split_once(')')
            .ok_or_else(|| Fault::internal(format!("columns( is not closed in: {sql}")))?;
        if columns.is_empty() {
            return Err(Fault::internal(format!("nothing says what columns({alias}) stands for in: {sql}")));
        }
        let list: Vec<_> = columns
            .iter()
            .map(|name| {
                if alias.is_empty() || name.contains('.') {
                    (*name).to_owned()
                } else {
                    format!("{alias}.{name}")
                }
            })
            .collect();
        text.push_str(before);
        text.push_str(&list.join(", "));
        rest = tail;
    }
    text.push_str(rest);
    Ok(text)
}

/// What stands before and after the first `opening` that begins a word.
fn split_at<'s>(sql: &'s str, opening: &str) -> Option<(&'s str, &'s str)> {
    sql.match_indices(opening).find_map(|(at, matched)| {
        let (before, after) = sql.split_at(at);
        let starts_word =
            before.chars().next_back().is_none_or(|letter| !letter.is_alphanumeric() && letter != '_');
        starts_word.then(|| (before, after.get(matched.len()..).unwrap_or_default()))
    })
}

fn parse_columns(inside: &str) -> Option<Vec<(&str, Type)>> {
    inside
        .split(',')
        .map(|column| {
            let (name, ty) = column.trim().split_once(' ')?;
            Some((name, parse_type(ty.trim())?))
        })
        .collect()
}

/// The types, as `rows(…)` writes them.
const TYPES: [(&str, Type); 6] = [
    ("uuid", Type::Uuid),
    ("int", Type::Int),
    ("text", Type::Text),
    ("bool", Type::Bool),
    ("time", Type::Time),
    ("bytes", Type::Bytes),
];

fn parse_type(word: &str) -> Option<Type> {
    TYPES.iter().find(|(known, _)| *known == word).map(|(_, ty)| *ty)
}

/// The type as `rows(…)` writes it.
pub(crate) fn type_word(ty: Type) -> &'static str {
    TYPES.iter().find(|(_, known)| *known == ty).map_or("", |(word, _)| word)
}

fn postgres_array(ty: Type) -> &'static str {
    match ty {
        Type::Uuid => "uuid[]",
        Type::Int => "bigint[]",
        Type::Text => "text[]",
        Type::Bool => "boolean[]",
        Type::Time => "timestamptz[]",
        Type::Bytes => "bytea[]",
    }
}

fn highest_parameter(sql: &str) -> usize {
    let number = |after: &str| {
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        after.get(..digits).and_then(|digits| digits.parse().ok())
    };
    sql.split('$').skip(1).filter_map(number).max().unwrap_or(0)
}

fn write_set(text: &mut String, columns: &[(&str, Type)], first_parameter: usize, dialect: Dialect) {
    let list = |part: &dyn Fn(usize, &str, Type) -> String| {
        columns.iter().enumerate().map(|(at, (name, ty))| part(at, name, *ty)).collect::<Vec<_>>().join(", ")
    };
    // Writing to a string cannot fail.
    let _ = match dialect {
        Dialect::Sqlite => {
            let values = list(&|at, name, ty| match ty {
                Type::Uuid | Type::Bytes => format!("unhex(value->>{at}) AS {name}"),
                _ => format!("value->>{at} AS {name}"),
            });
            write!(text, "(SELECT {values} FROM json_each(${first_parameter}))")
        }
        Dialect::Postgres => {
            let arrays = list(&|at, _, ty| format!("${}::{}", first_parameter + at, postgres_array(ty)));
            let names = list(&|_, name, _| name.to_owned());
            write!(text, "(SELECT * FROM unnest({arrays}) AS bound ({names}))")
        }
    };
}

/// Cuts `FOR UPDATE [OF name] [SKIP LOCKED]`, which may only end a statement.
fn without_row_locks(sql: &str) -> String {
    sql.split_once("FOR UPDATE").map_or_else(|| sql.to_owned(), |(before, _)| before.trim_end().to_owned())
}

/// The rows bound to a statement, row after row.
#[derive(Debug, Default)]
pub(crate) struct RowSet<'q> {
    values: Vec<Value<'q>>,
}

impl<'q> RowSet<'q> {
    pub(crate) fn values_mut(&mut self) -> &mut Vec<Value<'q>> {
        &mut self.values
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The types of the values, row after row.
    pub(crate) fn types(&self) -> impl Iterator<Item = Type> {
        self.values.iter().map(Value::ty)
    }

    /// The rows, once it is certain that they have the declared columns.
    pub(crate) fn rows(&self, columns: &[Type]) -> Result<impl Iterator<Item = &[Value<'q>]>, Fault> {
        let width = columns.len().max(1);
        let fits = |row: &[Value<'_>]| {
            row.len() == width && row.iter().zip(columns).all(|(value, ty)| value.ty() == *ty)
        };
        if self.values.chunks(width).all(fits) {
            Ok(self.values.chunks(width))
        } else {
            Err(Fault::internal(format!("the bound rows do not have the declared columns {columns:?}")))
        }
    }

    /// `[["68656c6c6f", 1], …]`, as `json_each` reads it.
    pub(crate) fn to_json(&self, columns: &[Type]) -> Result<String, Fault> {
        let mut json = String::with_capacity(self.values.len() * 16 + 2);
        json.push('[');
        for (index, row) in self.rows(columns)?.enumerate() {
            json.push_str(if index == 0 { "[" } else { ",[" });
            for (at, value) in row.iter().enumerate() {
                if at > 0 {
                    json.push(',');
                }
                push_json(&mut json, value)?;
            }
            json.push(']');
        }
        json.push(']');
        Ok(json)
    }
}

fn push_json(json: &mut String, value: &Value<'_>) -> Result<(), Fault> {
    let written = match value {
        Value::Uuid(Some(uuid)) => write!(json, "\"{}\"", uuid.as_simple()),
        Value::Int(Some(number)) => write!(json, "{number}"),
        Value::Time(Some(time)) => write!(json, "{}", time.as_micros()),
        Value::Bool(Some(yes)) => write!(json, "{}", i32::from(*yes)),
        Value::Bytes(Some(bytes)) => write!(json, "\"{}\"", message::hex(bytes)),
        Value::Text(Some(text)) => {
            json.push_str(&serde_json::to_string(text.as_ref()).map_err(Fault::internal)?);
            Ok(())
        }
        _ => {
            json.push_str("null");
            Ok(())
        }
    };
    written.map_err(Fault::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQL: &str = "SELECT s.a FROM stock s JOIN rows(id uuid, n int) AS r ON r.id = s.id WHERE s.x > $1 FOR UPDATE OF s";

    #[test]
    fn a_set_is_json_on_sqlite() {
        let prepared = prepare(SQL, &[], Dialect::Sqlite).unwrap();
        assert_eq!(
            prepared.sql,
            "SELECT s.a FROM stock s JOIN (SELECT unhex(value->>0) AS id, value->>1 AS n FROM json_each($2)) AS r \
             ON r.id = s.id WHERE s.x > $1"
        );
        assert_eq!(prepared.columns, [Type::Uuid, Type::Int]);
    }

    #[test]
    fn a_set_is_arrays_on_postgresql() {
        let prepared = prepare(SQL, &[], Dialect::Postgres).unwrap();
        assert_eq!(
            prepared.sql,
            "SELECT s.a FROM stock s JOIN (SELECT * FROM unnest($2::uuid[], $3::bigint[]) AS bound (id, n)) AS r \
             ON r.id = s.id WHERE s.x > $1 FOR UPDATE OF s"
        );
    }

    #[test]
    fn a_word_that_ends_in_rows_is_left_alone() {
        let sql = "SELECT count_rows(a) FROM t";
        assert_eq!(prepare(sql, &[], Dialect::Sqlite).unwrap().sql, sql);
    }

    #[test]
    fn columns_stand_under_their_table() {
        let sql = "SELECT columns(b), r.n FROM boat b JOIN person ON true";
        let written = with_columns(sql, &["id", "name", "person.owner"]).unwrap();
        assert_eq!(written, "SELECT b.id, b.name, person.owner, r.n FROM boat b JOIN person ON true");
        let sql = "SELECT columns() FROM boat";
        assert_eq!(with_columns(sql, &["id", "name"]).unwrap(), "SELECT id, name FROM boat");
        assert_eq!(prepare(sql, &["name"], Dialect::Sqlite).unwrap().sql, "SELECT name FROM boat");
        assert_eq!(prepare(sql, &["id"], Dialect::Sqlite).unwrap().sql, "SELECT id FROM boat");
        assert!(prepare(sql, &[], Dialect::Sqlite).unwrap_err().to_string().contains("columns()"));
    }

    #[test]
    fn mistakes_are_named() {
        for sql in ["SELECT * FROM rows(id)", "SELECT * FROM rows(id money)", "SELECT * FROM rows(id int"] {
            assert!(prepare(sql, &[], Dialect::Sqlite).unwrap_err().to_string().contains("rows("), "{sql}");
        }
        let mut set = RowSet::default();
        set.values_mut().extend([Value::Int(Some(1)), Value::Text(None)]);
        assert!(set.to_json(&[Type::Int, Type::Int]).is_err());
        assert_eq!(set.to_json(&[Type::Int, Type::Text]).unwrap(), "[[1,null]]");
    }
}
