//! Requests leave in packets; answers arrive in one queue.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use futures::{
    FutureExt as _, StreamExt as _,
    future::{BoxFuture, join_all},
    stream::FuturesUnordered,
};
use lapin::{BasicProperties, Confirmation};
use message::{Envelope, Fault, Kind, MessageId, Timestamp, wire};
use tokio::sync::{mpsc, oneshot};

use crate::{
    acks::Acks,
    core::Core,
    link::{Destination, Link, Sending},
    link_error::LinkError,
    measure::{self, PacketKind},
    packing,
};

/// The time limit of a request without a deadline.
const PATIENCE: Duration = Duration::from_secs(30);

/// A request is given up this long before its deadline, so that the caller gets the reason and not a bare time-out.
const HEADSTART: Duration = Duration::from_millis(20);

/// The largest number of unconfirmed packets. While one is written, the next one fills, so a large number makes small
/// packets.
const WINDOW: usize = 256;

/// How many packets of answers the broker sends ahead.
const PREFETCH: u16 = 1000;

/// The requests without an answer.
pub(crate) struct PendingRequests {
    waiting: Mutex<HashMap<MessageId, PendingRequest>>,
    limit: usize,
    queue: mpsc::Sender<MessageId>,
    /// Only one link sends requests at a time.
    queued: tokio::sync::Mutex<mpsc::Receiver<MessageId>>,
}

struct PendingRequest {
    request: Envelope,
    deadline: Timestamp,
    /// Whether it was sent on a link: if that link is lost, its answer may be lost too.
    sent: bool,
    answer: oneshot::Sender<Result<Bytes, Fault>>,
}

impl PendingRequests {
    pub(crate) fn new(limit: usize) -> Self {
        let (queue, queued) = mpsc::channel(limit);
        Self { waiting: Mutex::default(), limit, queue, queued: tokio::sync::Mutex::new(queued) }
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<MessageId, PendingRequest>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(
        &self,
        request: Envelope,
        deadline: Timestamp,
    ) -> Result<oneshot::Receiver<Result<Bytes, Fault>>, Fault> {
        let (answer, answered) = oneshot::channel();
        let id = request.id;
        {
            let mut waiting = self.waiting();
            if waiting.len() >= self.limit {
                return Err(Fault::new(
                    Kind::Busy,
                    "too many requests of this process wait for their answers",
                ));
            }
            match waiting.entry(id) {
                Entry::Vacant(vacant) => {
                    vacant.insert(PendingRequest { request, deadline, sent: false, answer })
                }
                Entry::Occupied(_) => return Err(Fault::internal(format!("{id} is being asked already"))),
            };
        }
        self.queue.try_send(id).map_err(|_| {
            self.waiting().remove(&id);
            Fault::new(Kind::Busy, "too many requests of this process wait to be sent")
        })?;
        Ok(answered)
    }

    /// Those of `ids` whose caller still waits. From now on they count as sent.
    fn to_send(&self, ids: &[MessageId], now: Timestamp) -> Vec<Envelope> {
        let mut waiting = self.waiting();
        let mut take = |id| {
            let waiting = waiting.get_mut(id).filter(|waiting| waiting.deadline > now)?;
            waiting.sent = true;
            Some(waiting.request.clone())
        };
        ids.iter().filter_map(&mut take).collect()
    }

    /// The requests that an earlier link sent.
    fn sent_before(&self) -> Vec<MessageId> {
        self.waiting().iter().filter(|(_, waiting)| waiting.sent).map(|(id, _)| *id).collect()
    }

    /// Passes the answer to the caller. A second answer is ignored.
    fn answer(&self, id: MessageId, answer: Result<Bytes, Fault>) {
        if let Some(waiting) = self.waiting().remove(&id) {
            // A caller that was dropped needs no answer.
            let _ = waiting.answer.send(answer);
        }
    }

    /// Ends all requests without an answer.
    pub(crate) fn close(&self) {
        for (_, waiting) in self.waiting().drain() {
            let _ = waiting.answer.send(Err(Fault::unavailable("the bus is closed")));
        }
    }
}

/// Removes a request when its caller is dropped, for whatever reason.
struct CallerGuard<'a>(&'a PendingRequests, MessageId);

impl Drop for CallerGuard<'_> {
    fn drop(&mut self) {
        self.0.waiting().remove(&self.1);
    }
}

