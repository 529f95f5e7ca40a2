//! Checks that both databases have the same tables.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
};

use message::{Clock, IdSource};
use store::{
    Db, Migrations, PoolSizes,
    admin::{TableColumn, Tables, tables},
};

use crate::{TestBackend, run};

/// Applies `migrations` to both databases and compares the results: tables, columns, their types and whether they can
/// be null.
///
/// ```ignore
/// #[test]
/// fn both_databases_have_the_same_tables() {
///     testing::assert_same_tables(product::MIGRATIONS);
/// }
/// ```
///
/// # Panics
///
/// If they differ, with every difference.
pub fn assert_same_tables(migrations: Migrations) {
    let [sqlite, postgres] = TestBackend::both().map(|backend| made(backend, migrations));
    let differences = differences(&sqlite, &postgres);
    assert!(
        differences.is_empty(),
        "the migrations for SQLite and PostgreSQL differ:\n{}",
        differences.join("\n")
    );
}

/// The tables that `migrations` create in an empty database.
fn made(backend: TestBackend, migrations: Migrations) -> Tables {
    let found = Mutex::new(Tables::new());
    run(backend, async |backend: TestBackend| {
        let ids = IdSource::random(Clock::system());
        let db = Db::open(&backend.store(), "tables", migrations, ids, PoolSizes::default())
            .await
            .expect("the migrations pass");
        let tables = tables(&db).await.expect("the tables can be listed");
        db.close().await;
        *found.lock().unwrap_or_else(PoisonError::into_inner) = tables;
    });
    found.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn differences(sqlite: &Tables, postgres: &Tables) -> Vec<String> {
    let [sqlite, postgres] = [sqlite, postgres].map(by_name);
    let names: BTreeSet<_> = sqlite.keys().chain(postgres.keys()).collect();
    let difference = |name: &&(&str, &str)| {
        let (table, column) = *name;
        match (sqlite.get(name), postgres.get(name)) {
            (Some(_), None) => Some(format!("{table}.{column} is only in SQLite")),
            (None, Some(_)) => Some(format!("{table}.{column} is only in PostgreSQL")),
            (Some(lite), Some(full)) if !agree(lite, full) => {
                Some(format!("{table}.{column} is {lite:?} in SQLite and {full:?} in PostgreSQL"))
            }
            _ => None,
        }
    };
    names.iter().filter_map(difference).collect()
}

fn by_name(tables: &Tables) -> BTreeMap<(&str, &str), &TableColumn> {
    tables
        .iter()
        .flat_map(|(table, columns)| {
            columns.iter().map(move |(name, column)| ((table.as_str(), name.as_str()), column))
        })
        .collect()
}

/// Whether the two columns hold the same values, by the table of types in `kernel/store`.
fn agree(sqlite: &TableColumn, postgres: &TableColumn) -> bool {
    let expected = match postgres.ty.as_str() {
        "uuid" | "bytea" => "BLOB",
        "bigint" | "boolean" | "timestamp with time zone" => "INTEGER",
        "text" => "TEXT",
        _ => return false,
    };
    sqlite.ty == expected && sqlite.nullable == postgres.nullable
}

#[cfg(test)]
mod tests {
    use store::Migration;

    use super::*;

    #[test]
    fn the_kernels_own_tables_are_the_same() {
        assert_same_tables(&[]);
    }

    #[test]
    #[should_panic(expected = "the migrations for SQLite and PostgreSQL differ:\n\
        boat.berth is only in SQLite\n\
        boat.crew is TableColumn { ty: \"INTEGER\", nullable: true } in SQLite and \
        TableColumn { ty: \"bigint\", nullable: false } in PostgreSQL\n\
        boat.mast is only in PostgreSQL\n\
        boat.name is TableColumn { ty: \"BLOB\", nullable: false } in SQLite and \
        TableColumn { ty: \"text\", nullable: false } in PostgreSQL")]
    fn every_difference_is_named() {
        assert_same_tables(&[Migration {
            name: "0001_boats",
            sqlite: "CREATE TABLE boat
                (id BLOB NOT NULL PRIMARY KEY, name BLOB NOT NULL, crew INTEGER, berth TEXT NOT NULL)",
            postgres: "CREATE TABLE boat
                (id uuid PRIMARY KEY, name text NOT NULL, crew bigint NOT NULL, mast text NOT NULL)",
        }]);
    }
}
