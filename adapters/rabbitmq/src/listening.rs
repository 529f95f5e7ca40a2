//! Listening: every process receives events at most once.

use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt as _;
use message::wire;

use crate::{
    core::{Core, MountedService},
    link::Link,
    link_error::LinkError,
    measure::PacketKind,
    topology,
};

/// Notifies the listeners of this process, if it has any, until the link is lost or the process stops receiving.
pub(crate) async fn listen(
    core: &Core,
    link: &Link,
    mounted: &[Arc<MountedService>],
) -> Result<(), LinkError> {
    let listening: Vec<_> = mounted
        .iter()
        .map(|mounted| &mounted.service)
        .filter(|service| service.listens().next().is_some())
        .collect();
    if listening.is_empty() {
        link.gone().cancelled().await;
        return Ok(());
    }
    let channel = link.channel().await?;
    let queue = core.names.overheard(link.number);
    let events = listening.iter().flat_map(|service| service.listens());
    topology::declare_overheard(&channel, &core.names, &queue, events).await?;
    let mut overheard = link.overhear(&channel, queue).await?;
    // From here on no event is missed; before, some may have been.
    for service in &listening {
        service.missed();
    }
    loop {
        let delivery = tokio::select! {
            () = core.stopping.cancelled() => return Ok(()),
            () = link.gone().cancelled() => return Ok(()),
            delivery = overheard.next() => delivery,
        };
        let delivery =
            delivery.ok_or_else(|| LinkError::new("the queue of what is overheard was deleted"))??;
        match wire::decode(&Bytes::from(delivery.data)) {
            Ok(events) => {
                PacketKind::Overheard.arrived(&events, &core.clock);
                for service in &listening {
                    service.overhear(&events);
                }
            }
            Err(error) => {
                PacketKind::Overheard.unreadable();
                tracing::warn!(%error, "an overheard packet cannot be read");
            }
        }
    }
}
