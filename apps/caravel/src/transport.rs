//! How the messages of a process travel.

use std::sync::Arc;

use bus::{InProcess, Transport, dead_letters};
use message::{Clock, Contract};
use rabbitmq::{Participant, RabbitMq, Topology};
#[cfg(not(feature = "sqs"))]
use runtime::{BoxError, health::Health};

use crate::{services, settings::Settings};

#[cfg(feature = "sqs")]
pub(crate) use crate::queues::around as with_queues;

/// In this build no queues carry the events.
#[cfg(not(feature = "sqs"))]
pub(crate) fn with_queues(
    inner: Arc<dyn Transport>,
    _: &Settings,
    _: Option<&Health>,
) -> std::future::Ready<Result<Arc<dyn Transport>, BoxError>> {
    std::future::ready(Ok(inner))
}

/// Whether queues outside the broker carry the events.
#[cfg(feature = "sqs")]
fn queues_carry_events(settings: &Settings) -> bool {
    settings.sqs.enabled
}

/// Whether queues outside the broker carry the events.
#[cfg(not(feature = "sqs"))]
fn queues_carry_events(_: &Settings) -> bool {
    false
}

/// The transport between services that are all in this process.
pub(crate) fn within() -> Arc<dyn Transport> {
    InProcess::new()
}

/// The transport to other processes, over the broker of the settings, which knows this one as `process`.
pub(crate) fn between(settings: &Settings, process: &str) -> Arc<RabbitMq> {
    let topology = topology(queues_carry_events(settings));
    RabbitMq::start(settings.rabbitmq.clone(), topology, Clock::system(), process.to_owned())
}

/// The requests and events of all services, wherever they run: the broker keeps messages also for a service that has never
/// run.
///
/// When queues carry the events, no service gets any from the broker: nothing would empty its queue there.
fn topology(queues_carry_events: bool) -> Topology {
    let participant = |contract: Contract| {
        let reactions: &[_] = if queues_carry_events { &[] } else { &contract.reactions };
        Participant {
            name: contract.service.to_owned(),
            answers: answers(&contract),
            reactions: reactions.iter().map(|name| (*name).to_owned()).collect(),
        }
    };
    Topology { services: services::contracts().into_iter().map(participant).collect() }
}

/// The names of the requests that a service answers: its own, and those about its dead letters.
pub(crate) fn answers(contract: &Contract) -> Vec<String> {
    let own = contract.requests.iter().map(|entry| entry.name.to_owned());
    own.chain(dead_letters::names(contract.service)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use bus::layers;
    use message::IdSource;

    use super::*;
    use crate::{
        keys::Keys,
        services::{Kit, SERVICES},
        settings::tests::settings_on,
    };

    /// Others rely on what the contracts say: the topology of a broker is declared from them.
    #[tokio::test]
    async fn every_service_does_what_its_contract_says() {
        let folder = tempfile::tempdir().unwrap();
        let ids = IdSource::random(Clock::system());
        let settings = settings_on(folder.path());
        let transport = within();
        let limits = settings.bus.limits();
        let directory = layers::Directory::new(|_| None);
        let caller = layers::standard(Arc::clone(&transport), Clock::system(), limits, directory);
        let kit = Kit {
            bus: bus::Bus::new(transport, caller, ids.clone(), std::time::Duration::from_secs(1)),
            keys: Keys::new(&settings),
            settings,
        };
        for entry in SERVICES {
            let contract = (entry.contract)();
            assert_eq!(entry.name, contract.service);
            let db = entry.open(&kit.settings.database, &kit.settings.data, &ids).await.unwrap();
            let service = (entry.make)(db, &kit).unwrap();
            let promised = answers(&contract);
            let answers: BTreeSet<_> = promised.iter().map(String::as_str).collect();
            assert_eq!(service.answers().collect::<BTreeSet<_>>(), answers, "{}", entry.name);
            let reactions: BTreeSet<_> = contract.reactions.iter().copied().collect();
            assert_eq!(service.reactions().collect::<BTreeSet<_>>(), reactions, "{}", entry.name);
        }
    }
}
