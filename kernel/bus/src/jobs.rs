//! What a service does by itself.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures::{FutureExt as _, future::BoxFuture};
use message::Fault;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{cx::Core, service::panic_text};

/// When a job runs.
#[derive(Debug, Clone)]
pub struct Schedule {
    period: Duration,
}

impl Schedule {
    /// Once per `period`, counted from the end of the last run.
    pub fn every(period: Duration) -> Self {
        Self { period }
    }
}

/// What a job's run came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// There is more to do: run again at once.
    More,
    /// Nothing is left to do for now.
    Done,
}

pub(crate) type Run = Box<dyn Fn(&Arc<Core>) -> BoxFuture<'static, Result<Progress, Fault>> + Send + Sync>;

pub(crate) struct Job {
    pub(crate) name: &'static str,
    pub(crate) schedule: Schedule,
    pub(crate) run: Run,
}

impl Job {
    /// Runs by its schedule until `stop`; a run that fails or panics is logged, and the next comes in its time.
    pub(crate) async fn run(self, core: Arc<Core>, stop: CancellationToken) {
        let (service, job) = (core.service, self.name);
        while !stop.is_cancelled() {
            match AssertUnwindSafe((self.run)(&core)).catch_unwind().await {
                Ok(Ok(Progress::More)) => continue,
                Ok(Ok(Progress::Done)) => {}
                Ok(Err(error)) => {
                    tracing::warn!(service, job, %error, "a job failed; it runs again in its time");
                }
                Err(panic) => {
                    tracing::error!(service, job, panic = panic_text(panic.as_ref()), "a job panicked");
                }
            }
            let _ = stop.run_until_cancelled(sleep(self.schedule.period)).await;
        }
    }
}
