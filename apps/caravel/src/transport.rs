//! How the messages of a process travel.

use std::sync::Arc;

use bus::{InProcess, Transport, dead_letters};
use message::{Clock, Contract};
use rabbitmq::{Participant, RabbitMq, Topology};
use runtime::BoxError;
use runtime::settings::Settings;
#[cfg(not(feature = "sqs"))]
use runtime::{health::Health, settings::Errors};

use crate::{commands::messages, roster::Roster, settings::Database};

#[cfg(feature = "sqs")]
pub(crate) use crate::queues::{around as with_queues, carry_events as queues_carry_events};

/// In this build no queues carry the events.
#[cfg(not(feature = "sqs"))]
pub(crate) fn with_queues(
    inner: Arc<dyn Transport>,
    _: &Settings,
    _: Option<&Health>,
) -> std::future::Ready<Result<Arc<dyn Transport>, BoxError>> {
    std::future::ready(Ok(inner))
}

#[cfg(not(feature = "sqs"))]
#[expect(clippy::unnecessary_wraps, reason = "a build with queues has to read its settings")]
fn queues_carry_events(_: &Settings) -> Result<bool, Errors> {
    Ok(false)
}

/// Between services that are all in this process.
pub(crate) fn within() -> Arc<dyn Transport> {
    InProcess::new()
}

/// To other processes, over the broker that the settings name, where this one is called `process`.
pub(crate) fn between(settings: &Settings, process: &str) -> Result<Arc<RabbitMq>, BoxError> {
    let broker = settings.section("rabbitmq")?;
    Ok(RabbitMq::start(broker, topology(queues_carry_events(settings)?), Clock::system(), process.to_owned()))
}

/// What all services answer and react to, wherever they run: what is sent before one of them ever ran is kept for it.
///
/// Of the broker nobody reacts to anything when queues carry the events: nobody would take it away again.
fn topology(queues_carry_events: bool) -> Topology {
    let participant = |contract: Contract| {
        let reactions: &[_] = if queues_carry_events { &[] } else { &contract.reactions };
        Participant {
            name: contract.service.to_owned(),
            answers: answers(&contract),
            reactions: reactions.iter().map(|name| (*name).to_owned()).collect(),
        }
    };
    Topology { services: messages::contracts().into_iter().map(participant).collect() }
}

/// What a service answers: its own requests, and those about its dead letters.
pub(crate) fn answers(contract: &Contract) -> Vec<String> {
    let own = contract.requests.iter().map(|entry| entry.name.to_owned());
    own.chain(dead_letters::names(contract.service)).collect()
}

/// Refuses settings on which `roster` could not be a part of a shop of several processes. Edges need no database.
pub(crate) fn needs_servers(settings: &Settings, roster: &Roster) -> Result<(), BoxError> {
    if !settings.section::<Database>("database")?.is_shared(&roster.services) {
        return Err("several processes need a PostgreSQL database, because SQLite files belong to one process: set \
                    database.url (CARAVEL_DATABASE_URL), or run the whole shop in one process with `caravel up`"
            .into());
    }
    if settings.section::<rabbitmq::Settings>("rabbitmq")?.url.is_empty() {
        return Err("several processes need a broker to reach each other: set rabbitmq.url (CARAVEL_RABBITMQ_URL), or \
                    run the whole shop in one process with `caravel up`"
            .into());
    }
    Ok(())
}
