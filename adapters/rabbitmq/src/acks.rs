//! Acknowledgements, sent by one task per channel so that nobody waits for them.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use futures::future::try_join_all;
use lapin::{Channel, options::BasicAckOptions, types::DeliveryTag};
use tokio::sync::mpsc;

use crate::{broken::Broken, link::Link};

/// Acknowledges what came over one channel. When its link is gone, so are its tags: the broker delivers all that was not
/// acknowledged again, and what is told here then is ignored.
#[derive(Clone)]
pub(crate) struct Acks(mpsc::UnboundedSender<Ack>);

struct Ack {
    tag: DeliveryTag,
    multiple: bool,
}

impl Acks {
    /// Begins a task that ends with the link.
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

    /// This delivery is done with.
    pub(crate) fn one(&self, tag: DeliveryTag) {
        let _ = self.0.send(Ack { tag, multiple: false });
    }

    /// This delivery and all before it are done with.
    pub(crate) fn up_to(&self, tag: DeliveryTag) {
        let _ = self.0.send(Ack { tag, multiple: true });
    }
}

async fn send(channel: Channel, mut acks: mpsc::UnboundedReceiver<Ack>) -> Result<(), Broken> {
    let mut waiting: Vec<Ack> = Vec::new();
    while acks.recv_many(&mut waiting, 1000).await > 0 {
        // Of those that include all before them the last says everything; an earlier one after it would be an error.
        let last = waiting.extract_if(.., |ack| ack.multiple).map(|ack| ack.tag).max();
        let all = waiting.drain(..).chain(last.map(|tag| Ack { tag, multiple: true }));
        try_join_all(all.map(|Ack { tag, multiple }| channel.basic_ack(tag, BasicAckOptions { multiple })))
            .await?;
    }
    Ok(())
}

/// A packet that is acknowledged when all of it is done with, and not when it is dropped: what is dropped was lost.
pub(crate) struct Taken {
    acks: Acks,
    tag: DeliveryTag,
    left: AtomicUsize,
}

impl Taken {
    /// A packet of so many messages.
    pub(crate) fn new(acks: &Acks, tag: DeliveryTag, messages: usize) -> Arc<Self> {
        Arc::new(Self { acks: acks.clone(), tag, left: AtomicUsize::new(messages) })
    }

    /// One of its messages is done with.
    pub(crate) fn done(&self) {
        if self.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.acks.one(self.tag);
        }
    }
}
