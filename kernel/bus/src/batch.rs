//! Requests that are handled together: while one batch is handled, the next gathers.

use std::{panic::AssertUnwindSafe, sync::Arc};

use bytes::Bytes;
use futures::{FutureExt as _, future::BoxFuture};
use message::{Envelope, Fault, Headers, Kind, Request, to_json};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::{
    Cx, Incoming,
    cx::Core,
    service::{Starter, panic_text},
};

/// How much is taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchLimits {
    /// How many requests may wait; one more is told to come back.
    pub queue: usize,
    /// How many requests are handled together at most.
    pub batch: usize,
}

pub(crate) type BatchHandler<S, R> = Arc<
    dyn Fn(
            Cx<S>,
            Vec<Incoming<R>>,
        )
            -> BoxFuture<'static, Result<Vec<Result<<R as Request>::Reply, <R as Request>::Error>>, Fault>>
        + Send
        + Sync,
>;

/// Where requests wait for the next batch.
#[derive(Clone)]
pub(crate) struct Queue(mpsc::Sender<Waiting>);

struct Waiting {
    envelope: Envelope,
    answer: oneshot::Sender<Result<Bytes, Fault>>,
}

impl Queue {
    /// Waits in the queue and for the answer; a full queue refuses at once.
    pub(crate) fn ask(&self, envelope: Envelope) -> BoxFuture<'static, Result<Bytes, Fault>> {
        let (answer, answered) = oneshot::channel();
        let queued = self.0.try_send(Waiting { envelope, answer });
        Box::pin(async move {
            match queued {
                Ok(()) => {
                    answered.await.unwrap_or_else(|_| Err(Fault::unavailable("the service is stopping")))
                }
                Err(mpsc::error::TrySendError::Full(_)) => Err(Fault::new(Kind::Busy, "the queue is full")),
                Err(mpsc::error::TrySendError::Closed(_)) => {
                    Err(Fault::unavailable("the service is stopping"))
                }
            }
        })
    }
}

pub(crate) fn start<S: Send + Sync + 'static, R: Request + Clone>(
    core: Arc<Core<S>>,
    limits: BatchLimits,
    handler: BatchHandler<S, R>,
    starter: &mut Starter,
) -> Queue {
    let (sender, receiver) = mpsc::channel(limits.queue);
    starter.parts.push(Box::new(move |stop| Box::pin(work(core, limits, handler, receiver, stop))));
    Queue(sender)
}

/// Handles batch after batch; once stopped, what waits is still handled and nothing more is taken in.
async fn work<S: Send + Sync + 'static, R: Request + Clone>(
    core: Arc<Core<S>>,
    limits: BatchLimits,
    handler: BatchHandler<S, R>,
    mut queue: mpsc::Receiver<Waiting>,
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
        let (answers, requests) = open(&core, waiting.drain(..));
        let outcomes = handle(&core, &handler, requests).await;
        for (answer, outcome) in answers.into_iter().zip(outcomes) {
            // A caller that went away has lost nothing but the answer.
            let _ = answer.send(outcome);
        }
    }
}

type Answer = oneshot::Sender<Result<Bytes, Fault>>;

/// Reads the requests; those that are too late or cannot be read are answered at once.
fn open<S, R: Request>(
    core: &Core<S>,
    waiting: impl Iterator<Item = Waiting>,
) -> (Vec<Answer>, Vec<Incoming<R>>) {
    let now = core.bus.now();
    let mut answers = Vec::new();
    let mut requests = Vec::new();
    for Waiting { envelope, answer } in waiting {
        if envelope.headers.deadline.is_some_and(|deadline| deadline <= now) {
            let _ = answer
                .send(Err(Fault::new(Kind::Timeout, "the queue was too long for this request's deadline")));
            continue;
        }
        match envelope.open() {
            Ok(body) => {
                answers.push(answer);
                requests.push(Incoming { headers: envelope.follow_up(), body });
            }
            Err(fault) => {
                let _ = answer.send(Err(fault));
            }
        }
    }
    (answers, requests)
}

/// The answers to `requests`, in their order. A batch that fails is handled again in halves, down to one.
fn handle<'a, S: Send + Sync + 'static, R: Request + Clone>(
    core: &'a Arc<Core<S>>,
    handler: &'a BatchHandler<S, R>,
    requests: Vec<Incoming<R>>,
) -> BoxFuture<'a, Vec<Result<Bytes, Fault>>> {
    Box::pin(async move {
        let count = requests.len();
        if count == 0 {
            return Vec::new();
        }
        let headers = match requests.as_slice() {
            [only] => only.headers.clone(),
            _ => Headers::new(core.bus.correlation()),
        };
        let cx = Cx::new(Arc::clone(core), headers);
        let handled = match AssertUnwindSafe(handler(cx, requests.clone())).catch_unwind().await {
            Ok(handled) => handled,
            Err(panic) => {
                tracing::error!(
                    service = core.service,
                    message = R::NAME,
                    panic = panic_text(panic.as_ref()),
                    "a batch panicked"
                );
                Err(Fault::internal(format!("a handler of {} panicked", core.service)))
            }
        };
        match handled {
            Ok(answers) if answers.len() == count => answers.iter().map(to_json).collect(),
            Ok(answers) => {
                let fault = Fault::internal(format!(
                    "{} gave {} answers to {count} requests",
                    R::NAME,
                    answers.len()
                ));
                vec![Err(fault); count]
            }
            Err(fault) if count == 1 => vec![Err(fault)],
            Err(fault) => {
                tracing::warn!(service = core.service, message = R::NAME, count, error = %fault, "a batch failed; trying its halves");
                let mut first = requests;
                let second = first.split_off(count / 2);
                let mut answers = handle(core, handler, first).await;
                answers.extend(handle(core, handler, second).await);
                answers
            }
        }
    })
}
