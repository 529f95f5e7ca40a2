//! Keeps a link to the broker open, and the tasks that use it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures::StreamExt as _;
use lapin::{Event, options::QueueDeclareOptions, types::FieldTable};
use message::Tries;
use tokio::task::JoinSet;

use crate::{
    Participant, Topology, answering, asking,
    core::{Core, ReceiverContext, Status},
    link::Link,
    link_error::LinkError,
    listening, measure, publishing, reacting,
};

/// The longest pause between two attempts to reach the broker.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// After a link that lasted this long, the first attempt to reconnect is made at once.
const GOOD_LINK: Duration = Duration::from_secs(10);

/// The interval of the checks of the connections, besides their own notifications.
const LOOK: Duration = Duration::from_millis(200);

/// The interval of the measurement of queue depths.
const DEPTHS: Duration = Duration::from_secs(5);

/// The interval at which all queues are declared again, in case one was deleted. Until then, events pass by a service
/// whose queue is gone, unless the service runs and notices it at once.
const REMAKE: Duration = Duration::from_secs(30);

/// Opens one link after another, until the transport is closed.
pub(crate) async fn run(core: Arc<Core>) {
    let mut pauses = Tries::new(Duration::from_millis(100), LONGEST_PAUSE);
    let broker = core.settings.url.to_string();
    measure::up(false);
    for number in 0.. {
        let opening = Link::open(number, &core.settings, &core.names, &core.topology, &core.process);
        let Some(opened) = core.closing.run_until_cancelled(opening).await else { return };
        let broken = match opened {
            Ok(link) => {
                tracing::info!(broker, "connected to RabbitMQ");
                let since = Instant::now();
                let Some(broken) = hold(&core, Arc::new(link)).await else { return };
                if since.elapsed() >= GOOD_LINK {
                    pauses.begin_anew();
                }
                measure::reconnecting();
                broken
            }
            Err(broken) => broken,
        };
        tracing::warn!(broker, error = %broken, "RabbitMQ is unavailable; retrying");
        core.status.send_replace(Status::Unavailable(broken.0));
        let pause = tokio::time::sleep(pauses.pause());
        if core.closing.run_until_cancelled(pause).await.is_none() {
            return;
        }
    }
}

/// Runs everything on a link until it is lost, and returns the reason; `None` if the transport was closed.
async fn hold(core: &Arc<Core>, link: Arc<Link>) -> Option<LinkError> {
    let mut parts = JoinSet::new();
    let mut part = |name: &'static str, part: futures::future::BoxFuture<'static, Result<(), LinkError>>| {
        let link = Arc::clone(&link);
        parts.spawn(async move {
            if let Err(LinkError(reason)) = part.await {
                link.fail(LinkError(format!("{name}: {reason}")));
            }
        });
    };
    core.status.send_replace(Status::Linked(Arc::clone(&link), None));
    measure::up(true);
    part("the connection", Box::pin(watch(Arc::clone(core), Arc::clone(&link))));
    part("answers", Box::pin(asking::read(Arc::clone(core), Arc::clone(&link))));
    part("requests", Box::pin(asking::write(Arc::clone(core), Arc::clone(&link))));
    part("events", Box::pin(publishing::write(Arc::clone(core), Arc::clone(&link))));
    part("replies", Box::pin(answering::reply(Arc::clone(core), Arc::clone(&link))));
    part("services", Box::pin(receive(Arc::clone(core), Arc::clone(&link))));
    let closed = tokio::select! {
        () = link.gone().cancelled() => false,
        () = core.closing.cancelled() => true,
    };
    core.status.send_replace(Status::Unavailable(
        link.why().map_or("the connection is being closed", |why| &why.0).to_owned(),
    ));
    measure::up(false);
    measure::blocked(false);
    link.fail(LinkError::new("closed"));
    parts.shutdown().await;
    if closed {
        link.delete(core.names.replies()).await;
    }
    link.close().await;
    if closed {
        None
    } else {
        Some(link.why().cloned().unwrap_or_else(|| LinkError::new("the connection was lost")))
    }
}

