//! Statements.

use futures::TryStreamExt as _;
use message::{Fault, Kind, Value, trace, value::Type};
use sqlx::{
    Arguments as _, Executor, PgConnection, SqliteConnection, postgres::PgArguments, sqlite::SqliteArguments,
};
use tokio::time::Instant;
use tracing::{Instrument as _, Span};

use crate::{
    Dialect, Row, RowValues, Tx,
    db::{Db, Pools},
    fault::fault,
    pg_time::PgTime,
    postgres::{Cluster, Node},
    row::Answer,
    rows::{Prepared, RowSet, prepare},
};

/// A statement with its values; made by [`query`].
#[derive(Debug)]
pub struct Query<'q> {
    sql: &'static str,
    /// What `columns(…)` stands for.
    columns: &'static [&'static str],
    values: Vec<Value<'q>>,
    set: RowSet<'q>,
}

/// A statement that both databases understand; see the crate's documentation.
pub fn query<'q>(sql: &'static str) -> Query<'q> {
    Query { sql, columns: &[], values: Vec::new(), set: RowSet::default() }
}

/// Where a statement runs: on a connection of its own, or inside a transaction.
pub enum On<'a> {
    /// A read, outside of any transaction.
    Db(&'a Db),
    /// Inside this transaction.
    Tx(&'a mut Tx),
}

impl On<'_> {
    /// The same place, for one of several statements.
    pub fn reborrow(&mut self) -> On<'_> {
        match self {
            On::Db(db) => On::Db(db),
            On::Tx(tx) => On::Tx(tx),
        }
    }
}

impl<'a> From<&'a Db> for On<'a> {
    fn from(db: &'a Db) -> Self {
        Self::Db(db)
    }
}

impl<'a> From<&'a mut Tx> for On<'a> {
    fn from(tx: &'a mut Tx) -> Self {
        Self::Tx(tx)
    }
}

impl<'q> Query<'q> {
    /// Binds the next of `$1`, `$2`, …
    #[must_use]
    pub fn bind(mut self, value: impl Into<Value<'q>>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Binds the set that `rows(…)` stands for.
    #[must_use]
    pub fn rows<R: RowValues<'q>>(mut self, rows: impl IntoIterator<Item = R>) -> Self {
        for row in rows {
            row.append_to(self.set.values_mut());
        }
        self
    }

