//! A link to the broker: two connections that start and end together.
//!
//! The broker may stop a publishing connection at any time (flow control, an alarm). Consuming must continue then, or
//! the queues would never get shorter. So each has its own connection.

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

use crate::{
    Settings, Topology, connect, link_error::LinkError, measure::PacketKind, topology, topology::Names,
};

/// How long a connection may take to close.
const CLOSING: Duration = Duration::from_secs(2);

pub(crate) struct Link {
    /// The number of this link, counted per process.
    pub(crate) number: u64,
    pub(crate) requests: Publisher,
    pub(crate) replies: Publisher,
    pub(crate) events: Publisher,
    publishing: Connection,
    consuming: Connection,
    control: Channel,
    gone: CancellationToken,
    why: OnceLock<LinkError>,
    patience: Duration,
}

impl Link {
    /// Connects, and declares all exchanges and queues.
    pub(crate) async fn open(
        number: u64,
        settings: &Settings,
        names: &Names,
        topology: &Topology,
        process: &str,
    ) -> Result<Self, LinkError> {
        let patience = settings.patience();
        let opening = async {
            let consuming = connect(settings, process, "consumes").await?;
            let control = consuming.create_channel().await?;
            topology::declare(&control, names, settings, topology).await?;
            topology::declare_replies(&control, names).await?;
            let publishing = connect(settings, process, "publishes").await?;
            Ok(Self {
                number,
                requests: Publisher::open(&publishing, PacketKind::Requests).await?,
                replies: Publisher::open(&publishing, PacketKind::Replies).await?,
                events: Publisher::open(&publishing, PacketKind::Events).await?,
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
            Err(_) => Err(LinkError(format!("connecting: the broker did not answer within {patience:?}"))),
        }
    }

    /// Gives the link up, with this reason unless there was an earlier one.
    pub(crate) fn fail(&self, why: LinkError) {
        // The first reason is the cause; the others follow from it.
        let _ = self.why.set(why);
        self.gone.cancel();
    }

    /// The token that is cancelled when the link is given up.
    pub(crate) fn gone(&self) -> &CancellationToken {
        &self.gone
    }

    /// Why the link was given up.
    pub(crate) fn why(&self) -> Option<&LinkError> {
        self.why.get()
    }

    /// Whether both connections are open.
    pub(crate) fn stands(&self) -> bool {
        self.publishing.status().connected() && self.consuming.status().connected()
    }

    /// The broker's notifications about the publishing connection.
    pub(crate) fn notices(&self) -> impl futures::Stream<Item = lapin::Event> + Send + 'static {
        self.publishing.events_listener()
    }

    /// Declares exchanges and queues.
    pub(crate) async fn declare(
        &self,
        names: &Names,
        settings: &Settings,
        topology: &Topology,
    ) -> Result<(), LinkError> {
        topology::declare(&self.control, names, settings, topology).await
    }

    /// A channel for consuming.
    pub(crate) async fn channel(&self) -> Result<Channel, LinkError> {
        self.within("opening a channel", self.consuming.create_channel()).await
    }

    /// Starts to consume a queue, with up to `prefetch` unacknowledged messages.
    pub(crate) async fn consume(
        &self,
        queue: ShortString,
        prefetch: u16,
    ) -> Result<(Channel, Consumer), LinkError> {
        let channel = self.channel().await?;
        self.within("setting a prefetch", channel.basic_qos(prefetch, BasicQosOptions::default())).await?;
        let what = format!("consuming from {queue}");
        let options = BasicConsumeOptions::default();
        let consuming = channel.basic_consume(queue, ShortString::default(), options, FieldTable::default());
        let consumer = self.within(&what, consuming).await?;
        Ok((channel, consumer))
    }

    /// Starts to consume a queue without acknowledgements.
    pub(crate) async fn overhear(
        &self,
        channel: &Channel,
        queue: ShortString,
    ) -> Result<Consumer, LinkError> {
        let options = BasicConsumeOptions { no_ack: true, ..Default::default() };
        let consuming = channel.basic_consume(queue, ShortString::default(), options, FieldTable::default());
        self.within("listening", consuming).await
    }

    /// Waits for the broker's answer to `what`, up to the time limit.
    pub(crate) async fn within<T>(
        &self,
        what: &str,
        answer: impl Future<Output = lapin::Result<T>>,
    ) -> Result<T, LinkError> {
        match tokio::time::timeout(self.patience, answer).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(LinkError(format!("{what}: {}", LinkError::from(error)))),
            Err(_) => Err(LinkError(format!("{what}: the broker did not answer within {:?}", self.patience))),
        }
    }

    /// Closes both connections, as far as the broker still answers.
    pub(crate) async fn close(&self) {
        let closing = async {
            let (publishing, consuming) =
                (self.publishing.close(200, "closed".into()), self.consuming.close(200, "closed".into()));
            // Both may be closed already.
            let _ = tokio::join!(publishing, consuming);
        };
        let _ = tokio::time::timeout(CLOSING, closing).await;
    }

    /// Deletes a queue that is no longer needed.
    pub(crate) async fn delete(&self, queue: ShortString) {
        let deleting = self.control.queue_delete(queue, QueueDeleteOptions::default());
        // If this fails, the queue expires by itself.
        let _ = tokio::time::timeout(CLOSING, deleting).await;
    }
}

async fn connect(settings: &Settings, process: &str, does: &str) -> Result<Connection, LinkError> {
    let uri =
        settings.url.uri(settings.heartbeat_seconds).ok_or_else(|| LinkError::new("no broker is named"))?;
    // The supervisor opens new links itself: it knows which requests to repeat and which events may have been missed.
    let properties = ConnectionProperties::default().with_connection_name(format!("{process} {does}").into());
    Ok(connect::connect(uri, properties).await?)
}

/// The destination of a packet.
pub(crate) struct Destination {
    pub(crate) exchange: ShortString,
    pub(crate) key: ShortString,
    /// Whether it is returned if no queue is bound to it.
    pub(crate) mandatory: bool,
}

/// A channel with publisher confirms.
pub(crate) struct Publisher {
    channel: Channel,
    holds: PacketKind,
    /// The client counts a packet and queues it in two steps. Without a lock around both, two tasks could get each
    /// other's confirmation, and an event would count as durable before it is.
    turn: Mutex<()>,
}

/// A packet on its way: first it is written, then it is confirmed.
pub(crate) struct Sending {
    state: State,
    holds: PacketKind,
    since: Instant,
}

enum State {
    Queued(BoxFuture<'static, lapin::Result<PublisherConfirm>>),
    Written(lapin::Result<PublisherConfirm>),
}

impl Publisher {
    async fn open(connection: &Connection, holds: PacketKind) -> Result<Self, LinkError> {
        let channel = connection.create_channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        Ok(Self { channel, holds, turn: Mutex::default() })
    }

    /// Queues a packet at once, behind all earlier ones. The returned value only waits for it.
    pub(crate) fn publish(
        &self,
        to: Destination,
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
            // The first poll counts the packet and queues it; later polls wait.
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
    /// Waits until the packet is written.
    pub(crate) async fn written(self) -> Self {
        let state = match self.state {
            State::Queued(queued) => State::Written(queued.await),
            written @ State::Written(_) => written,
        };
        Self { state, ..self }
    }

    /// Waits until the broker has confirmed or rejected the packet.
    pub(crate) async fn confirmed(self) -> Result<lapin::Confirmation, LinkError> {
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
