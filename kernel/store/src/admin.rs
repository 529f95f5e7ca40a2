//! Administration: creating and dropping PostgreSQL databases, and listing tables.

use std::collections::BTreeMap;

use message::Fault;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use crate::{Db, Dialect, fault::fault, query};

/// The tables of a service's database by name, each with its columns by name.
pub type Tables = BTreeMap<String, BTreeMap<String, TableColumn>>;

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableColumn {
    /// The type as it was declared: `bigint`, `BLOB`.
    pub ty: String,
    /// Whether it can be null.
    pub nullable: bool,
}

/// Lists the tables of `db`, including the kernel's.
pub async fn tables(db: &Db) -> Result<Tables, Fault> {
    let sql = match db.dialect() {
        Dialect::Sqlite => {
            r#"SELECT t.name AS table_name, c.name AS column_name, c.type AS ty,
                      c."notnull" = 0 AND c.pk = 0 AS nullable
               FROM sqlite_schema AS t JOIN pragma_table_info(t.name) AS c
               WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\_%' ESCAPE '\'"#
        }
        Dialect::Postgres => {
            "SELECT CAST(table_name AS text) AS table_name, CAST(column_name AS text) AS column_name,
                    CAST(data_type AS text) AS ty, is_nullable = 'YES' AS nullable
             FROM information_schema.columns WHERE table_schema = current_schema()"
        }
    };
    let columns: Vec<(String, String, TableColumn)> = query(sql)
        .fetch_all(db, |row| {
            let column = TableColumn { ty: row.get("ty")?, nullable: row.get("nullable")? };
            Ok((row.get("table_name")?, row.get("column_name")?, column))
        })
        .await?;
    let mut tables = Tables::new();
    for (table, name, column) in columns {
        tables.entry(table).or_default().insert(name, column);
    }
    Ok(tables)
}

/// Creates the database `name`, over a connection to another database of the same server.
pub async fn create_database(server: &str, name: &str) -> Result<(), Fault> {
    run(server, format!("CREATE DATABASE {}", quoted(name))).await
}

/// Drops the database `name` and disconnects its clients.
pub async fn drop_database(server: &str, name: &str) -> Result<(), Fault> {
    run(server, format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quoted(name))).await
}

async fn run(server: &str, sql: String) -> Result<(), Fault> {
    let mut connection = PgConnection::connect(server).await.map_err(fault)?;
    connection.execute(AssertSqlSafe(sql)).await.map_err(fault)?;
    connection.close().await.map_err(fault)
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