/// Watches the connections: whether they are open, and whether the broker accepts messages.
async fn watch(core: Arc<Core>, link: Arc<Link>) -> Result<(), LinkError> {
    let mut notices = Box::pin(link.notices());
    let mut looks = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            notice = notices.next() => match notice {
                Some(Event::ConnectionBlocked(reason)) => {
                    tracing::error!(reason, "RabbitMQ is blocked and accepts no messages");
                    measure::blocked(true);
                    core.status.send_replace(Status::Linked(Arc::clone(&link), Some(reason)));
                }
                Some(Event::ConnectionUnblocked) => {
                    tracing::info!("RabbitMQ accepts messages again");
                    measure::blocked(false);
                    core.status.send_replace(Status::Linked(Arc::clone(&link), None));
                }
                Some(Event::Error(error)) => return Err(error.into()),
                Some(_) => {}
                None => return Err(LinkError::new("the connection was closed")),
            },
            _ = looks.tick() => if !link.stands() {
                return Err(LinkError::new("the connection was lost"));
            },
        }
    }
}

/// Lets messages in to the services of this process, as soon as it receives.
async fn receive(core: Arc<Core>, link: Arc<Link>) -> Result<(), LinkError> {
    core.receiving.cancelled().await;
    let mounted = core.mounted();
    let here = mounted.iter().map(|mounted| Participant::of(&mounted.service)).collect();
    link.declare(&core.names, &core.settings, &Topology { services: here }).await?;
    for mounted in &mounted {
        let of = || ReceiverContext {
            core: Arc::clone(&core),
            link: Arc::clone(&link),
            mounted: Arc::clone(mounted),
        };
        if mounted.service.answers().next().is_some() {
            spawn(&core, &link, answering::receive(of()));
        }
        if mounted.service.reactions().next().is_some() {
            spawn(&core, &link, reacting::react(of()));
            spawn(&core, &link, reacting::bury(of()));
        }
    }
    tokio::select! {
        () = watch_depths(&core, &link) => Ok(()),
        remade = remake(&core, &link) => remade,
        listened = listening::listen(&core, &link, &mounted) => listened,
    }
}

/// Runs a task that must finish what it handles when the link ends.
fn spawn(core: &Core, link: &Arc<Link>, part: impl Future<Output = Result<(), LinkError>> + Send + 'static) {
    let link = Arc::clone(link);
    core.work.spawn(async move {
        if let Err(broken) = part.await {
            link.fail(broken);
        }
    });
}

/// Declares the queues of all services repeatedly, until that fails.
async fn remake(core: &Core, link: &Link) -> Result<(), LinkError> {
    loop {
        tokio::time::sleep(REMAKE).await;
        link.declare(&core.names, &core.settings, &core.topology).await?;
    }
}

/// Measures for ever how many messages wait for the services of this process. An error here does not end the link.
async fn watch_depths(core: &Core, link: &Link) {
    let mut looks = tokio::time::interval(DEPTHS);
    loop {
        looks.tick().await;
        if let Err(error) = measure_depths(core, link).await {
            tracing::debug!(%error, "the depths of the queues cannot be seen");
        }
    }
}

async fn measure_depths(core: &Core, link: &Link) -> Result<(), LinkError> {
    // Its own channel: the broker closes it when a queue does not exist.
    let channel = link.channel().await?;
    for mounted in core.mounted() {
        let (name, mut queues) = (mounted.service.name(), Vec::new());
        if mounted.service.answers().next().is_some() {
            queues.push(core.names.requests_of(name));
        }
        if mounted.service.reactions().next().is_some() {
            queues.extend([core.names.events_of(name), core.names.dead_of(name)]);
        }
        for queue in queues {
            let passive = QueueDeclareOptions { passive: true, ..Default::default() };
            let seen = channel.queue_declare(queue.clone(), passive, FieldTable::default());
            measure::depth(queue.as_str(), link.within("looking at a queue", seen).await?.message_count());
        }
    }
    link.within("closing a channel", channel.close(200, "seen".into())).await
}
