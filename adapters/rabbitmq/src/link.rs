//! A link to the broker: two connections that live and die together.
//!
//! What publishes may be stopped by the broker at any time (flow control, an alarm); what consumes must go on then, or
//! the queues would never get shorter. So each has a connection of its own.

use std::{
    pin::Pin,
    sync::{Mutex, OnceLock, PoisonError},
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures::future::BoxFuture;
use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties, Consumer, PublisherConfirm,
    options::{
        BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, ConfirmSelectOptions, QueueDeleteOptions,
    },
    types::{FieldTable, ShortString},
};
use tokio_util::sync::CancellationToken;

use crate::{Settings, Topology, broken::Broken, measure::Holds, topology, topology::Names};

/// How long a connection may take to close.
const CLOSING: Duration = Duration::from_secs(2);

pub(crate) struct Link {
    /// Counts the links of this process.
    pub(crate) number: u64,
    pub(crate) requests: Publisher,
    pub(crate) replies: Publisher,
    pub(crate) events: Publisher,
    publishing: Connection,
    consuming: Connection,
    control: Channel,
    gone: CancellationToken,
    why: OnceLock<Broken>,
    patience: Duration,
}

impl Link {
    /// Connects, and makes all exchanges and queues that are not there yet.
    pub(crate) async fn open(
        number: u64,
        settings: &Settings,
        names: &Names,
        topology: &Topology,
        process: &str,
    ) -> Result<Self, Broken> {
        let patience = settings.patience();
        let opening = async {
            let consuming = connect(settings, process, "consumes").await?;
            let control = consuming.create_channel().await?;
            topology::declare(&control, names, settings, topology).await?;
            topology::declare_replies(&control, names).await?;
            let publishing = connect(settings, process, "publishes").await?;
            Ok(Self {
                number,
                requests: Publisher::open(&publishing, Holds::Requests).await?,
                replies: Publisher::open(&publishing, Holds::Replies).await?,
                events: Publisher::open(&publishing, Holds::Events).await?,
                publishing,
                consuming,
                control,
                gone: CancellationToken::new(),
                why: OnceLock::new(),
                patience,
            })
        };
        match tokio::time::timeout(patience, opening).await {
            Ok(opened) => opened,
            Err(_) => Err(Broken(format!("connecting: the broker did not answer within {patience:?}"))),
        }
    }

    /// Gives the link up, for this reason unless there was an earlier one.
    pub(crate) fn fail(&self, why: Broken) {
        // The first reason is the one that matters; the others follow from it.
        let _ = self.why.set(why);
        self.gone.cancel();
    }

    /// Whether, and when, the link is given up.
    pub(crate) fn gone(&self) -> &CancellationToken {
        &self.gone
    }

    /// Why the link was given up.
    pub(crate) fn why(&self) -> Option<&Broken> {
        self.why.get()
    }

    /// Whether both connections still stand.
    pub(crate) fn stands(&self) -> bool {
        self.publishing.status().connected() && self.consuming.status().connected()
    }

    /// What the broker tells about the connection that publishes.
    pub(crate) fn notices(&self) -> impl futures::Stream<Item = lapin::Event> + Send + 'static {
        self.publishing.events_listener()
    }

    /// Makes exchanges and queues that are not there yet.
    pub(crate) async fn declare(
        &self,
        names: &Names,
        settings: &Settings,
        topology: &Topology,
    ) -> Result<(), Broken> {
        topology::declare(&self.control, names, settings, topology).await
    }

    /// A channel for consuming.
    pub(crate) async fn channel(&self) -> Result<Channel, Broken> {
        self.within("opening a channel", self.consuming.create_channel()).await
    }

    /// Lets the messages of a queue come, `prefetch` of them before the first is acknowledged.
    pub(crate) async fn consume(
        &self,
        queue: ShortString,
        prefetch: u16,
    ) -> Result<(Channel, Consumer), Broken> {
        let channel = self.channel().await?;
        self.within("setting a prefetch", channel.basic_qos(prefetch, BasicQosOptions::default())).await?;
        let what = format!("consuming from {queue}");
        let options = BasicConsumeOptions::default();
        let consuming = channel.basic_consume(queue, ShortString::default(), options, FieldTable::default());
        let consumer = self.within(&what, consuming).await?;
        Ok((channel, consumer))
    }

    /// Lets the messages of a queue come without being acknowledged.
    pub(crate) async fn overhear(&self, channel: &Channel, queue: ShortString) -> Result<Consumer, Broken> {
        let options = BasicConsumeOptions { no_ack: true, ..Default::default() };
        let consuming = channel.basic_consume(queue, ShortString::default(), options, FieldTable::default());
        self.within("listening", consuming).await
    }

    /// Waits for the broker's answer to `what`, but not for ever.
    pub(crate) async fn within<T>(
        &self,
        what: &str,
        answer: impl Future<Output = lapin::Result<T>>,
    ) -> Result<T, Broken> {
        match tokio::time::timeout(self.patience, answer).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(Broken(format!("{what}: {}", Broken::from(error)))),
            Err(_) => Err(Broken(format!("{what}: the broker did not answer within {:?}", self.patience))),
        }
    }

    /// Closes both connections, as far as the broker still answers.
    pub(crate) async fn close(&self) {
        let closing = async {
            let (publishing, consuming) =
                (self.publishing.close(200, "closed".into()), self.consuming.close(200, "closed".into()));
            // Both may be closed already, which is what is wanted.
            let _ = tokio::join!(publishing, consuming);
        };
        let _ = tokio::time::timeout(CLOSING, closing).await;
    }

    /// Deletes a queue that nobody needs any more.
    pub(crate) async fn delete(&self, queue: ShortString) {
        let deleting = self.control.queue_delete(queue, QueueDeleteOptions::default());
        // If it does not work out, the queue expires by itself.
        let _ = tokio::time::timeout(CLOSING, deleting).await;
    }
}

