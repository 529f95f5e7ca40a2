//! Making and dropping whole PostgreSQL databases: for tests, benchmarks and first installations.

use message::Fault;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use crate::fault::fault;

/// Makes the database `name`, over a connection to another database of the same server.
pub async fn create_database(server: &str, name: &str) -> Result<(), Fault> {
    run(server, format!("CREATE DATABASE {}", quoted(name))).await
}

/// Drops the database `name` with all that it holds, ending whoever is connected to it.
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
