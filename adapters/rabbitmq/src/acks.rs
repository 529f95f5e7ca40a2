//! Acknowledgements, sent by one task per channel, so that no handler waits for them.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use futures::future::try_join_all;
use lapin::{Channel, options::BasicAckOptions, types::DeliveryTag};
use tokio::sync::mpsc;

use crate::{link::Link, link_error::LinkError};

/// Acknowledges the deliveries of one channel. When the link is lost, its delivery tags are void: the broker delivers
/// everything unacknowledged again, and later acknowledgements are ignored.
#[derive(Clone)]
pub(crate) struct Acks(mpsc::UnboundedSender<Ack>);

struct Ack {
    tag: DeliveryTag,
    multiple: bool,
}

impl Acks {
    /// Starts a task that ends with the link.
    pub(crate) fn start(link: &Arc<Link>, channel: Channel) -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        let link = Arc::clone(link);
        tokio::spawn(async move {
            if let Some(Err(broken)) = link.gone().run_until_cancelled(send(channel, receiver)).await {
                link.fail(broken);
            }
        });
        Self(sender)
    }

    /// This delivery is finished.
    pub(crate) fn one(&self, tag: DeliveryTag) {
        let _ = self.0.send(Ack { tag, multiple: false });
    }

    /// This delivery and all before it are finished.
    pub(crate) fn up_to(&self, tag: DeliveryTag) {
        let _ = self.0.send(Ack { tag, multiple: true });
    }
}

async fn send(channel: Channel, mut acks: mpsc::UnboundedReceiver<Ack>) -> Result<(), LinkError> {
    let mut waiting: Vec<Ack> = Vec::new();
    while acks.recv_many(&mut waiting, 1000).await > 0 {
        // Of the cumulative acknowledgements only the last is sent; an earlier one after it would be an error.
        let last = waiting.extract_if(.., |ack| ack.multiple).map(|ack| ack.tag).max();
        let all = waiting.drain(..).chain(last.map(|tag| Ack { tag, multiple: true }));
        try_join_all(all.map(|Ack { tag, multiple }| channel.basic_ack(tag, BasicAckOptions { multiple })))
            .await?;
    }
    Ok(())
}

/// A received packet. It is acknowledged when all its messages are finished, and not when it is dropped: then it counts
/// as lost.
pub(crate) struct ReceivedPacket {
    acks: Acks,
    tag: DeliveryTag,
    left: AtomicUsize,
}

impl ReceivedPacket {
    /// A packet with this many messages.
    pub(crate) fn new(acks: &Acks, tag: DeliveryTag, messages: usize) -> Arc<Self> {
        Arc::new(Self { acks: acks.clone(), tag, left: AtomicUsize::new(messages) })
    }

    /// One of its messages is finished.
    pub(crate) fn done(&self) {
        if self.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.acks.one(self.tag);
        }
    }
}
