//! SQLite: files, one writer, and checkpoints outside of the writer's path.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use message::Fault;
use sqlx::{
    Row as _, SqlitePool,
    pool::PoolOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use crate::{
    PoolSizes,
    db::{ACQUIRE_TIMEOUT, Pools},
    fault::fault,
};

/// In bytes. A shorter log file needs no checkpoint.
const WORTH_IT: u64 = 4 << 20;

/// In pages: a longer log (32 MiB) must be restarted. In portions of this size, a checkpoint delays the writer only
/// shortly.
const TOO_LONG: i64 = 8192;

const CHECKPOINT_PAUSE: Duration = Duration::from_millis(500);

pub(crate) async fn open(folder: &Path, service: &'static str, sizes: PoolSizes) -> Result<Pools, Fault> {
    std::fs::create_dir_all(folder).map_err(|error| {
        Fault::internal(format!("the data folder {} cannot be created: {error}", folder.display()))
    })?;
    let options = SqliteConnectOptions::new()
        .filename(folder.join(format!("{service}.db")))
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5))
        .statement_cache_capacity(256)
        .pragma("cache_size", "-8000")
        .pragma("temp_store", "MEMORY")
        .pragma("wal_autocheckpoint", "0")
        .pragma("journal_size_limit", "67108864");
    let writer = PoolOptions::new()
        .max_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options.clone().create_if_missing(true))
        .await
        .map_err(fault)?;
    let readers = PoolOptions::new()
        .max_connections(sizes.sqlite_readers)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .connect_lazy_with(options.read_only(true));
    Ok(Pools::Sqlite { writer, readers })
}

/// Copies the log back into the database over its own connection, until the database is closed.
pub(crate) fn checkpoint_in_background(writer: SqlitePool, service: &'static str) {
    tokio::spawn(async move {
        let options = writer.connect_options();
        let wal = wal_path(options.get_filename());
        let pool: SqlitePool = PoolOptions::new().max_connections(1).connect_lazy_with((*options).clone());
        while !writer.is_closed() {
            tokio::time::sleep(CHECKPOINT_PAUSE).await;
            // The file keeps its length when the log restarts, so only a long file may have content.
            if wal_length(&wal) < WORTH_IT {
                continue;
            }
            if let Err(error) = checkpoint(&pool, &writer).await
                && !writer.is_closed()
            {
                tracing::warn!(service, %error, "a checkpoint failed");
            }
        }
        pool.close().await;
    });
}

/// Copies while the writer continues. Under steady writing that never reaches the end of the log, and the log grows. A
/// long log is copied once more while the writer waits, which takes as long as the writes in between.
async fn checkpoint(pool: &SqlitePool, writer: &SqlitePool) -> Result<(), sqlx::Error> {
    let copied = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").fetch_one(pool).await?;
    let (pages, done): (i64, i64) = (copied.try_get(1)?, copied.try_get(2)?);
    if pages > TOO_LONG && done < pages {
        let mut writer = writer.acquire().await?;
        sqlx::query("PRAGMA wal_checkpoint(RESTART)").execute(&mut *writer).await?;
    }
    Ok(())
}

fn wal_path(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

fn wal_length(wal: &Path) -> u64 {
    std::fs::metadata(wal).map_or(0, |data| data.len())
}
