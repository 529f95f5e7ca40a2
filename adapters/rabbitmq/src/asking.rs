//! Asking: requests go out in packets, answers come back to one queue.

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
    broken::Broken,
    core::Core,
    link::{Address, Link, Sending},
    measure::{self, Holds},
    packing,
};

/// How long an answer is waited for if the request does not say.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long before its deadline a request is given up here, where the reason is known, and not by whoever waits for it.
const HEADSTART: Duration = Duration::from_millis(20);

/// How many packets may be unconfirmed. While one is written the next gathers, so a wide window makes small packets.
const WINDOW: usize = 256;

/// How many packets of answers are sent ahead.
const PREFETCH: u16 = 1000;

/// The requests that are not answered yet.
pub(crate) struct Asking {
    waiting: Mutex<HashMap<MessageId, Waiting>>,
    limit: usize,
    queue: mpsc::Sender<MessageId>,
    /// Only one link writes requests at a time.
    queued: tokio::sync::Mutex<mpsc::Receiver<MessageId>>,
}

struct Waiting {
    request: Envelope,
    deadline: Timestamp,
    /// Whether it was put in line on a link: if that link is lost, so may be its answer.
    sent: bool,
    answer: oneshot::Sender<Result<Bytes, Fault>>,
}

impl Asking {
    pub(crate) fn new(limit: usize) -> Self {
        let (queue, queued) = mpsc::channel(limit);
        Self { waiting: Mutex::default(), limit, queue, queued: tokio::sync::Mutex::new(queued) }
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<MessageId, Waiting>> {
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
                Entry::Vacant(place) => place.insert(Waiting { request, deadline, sent: false, answer }),
                Entry::Occupied(_) => return Err(Fault::internal(format!("{id} is being asked already"))),
            };
        }
        self.queue.try_send(id).map_err(|_| {
            self.waiting().remove(&id);
            Fault::new(Kind::Busy, "too many requests of this process wait to be sent")
        })?;
        Ok(answered)
    }

    /// Those of `ids` that somebody still waits for; from now on they count as sent.
    fn to_send(&self, ids: &[MessageId], now: Timestamp) -> Vec<Envelope> {
        let mut waiting = self.waiting();
        let mut take = |id| {
            let waiting = waiting.get_mut(id).filter(|waiting| waiting.deadline > now)?;
            waiting.sent = true;
            Some(waiting.request.clone())
        };
        ids.iter().filter_map(&mut take).collect()
    }

    /// Those that went out over an earlier link.
    fn sent_before(&self) -> Vec<MessageId> {
        self.waiting().iter().filter(|(_, waiting)| waiting.sent).map(|(id, _)| *id).collect()
    }

    /// Tells whoever asked. A second answer finds nobody.
    fn answer(&self, id: MessageId, answer: Result<Bytes, Fault>) {
        if let Some(waiting) = self.waiting().remove(&id) {
            // A caller that went away has lost nothing but the answer.
            let _ = waiting.answer.send(answer);
        }
    }

    /// Tells everybody that there will be no answer.
    pub(crate) fn close(&self) {
        for (_, waiting) in self.waiting().drain() {
            let _ = waiting.answer.send(Err(Fault::unavailable("the bus is closed")));
        }
    }
}

/// Forgets a request when its caller is gone, for whatever reason.
struct Leave<'a>(&'a Asking, MessageId);

impl Drop for Leave<'_> {
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
        let _leave = Leave(&core.asking, id);
        let left = deadline.since(now);
        match tokio::time::timeout(left.saturating_sub(HEADSTART.min(left / 10)), answered).await {
            Ok(answer) => answer.unwrap_or_else(|_| Err(Fault::unavailable("the bus is closed"))),
            Err(_) => Err(core.too_late(&format!("{name} was not answered"))),
        }
    })
}

/// Writes requests, until the link is gone. What went out over an earlier link without an answer goes out again first.
pub(crate) async fn write(core: Arc<Core>, link: Arc<Link>) -> Result<(), Broken> {
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

/// Puts requests in line, packed by their names.
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
            let to = Address { exchange: core.names.requests(), key: name.as_ref().into(), mandatory: true };
            sendings.push((link.requests.publish(to, properties, body, ids.len()), ids));
        }
    }
    sendings
}

/// Tells the callers of a packet what the broker said about it.
fn settle(core: &Core, confirmation: Confirmation, ids: &[MessageId]) {
    if confirmation.is_nack() {
        for id in ids {
            core.asking.answer(*id, Err(Fault::new(Kind::Busy, "the queue of the service is full")));
        }
    }
    // What came back says itself what it is: it may be told together with the confirm of another packet.
    let Some(returned) = confirmation.take_message() else { return };
    match wire::decode(&Bytes::from(returned.delivery.data)) {
        Ok(requests) => {
            measure::returned(requests.len());
            for request in requests {
                let fault = Fault::new(Kind::NoRoute, format!("nobody answers {}", request.name));
                core.asking.answer(request.id, Err(fault));
            }
        }
        Err(error) => tracing::error!(%error, "a packet that came back cannot be read"),
    }
}

/// Reads answers, until the link is gone.
pub(crate) async fn read(core: Arc<Core>, link: Arc<Link>) -> Result<(), Broken> {
    let (channel, mut answers) = link.consume(core.names.replies(), PREFETCH).await?;
    let acks = Acks::start(&link, channel);
    while let Some(delivery) = answers.next().await {
        let delivery = delivery?;
        match wire::decode_replies(&Bytes::from(delivery.data)) {
            Ok(replies) => {
                Holds::Replies.consumed(replies.len());
                for reply in replies {
                    core.asking.answer(reply.to, reply.outcome);
                }
            }
            Err(error) => {
                Holds::Replies.unreadable();
                tracing::error!(%error, "answers cannot be read");
            }
        }
        acks.up_to(delivery.delivery_tag);
    }
    Err(Broken::new("the queue of replies was deleted"))
}