pub(crate) fn ask(core: Arc<Core>, request: Envelope) -> BoxFuture<'static, Result<Bytes, Fault>> {
    Box::pin(async move {
        let (id, name) = (request.id, request.name.clone());
        let now = core.clock.now();
        let deadline = request.headers.deadline.unwrap_or_else(|| now.after(PATIENCE));
        if deadline <= now {
            return Err(Fault::new(Kind::Timeout, format!("{name} came too late")));
        }
        if core.closing.is_cancelled() {
            return Err(Fault::unavailable("the bus is closed"));
        }
        let answered = core.asking.enter(request, deadline)?;
        let _leave = CallerGuard(&core.asking, id);
        let left = deadline.since(now);
        match tokio::time::timeout(left.saturating_sub(HEADSTART.min(left / 10)), answered).await {
            Ok(answer) => answer.unwrap_or_else(|_| Err(Fault::unavailable("the bus is closed"))),
            Err(_) => Err(core.too_late(&format!("{name} was not answered"))),
        }
    })
}

/// Sends requests until the link is lost. Requests that an earlier link sent without an answer are repeated first.
pub(crate) async fn write(core: Arc<Core>, link: Arc<Link>) -> Result<(), LinkError> {
    let mut queue = core.asking.queued.lock().await;
    let mut confirms = FuturesUnordered::new();
    let mut ids = core.asking.sent_before();
    measure::repeated(ids.len());
    loop {
        let requests = core.asking.to_send(&ids, core.clock.now());
        ids.clear();
        let sendings = send(&core, &link, requests);
        // While these are written, more requests gather for the next packets.
        for sent in
            join_all(sendings.into_iter().map(|(sending, ids)| sending.written().map(|sent| (sent, ids))))
                .await
        {
            let (sending, ids) = sent;
            confirms.push(sending.confirmed().map(move |confirmed| (confirmed, ids)));
        }
        tokio::select! {
            Some((confirmed, ids)) = confirms.next() => settle(&core, confirmed?, &ids),
            taken = queue.recv_many(&mut ids, core.settings.asking.get()), if confirms.len() < WINDOW => {
                if taken == 0 {
                    return Ok(());
                }
            }
        }
    }
}

/// Queues requests, packed by their names.
fn send(core: &Core, link: &Link, requests: Vec<Envelope>) -> Vec<(Sending, Vec<MessageId>)> {
    let mut sendings = Vec::new();
    for (name, requests) in
        packing::group(requests.into_iter().map(|request| (request.name.clone(), request)))
    {
        for packet in core.limits.split(requests, |request| request.body.len()) {
            let ids: Vec<_> = packet.iter().map(|request| request.id).collect();
            let body = match wire::encode(&packet) {
                Ok(body) => body,
                Err(fault) => {
                    for id in ids {
                        core.asking.answer(id, Err(fault.clone()));
                    }
                    continue;
                }
            };
            let latest = packet.iter().filter_map(|request| request.headers.deadline).max();
            let left = latest.map_or(PATIENCE, |latest| latest.since(core.clock.now()));
            let properties = BasicProperties::default()
                .with_content_type(wire::CONTENT_TYPE.into())
                .with_reply_to(core.names.replies())
                .with_expiration(left.as_millis().max(1).to_string().into());
            let to =
                Destination { exchange: core.names.requests(), key: name.as_ref().into(), mandatory: true };
            sendings.push((link.requests.publish(to, properties, body, ids.len()), ids));
        }
    }
    sendings
}

/// Passes the broker's confirmation to the callers of a packet.
fn settle(core: &Core, confirmation: Confirmation, ids: &[MessageId]) {
    if confirmation.is_nack() {
        for id in ids {
            core.asking.answer(*id, Err(Fault::new(Kind::Busy, "the queue of the service is full")));
        }
    }
    // A returned message identifies its own requests: it may arrive together with the confirmation of another packet.
    let Some(returned) = confirmation.take_message() else { return };
    match wire::decode(&Bytes::from(returned.delivery.data)) {
        Ok(requests) => {
            measure::returned(requests.len());
            for request in requests {
                let fault = Fault::new(Kind::NoRoute, format!("no service answers {}", request.name));
                core.asking.answer(request.id, Err(fault));
            }
        }
        Err(error) => tracing::error!(%error, "a packet that came back cannot be read"),
    }
}

/// Receives answers until the link is lost.
pub(crate) async fn read(core: Arc<Core>, link: Arc<Link>) -> Result<(), LinkError> {
    let (channel, mut answers) = link.consume(core.names.replies(), PREFETCH).await?;
    let acks = Acks::start(&link, channel);
    while let Some(delivery) = answers.next().await {
        let delivery = delivery?;
        match wire::decode_replies(&Bytes::from(delivery.data)) {
            Ok(replies) => {
                PacketKind::Replies.consumed(replies.len());
                for reply in replies {
                    core.asking.answer(reply.to, reply.outcome);
                }
            }
            Err(error) => {
                PacketKind::Replies.unreadable();
                tracing::error!(%error, "answers cannot be read");
            }
        }
        acks.up_to(delivery.delivery_tag);
    }
    Err(LinkError::new("the queue of replies was deleted"))
}
