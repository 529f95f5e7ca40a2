//! Requests that are handled together: while one batch is handled, the next gathers.
//!
//! Only what must happen one batch after another happens in the batch's task. Requests are read, and answers written,
//! in the tasks of their callers, on all cores.

use std::{panic::AssertUnwindSafe, sync::Arc};

use bytes::Bytes;
use futures::{FutureExt as _, future::BoxFuture};
use message::{Envelope, Fault, Headers, Kind, Request, Timestamp, to_json};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use crate::{
    Cx, Incoming,
    cx::Core,
    service::{Starter, panic_text},
    spans,
};

/// How much is taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchLimits {
    /// How many requests may wait; one more is told to come back.
    pub queue: usize,
    /// How many requests are handled together at most.
    pub batch: usize,
}

/// The requests that are handled together, in the order of their arrival.
pub type Batch<R> = Arc<[Incoming<R>]>;

/// What a request is answered with.
pub(crate) type Answer<R> = Result<<R as Request>::Reply, <R as Request>::Error>;

pub(crate) type BatchHandler<S, R> =
    Arc<dyn Fn(Cx<S>, Batch<R>) -> BoxFuture<'static, Result<Vec<Answer<R>>, Fault>> + Send + Sync>;

/// Where requests wait for the next batch.
pub(crate) struct Queue<R: Request>(mpsc::Sender<Waiting<R>>);

struct Waiting<R: Request> {
    request: Incoming<R>,
    deadline: Option<Timestamp>,
    answer: oneshot::Sender<Result<Answer<R>, Fault>>,
}

impl<R: Request> Queue<R> {
    /// Waits in the queue and for the answer; a full queue refuses at once.
    pub(crate) fn ask(&self, envelope: &Envelope) -> BoxFuture<'static, Result<Bytes, Fault>> {
        let answered = self.enter(envelope);
        Box::pin(async move {
            let answer = answered?.await.map_err(|_| Fault::unavailable("the service is stopping"))?;
            to_json(&answer?)
        })
    }

    fn enter(&self, envelope: &Envelope) -> Result<oneshot::Receiver<Result<Answer<R>, Fault>>, Fault> {
        let (answer, answered) = oneshot::channel();
        let request = Incoming { headers: envelope.follow_up(), body: envelope.open()? };
        let waiting = Waiting { request, deadline: envelope.headers.deadline, answer };
        match self.0.try_send(waiting) {
            Ok(()) => Ok(answered),
            Err(mpsc::error::TrySendError::Full(_)) => Err(Fault::new(Kind::Busy, "the queue is full")),
            Err(mpsc::error::TrySendError::Closed(_)) => Err(Fault::unavailable("the service is stopping")),
        }
    }
}

pub(crate) fn start<S: Send + Sync + 'static, R: Request + Clone>(
    core: Arc<Core<S>>,
    limits: BatchLimits,
    handler: BatchHandler<S, R>,
    starter: &mut Starter,
) -> Queue<R> {
    let (sender, receiver) = mpsc::channel(limits.queue);
    starter.parts.push(Box::new(move |stop| Box::pin(work(core, limits, handler, receiver, stop))));
    Queue(sender)
}

/// Handles batch after batch; once stopped, what waits is still handled and nothing more is taken in.
async fn work<S: Send + Sync + 'static, R: Request + Clone>(
    core: Arc<Core<S>>,
    limits: BatchLimits,
    handler: BatchHandler<S, R>,
    mut queue: mpsc::Receiver<Waiting<R>>,
    stop: CancellationToken,
) {
    let sizes =
        metrics::histogram!("bus_request_batch_size", "service" => core.service, "message" => R::NAME);
    let mut waiting = Vec::with_capacity(limits.batch);
    loop {
        let received = tokio::select! {
            received = queue.recv_many(&mut waiting, limits.batch) => received,
            () = stop.cancelled(), if !queue.is_closed() => {
                queue.close();
                continue;
            }
        };
        if received == 0 {
            return;
        }
        sizes.record(f64::from(u32::try_from(received).unwrap_or(u32::MAX)));
        let now = core.bus.now();
        let is_late = |waiting: &mut Waiting<R>| waiting.deadline.is_some_and(|deadline| deadline <= now);
        for late in waiting.extract_if(.., is_late) {
            // A caller that went away has lost nothing but the answer; here and below.
            let _ =
                late.answer.send(Err(Fault::new(Kind::Timeout, "the queue was longer than the deadline")));
        }
        let (requests, callers): (Vec<_>, Vec<_>) =
            waiting.drain(..).map(|waiting| (waiting.request, waiting.answer)).unzip();
        let answers = handle(&core, &handler, requests.into()).await;
        for (caller, answer) in callers.into_iter().zip(answers) {
            let _ = caller.send(answer);
        }
    }
}

/// The answers to `requests`, in their order. A batch that fails for good is handled again in halves, down to one.
fn handle<'a, S: Send + Sync + 'static, R: Request + Clone>(
    core: &'a Arc<Core<S>>,
    handler: &'a BatchHandler<S, R>,
    requests: Batch<R>,
) -> BoxFuture<'a, Vec<Result<Answer<R>, Fault>>> {
    Box::pin(async move {
        let count = requests.len();
        if count == 0 {
            return Vec::new();
        }
        let fault = match handle_together(core, handler, &requests).await {
            Ok(answers) if answers.len() == count => return answers.into_iter().map(Ok).collect(),
            Ok(answers) => {
                let fault = format!("{} gave {} answers to {count} requests", R::NAME, answers.len());
                return repeat(&Fault::internal(fault), count);
            }
            Err(fault) => fault,
        };
        // It is not one bad request when the database is away: to try each half, and wait for each, would only keep the
        // queue waiting long after all these callers have gone.
        if count == 1 || fault.is_transient() {
            return repeat(&fault, count);
        }
        tracing::warn!(service = core.service, message = R::NAME, count, error = %fault, "a batch failed; trying its halves");
        let (first, second) = requests.split_at(count / 2);
        let mut answers = handle(core, handler, first.into()).await;
        answers.extend(handle(core, handler, second.into()).await);
        answers
    })
}

async fn handle_together<S: Send + Sync + 'static, R: Request>(
    core: &Arc<Core<S>>,
    handler: &BatchHandler<S, R>,
    requests: &Batch<R>,
) -> Result<Vec<Answer<R>>, Fault> {
    let headers = match requests.as_ref() {
        [only] => only.headers.clone(),
        _ => Headers::new(core.bus.correlation()),
    };
    let cx = Cx::new(Arc::clone(core), headers);
    let span = spans::together(core.service, R::NAME, requests.iter().map(|request| &request.headers));
    let handled = AssertUnwindSafe(handler(cx, Arc::clone(requests))).catch_unwind().instrument(span).await;
    handled.unwrap_or_else(|panic| {
        let panic = panic_text(panic.as_ref());
        tracing::error!(service = core.service, message = R::NAME, panic, "a batch panicked");
        Err(Fault::internal(format!("a handler of {} panicked", core.service)))
    })
}

fn repeat<T>(fault: &Fault, count: usize) -> Vec<Result<T, Fault>> {
    (0..count).map(|_| Err(fault.clone())).collect()
}