    /// Says which columns `columns(…)` stands for.
    #[must_use]
    pub(crate) fn reading(self, columns: &'static [&'static str]) -> Self {
        Self { columns, ..self }
    }

    /// Binds the whole set at once.
    #[must_use]
    pub(crate) fn row_set(self, set: RowSet<'q>) -> Self {
        Self { set, ..self }
    }

    /// Runs it and returns how many rows it changed.
    pub async fn execute(self, tx: &mut Tx) -> Result<u64, Fault> {
        let span = span(self.sql, tx.db());
        self.run(tx).instrument(span).await
    }

    async fn run(self, tx: &mut Tx) -> Result<u64, Fault> {
        let prepared = prepare(self.sql, self.columns, tx.db().dialect())?;
        match tx.connection() {
            Connection::Sqlite(connection) => {
                self.check_plan(connection, prepared).await?;
                let query = sqlx::query_with(prepared.sql, self.sqlite_arguments(prepared)?);
                Ok(connection.execute(query).await.map_err(fault)?.rows_affected())
            }
            Connection::Postgres(node, connection) => {
                let query = sqlx::query_with(prepared.sql, self.postgres_arguments(prepared)?);
                Ok(node.run(connection.execute(query)).await?.rows_affected())
            }
        }
    }

    /// Runs it and reads every row of its answer.
    pub async fn fetch_all<'a, T>(
        self,
        on: impl Into<On<'a>>,
        read: impl FnMut(&Row) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        self.rows_of(on.into()).await?.iter().map(read).collect()
    }

    /// Runs it and reads the first row of its answer, if there is one.
    pub async fn fetch_optional<'a, T>(
        self,
        on: impl Into<On<'a>>,
        read: impl FnOnce(&Row) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        self.rows_of(on.into()).await?.first().map(read).transpose()
    }

    /// Runs it and reads the one row of its answer.
    pub async fn fetch_one<'a, T>(
        self,
        on: impl Into<On<'a>>,
        read: impl FnOnce(&Row) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let sql = self.sql;
        self.fetch_optional(on, read)
            .await?
            .ok_or_else(|| Fault::internal(format!("no row came from: {sql}")))
    }

    async fn rows_of(self, on: On<'_>) -> Result<Vec<Row>, Fault> {
        let db = match &on {
            On::Db(db) => db,
            On::Tx(tx) => tx.db(),
        };
        let span = span(self.sql, db);
        self.fetch(on).instrument(span).await
    }

    async fn fetch(self, on: On<'_>) -> Result<Vec<Row>, Fault> {
        match on {
            On::Tx(tx) => {
                let prepared = prepare(self.sql, self.columns, tx.db().dialect())?;
                match tx.connection() {
                    Connection::Sqlite(connection) => self.fetch_sqlite(connection, prepared).await,
                    Connection::Postgres(node, connection) => {
                        self.fetch_postgres(node, connection, prepared).await
                    }
                }
            }
            On::Db(db) => {
                let prepared = prepare(self.sql, self.columns, db.dialect())?;
                match db.pools() {
                    Pools::Sqlite { readers, .. } => {
                        let asked_at = Instant::now();
                        let mut connection = readers.acquire().await.map_err(fault)?;
                        db.waited_since(asked_at);
                        self.fetch_sqlite(&mut connection, prepared).await
                    }
                    Pools::Postgres(cluster) => self.read(db, cluster, prepared).await,
                }
            }
        }
    }

    /// Reads outside of a transaction: from a replica if the caller accepts one; a second time if the server is unavailable.
    async fn read(&self, db: &Db, cluster: &Cluster, prepared: Prepared) -> Result<Vec<Row>, Fault> {
        if let Some(node) = cluster.replicas().fresh().filter(|_| db.reads_replicas()) {
            let service = db.service();
            match self.read_on(&node, prepared).await {
                Ok(rows) => {
                    metrics::counter!("store_replica_reads_total", "service" => service).increment(1);
                    return Ok(rows);
                }
                Err(error) => tracing::warn!(service, %error, "a replica failed; the primary is asked"),
            }
        }
        match self.read_on_primary(db, cluster, prepared).await? {
            Err(fault) if fault.kind() == Kind::Unavailable => {
                self.read_on_primary(db, cluster, prepared).await?
            }
            done => done,
        }
    }

    async fn read_on(&self, replica: &Node, prepared: Prepared) -> Result<Vec<Row>, Fault> {
        let mut connection = replica.run(replica.pool().acquire()).await?;
        self.fetch_postgres(replica, &mut connection, prepared).await
    }

    /// Fails outside if there is no connection to be had, inside if the read fails.
    async fn read_on_primary(
        &self,
        db: &Db,
        cluster: &Cluster,
        prepared: Prepared,
    ) -> Result<Result<Vec<Row>, Fault>, Fault> {
        let asked_at = Instant::now();
        let (node, mut connection) = cluster.acquire().await?;
        db.waited_since(asked_at);
        Ok(self.fetch_postgres(&node, &mut connection, prepared).await)
    }

    async fn fetch_sqlite(
        &self,
        connection: &mut SqliteConnection,
        prepared: Prepared,
    ) -> Result<Vec<Row>, Fault> {
        self.check_plan(connection, prepared).await?;
        let query = sqlx::query_with(prepared.sql, self.sqlite_arguments(prepared)?);
        connection.fetch(query).map_ok(|row| Row(Answer::Sqlite(row))).try_collect().await.map_err(fault)
    }

    async fn fetch_postgres(
        &self,
        node: &Node,
        connection: &mut PgConnection,
        prepared: Prepared,
    ) -> Result<Vec<Row>, Fault> {
        let query = sqlx::query_with(prepared.sql, self.postgres_arguments(prepared)?);
        node.run(connection.fetch(query).map_ok(|row| Row(Answer::Postgres(row))).try_collect()).await
    }

    /// See [`crate::plan`].
    #[cfg(debug_assertions)]
    async fn check_plan(&self, connection: &mut SqliteConnection, prepared: Prepared) -> Result<(), Fault> {
        if prepared.columns.is_empty() {
            return Ok(());
        }
        crate::plan::check(connection, prepared.sql, self.sqlite_arguments(prepared)?).await
    }

    #[cfg(not(debug_assertions))]
    #[expect(clippy::unused_async, clippy::unused_self, reason = "as in debug builds")]
    async fn check_plan(&self, _: &mut SqliteConnection, _: Prepared) -> Result<(), Fault> {
        Ok(())
    }

    fn sqlite_arguments(&self, prepared: Prepared) -> Result<SqliteArguments, Fault> {
        let mut arguments = SqliteArguments::default();
        for value in &self.values {
            add_to_sqlite(&mut arguments, value)?;
        }
        if !prepared.columns.is_empty() {
            arguments.add(self.set.to_json(prepared.columns)?).map_err(Fault::internal)?;
        }
        Ok(arguments)
    }

    fn postgres_arguments(&self, prepared: Prepared) -> Result<PgArguments, Fault> {
        let mut arguments = PgArguments::default();
        for value in &self.values {
            add_to_postgres(&mut arguments, value)?;
        }
        if prepared.columns.is_empty() {
            return Ok(arguments);
        }
        let rows: Vec<_> = self.set.rows(prepared.columns)?.collect();
        for (at, ty) in prepared.columns.iter().enumerate() {
            add_column(&mut arguments, *ty, rows.iter().filter_map(|row| row.get(at)))?;
        }
        Ok(arguments)
    }
}