async fn connect(settings: &Settings, process: &str, does: &str) -> Result<Connection, Broken> {
    let uri =
        settings.url.uri(settings.heartbeat_seconds).ok_or_else(|| Broken::new("no broker is named"))?;
    // Our own supervisor makes new links: it knows what must be asked again and what may have been missed.
    let properties = ConnectionProperties::default().with_connection_name(format!("{process} {does}").into());
    Ok(Connection::connect_uri(uri, properties).await?)
}

/// Where a packet goes.
pub(crate) struct Address {
    pub(crate) exchange: ShortString,
    pub(crate) key: ShortString,
    /// Whether it comes back if no queue is there for it.
    pub(crate) mandatory: bool,
}

/// A channel whose packets are confirmed.
pub(crate) struct Publisher {
    channel: Channel,
    holds: Holds,
    /// The client counts a packet and puts it in line in two steps. Without a lock around them, two tasks could each be
    /// told of the other's confirm: an event would count as durable before it is.
    turn: Mutex<()>,
}

/// A packet in line: first it is written, then it is confirmed.
pub(crate) struct Sending {
    state: State,
    holds: Holds,
    since: Instant,
}

enum State {
    Queued(BoxFuture<'static, lapin::Result<PublisherConfirm>>),
    Written(lapin::Result<PublisherConfirm>),
}

impl Publisher {
    async fn open(connection: &Connection, holds: Holds) -> Result<Self, Broken> {
        let channel = connection.create_channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        Ok(Self { channel, holds, turn: Mutex::default() })
    }

    /// Puts a packet in line at once, behind all that were put there before. What is returned only waits for it.
    pub(crate) fn publish(
        &self,
        to: Address,
        properties: BasicProperties,
        packet: Bytes,
        messages: usize,
    ) -> Sending {
        self.holds.published(messages);
        let since = Instant::now();
        let channel = self.channel.clone();
        let mut queued: BoxFuture<'static, _> = Box::pin(async move {
            let options = BasicPublishOptions { mandatory: to.mandatory, immediate: false };
            channel.basic_publish(to.exchange, to.key, options, &packet, properties).await
        });
        let first = {
            let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
            // The first poll counts the packet and puts it in line; whoever waits for it polls again.
            Pin::new(&mut queued).poll(&mut Context::from_waker(Waker::noop()))
        };
        let state = match first {
            Poll::Ready(written) => State::Written(written),
            Poll::Pending => State::Queued(queued),
        };
        Sending { state, holds: self.holds, since }
    }
}

impl Sending {
    /// Waits until the packet is on its way.
    pub(crate) async fn written(self) -> Self {
        let state = match self.state {
            State::Queued(queued) => State::Written(queued.await),
            written @ State::Written(_) => written,
        };
        Self { state, ..self }
    }

    /// Waits until the broker has confirmed the packet, or refused it.
    pub(crate) async fn confirmed(self) -> Result<lapin::Confirmation, Broken> {
        let written = match self.state {
            State::Queued(queued) => queued.await,
            State::Written(written) => written,
        };
        let confirmation = written?.await?;
        self.holds.confirmed(self.since);
        if confirmation.is_nack() {
            self.holds.refused();
        }
        Ok(confirmation)
    }
}
