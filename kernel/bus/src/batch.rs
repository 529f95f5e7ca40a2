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

use crate::{Incoming, cx::Core, parts::Worker, service::panic_text, spans};

/// The limits of a batched request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchLimits {
    /// The largest number of requests that wait; one more gets the fault [`Kind::Busy`].
    pub queue: usize,
    /// The largest number of requests that are handled together.
    pub batch: usize,
}

/// The requests that are handled together, in the order of their arrival.
pub type Batch<R> = Arc<[Incoming<R>]>;

/// The result of a request.
pub(crate) type Answer<R> = Result<<R as Request>::Reply, <R as Request>::Error>;

/// A handler of batches, without the state of its service.
pub(crate) type BatchHandler<R> = Box<
    dyn Fn(&Arc<Core>, Headers, Batch<R>) -> BoxFuture<'static, Result<Vec<Answer<R>>, Fault>> + Send + Sync,
>;

/// The requests that wait for the next batch.
pub(crate) struct Queue<R: Request>(mpsc::Sender<Waiting<R>>);

struct Waiting<R: Request> {
    request: Incoming<R>,
    deadline: Option<Timestamp>,
    answer: oneshot::Sender<Result<Answer<R>, Fault>>,
}

/// What a review makes of a refusal; see [`crate::Router::on_batch_reviewed`].
#[derive(Debug)]
pub enum Review<E> {
    /// This is the answer.
    Stands(E),
    /// The request is handled once more, and that answer stands.
    Again,
}

/// Looks into a refusal outside of the batch.
pub(crate) type Reviewer<R> = Box<
    dyn Fn(&Arc<Core>, Headers, <R as Request>::Error) -> BoxFuture<'static, Review<<R as Request>::Error>>
        + Send
        + Sync,
>;

impl<R: Request> Queue<R> {
    /// Queues a request and waits for its answer. A full queue refuses it at once.
    pub(crate) fn ask(&self, envelope: &Envelope) -> BoxFuture<'static, Result<Bytes, Fault>> {
        let answered = self.enter(envelope);
        Box::pin(async move { to_json(&received(answered).await?) })
    }

    /// The same, but a refusal is reviewed before it is the answer.
    pub(crate) fn ask_reviewed(
        self: &Arc<Self>,
        core: &Arc<Core>,
        envelope: Envelope,
        reviewer: &Arc<Reviewer<R>>,
    ) -> BoxFuture<'static, Result<Bytes, Fault>> {
        let answered = self.enter(&envelope);
        let (queue, core, reviewer) = (Arc::clone(self), Arc::clone(core), Arc::clone(reviewer));
        Box::pin(async move {
            let answer = match received(answered).await? {
                Ok(reply) => Ok(reply),
                Err(error) => {
                    let headers = Headers { deadline: envelope.headers.deadline, ..envelope.follow_up() };
                    match reviewer(&core, headers, error).await {
                        Review::Stands(error) => Err(error),
                        Review::Again => received(queue.enter(&envelope)).await?,
                    }
                }
            };
            to_json(&answer)
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

async fn received<T>(answered: Result<oneshot::Receiver<Result<T, Fault>>, Fault>) -> Result<T, Fault> {
    answered?.await.map_err(|_| Fault::unavailable("the service is stopping"))?
}

/// A queue, and the worker that handles its requests.
pub(crate) fn queue<R: Request + Clone>(limits: BatchLimits, handler: BatchHandler<R>) -> (Queue<R>, Worker) {
    let (sender, receiver) = mpsc::channel(limits.queue);
    let worker: Worker = Box::new(move |core, stop| {
        Box::pin(async move { work(&core, limits, &handler, receiver, stop).await })
    });
    (Queue(sender), worker)
}

/// Handles batch after batch; once stopped, what waits is still handled and nothing more is taken in.
async fn work<R: Request + Clone>(
    core: &Arc<Core>,
    limits: BatchLimits,
    handler: &BatchHandler<R>,
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
            // A caller that stopped waiting loses only the answer; here and below.
            let _ =
                late.answer.send(Err(Fault::new(Kind::Timeout, "the queue was longer than the deadline")));
        }
        let (requests, callers): (Vec<_>, Vec<_>) =
            waiting.drain(..).map(|waiting| (waiting.request, waiting.answer)).unzip();
        let answers = handle(core, handler, requests.into()).await;
        for (caller, answer) in callers.into_iter().zip(answers) {
            let _ = caller.send(answer);
        }
    }
}

/// The answers to `requests`, in their order. A batch that fails for good is handled again in halves, down to one.
fn handle<'a, R: Request + Clone>(
    core: &'a Arc<Core>,
    handler: &'a BatchHandler<R>,
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
        // When the database is unreachable, no single request is at fault. To try each half, and to wait for each, would
        // hold up the queue long after these callers have stopped waiting.
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

async fn handle_together<R: Request>(
    core: &Arc<Core>,
    handler: &BatchHandler<R>,
    requests: &Batch<R>,
) -> Result<Vec<Answer<R>>, Fault> {
    let headers = match requests.as_ref() {
        [only] => only.headers.clone(),
        _ => core.new_headers(),
    };
    let span = spans::together(core.service, R::NAME, requests.iter().map(|request| &request.headers));
    // Called inside, so that a panic before its first await is caught too.
    let handling = AssertUnwindSafe(async { handler(core, headers, Arc::clone(requests)).await });
    let handled = handling.catch_unwind().instrument(span).await;
    handled.unwrap_or_else(|panic| {
        let panic = panic_text(panic.as_ref());
        tracing::error!(service = core.service, message = R::NAME, panic, "a batch panicked");
        Err(Fault::internal(format!("a handler of {} panicked", core.service)))
    })
}

fn repeat<T>(fault: &Fault, count: usize) -> Vec<Result<T, Fault>> {
    (0..count).map(|_| Err(fault.clone())).collect()
}