/// The span of one statement, if it runs within a trace; jobs have none.
fn span(sql: &'static str, db: &Db) -> Span {
    if !trace::is_within() {
        return Span::none();
    }
    let verb = sql.split_whitespace().next().unwrap_or_default();
    let system = match db.dialect() {
        Dialect::Sqlite => "sqlite",
        Dialect::Postgres => "postgresql",
    };
    tracing::debug_span!(
        target: trace::TARGET, "sql", otel.name = %format_args!("{verb} {}", db.service()), otel.kind = "client",
        db.system.name = system, db.namespace = db.service(), db.operation.name = verb, db.query.text = sql,
    )
}

pub(crate) enum Connection<'a> {
    Sqlite(&'a mut SqliteConnection),
    Postgres(&'a Node, &'a mut PgConnection),
}

fn add_to_sqlite(arguments: &mut SqliteArguments, value: &Value<'_>) -> Result<(), Fault> {
    match value {
        Value::Uuid(value) => arguments.add(*value),
        Value::Int(value) => arguments.add(*value),
        Value::Text(value) => arguments.add(value.as_deref().map(str::to_owned)),
        Value::Bool(value) => arguments.add(*value),
        Value::Time(value) => arguments.add(value.map(message::Timestamp::as_micros)),
        Value::Bytes(value) => arguments.add(value.as_deref().map(<[u8]>::to_vec)),
    }
    .map_err(Fault::internal)
}

fn add_to_postgres(arguments: &mut PgArguments, value: &Value<'_>) -> Result<(), Fault> {
    match value {
        Value::Uuid(value) => arguments.add(*value),
        Value::Int(value) => arguments.add(*value),
        Value::Text(value) => arguments.add(value.as_deref()),
        Value::Bool(value) => arguments.add(*value),
        Value::Time(value) => arguments.add(value.map(PgTime)),
        Value::Bytes(value) => arguments.add(value.as_deref()),
    }
    .map_err(Fault::internal)
}

fn add_column<'v>(
    arguments: &mut PgArguments,
    ty: Type,
    values: impl Iterator<Item = &'v Value<'v>>,
) -> Result<(), Fault> {
    macro_rules! column {
        ($variant:ident, $read:expr) => {
            arguments.add(
                values
                    .map(|value| match value {
                        Value::$variant(value) => $read(value),
                        _ => None,
                    })
                    .collect::<Vec<_>>(),
            )
        };
    }
    match ty {
        Type::Uuid => column!(Uuid, |value: &Option<uuid::Uuid>| *value),
        Type::Int => column!(Int, |value: &Option<i64>| *value),
        Type::Text => column!(Text, |value: &'v Option<std::borrow::Cow<'_, str>>| value.as_deref()),
        Type::Bool => column!(Bool, |value: &Option<bool>| *value),
        Type::Time => column!(Time, |value: &Option<message::Timestamp>| value.map(PgTime)),
        Type::Bytes => column!(Bytes, |value: &'v Option<std::borrow::Cow<'_, [u8]>>| value.as_deref()),
    }
    .map_err(Fault::internal)
}
