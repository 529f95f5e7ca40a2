//! One run: it waits for its turn, and ends in time or is ended.

use std::{
    panic::AssertUnwindSafe,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures::{FutureExt as _, future::BoxFuture};
use message::{Clock, Timestamp};
use tokio::{
    sync::Semaphore,
    time::{Instant, sleep, timeout},
};

use super::{Outcome, WorkLimits, erased::Effect};
use crate::service::panic_text;

/// How a run ended.
pub(crate) enum Ending {
    /// It returned.
    Answered(Outcome, Option<Effect>),
    /// It panicked, or its time was up.
    Broken(String),
    /// What it needs could not be read, so it never began.
    Unloaded(String),
    /// It can never be read.
    Unreadable(String),
    /// It never began, for it ended its process each time before, at last when it ran alone.
    Deadly,
    /// It never began: its turn did not come in time, or the service is stopping.
    Untried,
}

/// The places of one kind of work.
#[derive(Clone)]
pub(crate) struct Places {
    free: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    limits: WorkLimits,
    clock: Clock,
}

impl Places {
    pub(crate) fn new(limits: WorkLimits, clock: Clock) -> Self {
        let free = Arc::new(Semaphore::new(limits.places.max(1) as usize));
        Self { free, waiting: Arc::default(), limits, clock }
    }

    /// How many wait for a place.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Lets nobody begin any more.
    pub(crate) fn close(&self) {
        self.free.close();
    }

    /// Waits for a place, and holds it until the run ends or turns out to be slow. It does not begin what might not end
    /// before `until`.
    pub(crate) async fn take(
        self,
        until: Timestamp,
        run: BoxFuture<'static, (Outcome, Effect)>,
    ) -> (Ending, Duration) {
        let queued = QueueGuard::new(&self.waiting);
        let place = self.free.acquire().await;
        drop(queued);
        let started = Instant::now();
        let in_time = self.clock.now().after(self.limits.time_out) <= until;
        let (Ok(place), true) = (place, in_time) else { return (Ending::Untried, Duration::ZERO) };
        let mut run = pin!(whole(self.limits.time_out, run));
        let ending = match self.limits.slow_after {
            None => run.await,
            Some(slow_after) => tokio::select! {
                biased;
                ending = &mut run => ending,
                () = sleep(slow_after) => {
                    drop(place);
                    run.await
                }
            },
        };
        (ending, started.elapsed())
    }
}

async fn whole(time_out: Duration, run: BoxFuture<'static, (Outcome, Effect)>) -> Ending {
    match AssertUnwindSafe(timeout(time_out, run)).catch_unwind().await {
        Ok(Ok((outcome, effect))) => Ending::Answered(outcome, Some(effect)),
        Ok(Err(_)) => Ending::Broken(format!("it took longer than {} s", time_out.as_secs_f32())),
        Err(panic) => Ending::Broken(format!("it panicked: {}", panic_text(panic.as_ref()))),
    }
}

/// Counts one that waits, until it is dropped.
struct QueueGuard<'a>(&'a AtomicUsize);

impl<'a> QueueGuard<'a> {
    fn new(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(waiting)
    }
}

impl Drop for QueueGuard<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
