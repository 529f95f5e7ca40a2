//! A guard of debug builds: on SQLite, the rows bound to a statement drive it.
//!
//! SQLite chooses the order of a join without knowing how many rows a table has. Where it puts the table outside, it reads
//! the bound JSON again for each row of the table: a batch of 500 in a table of 10,000 rows takes seconds instead of a
//! millisecond. The choice does not depend on the data, so any test that runs a statement once finds it.

use std::{
    collections::HashSet,
    sync::{LazyLock, Mutex, PoisonError},
};

use message::Fault;
use sqlx::{AssertSqlSafe, Executor as _, Row as _, SqliteConnection, sqlite::SqliteArguments};

use crate::fault::fault;

/// Fails if SQLite would read the bound rows once for each row of something else. Looks at each statement once.
pub(crate) async fn check(
    connection: &mut SqliteConnection,
    sql: &'static str,
    arguments: SqliteArguments,
) -> Result<(), Fault> {
    static SEEN: LazyLock<Mutex<HashSet<&'static str>>> = LazyLock::new(Mutex::default);
    if !SEEN.lock().unwrap_or_else(PoisonError::into_inner).insert(sql) {
        return Ok(());
    }
    let explain = sqlx::query_with(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")), arguments);
    let steps = connection.fetch_all(explain).await.map_err(fault)?;
    let steps = steps
        .iter()
        .map(|row| Ok(Step { id: row.try_get(0)?, parent: row.try_get(1)?, what: row.try_get(3)? }));
    let steps = steps.collect::<Result<Vec<_>, sqlx::Error>>().map_err(fault)?;
    if reads_rows_again_and_again(&steps) {
        let plan: Vec<_> = steps.iter().map(|step| step.what.as_str()).collect();
        return Err(Fault::internal(format!(
            "SQLite would read the bound rows once for each row of a table ({}): {sql}",
            plan.join("; ")
        )));
    }
    Ok(())
}

/// A step of a query plan.
struct Step {
    id: i64,
    parent: i64,
    what: String,
}

fn reads_rows_again_and_again(steps: &[Step]) -> bool {
    steps.iter().enumerate().filter(|(_, step)| step.what.starts_with("SCAN json_each")).any(|(at, step)| {
        let is_inner = steps.iter().take(at).any(|outer| {
            outer.parent == step.parent
                && (outer.what.starts_with("SCAN ") || outer.what.starts_with("SEARCH "))
        });
        is_inner || is_correlated(steps, step.parent)
    })
}

fn is_correlated(steps: &[Step], id: i64) -> bool {
    steps
        .iter()
        .find(|step| step.id == id)
        .is_some_and(|step| step.what.starts_with("CORRELATED") || is_correlated(steps, step.parent))
}
