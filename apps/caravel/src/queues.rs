//! Events over SQS, where the settings want it.

use std::{sync::Arc, time::Duration};

use bus::Transport;
use message::Contract;
use runtime::{
    BoxError,
    health::Health,
    settings::{Errors, Settings},
};
use sqs::{Sqs, Subscriber};

use crate::commands::messages;

/// How long a health check may take.
const CHECK: Duration = Duration::from_secs(2);

/// Whether another transport shall leave what services react to alone.
pub(crate) fn carry_events(settings: &Settings) -> Result<bool, Errors> {
    Ok(settings.section::<sqs::Settings>("sqs")?.enabled)
}

/// Puts the queues around `inner`, if they are wanted, and tells `health` how they are.
pub(crate) async fn around(
    inner: Arc<dyn Transport>,
    settings: &Settings,
    health: Option<&Health>,
) -> Result<Arc<dyn Transport>, BoxError> {
    let queues: sqs::Settings = settings.section("sqs")?;
    if !queues.enabled {
        return Ok(inner);
    }
    let subscriber = |contract: Contract| Subscriber {
        service: contract.service.to_owned(),
        events: contract.reactions.iter().map(|name| (*name).to_owned()).collect(),
    };
    let subscribers = messages::contracts().into_iter().map(subscriber).collect();
    let sqs = Sqs::start(sqs::client(&queues).await, inner, queues, subscribers);
    if let Some(health) = health {
        let sqs = Arc::clone(&sqs);
        // Anybody may ask for the report: what SQS said is in the log.
        health.check("sqs", CHECK, move || {
            std::future::ready(sqs.health().map_err(|_| "the queues cannot be used"))
        });
    }
    Ok(sqs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::DEFAULTS;

    #[test]
    fn the_defaults_are_the_adapters_own() {
        let settings = Settings::builder(DEFAULTS).load().unwrap();
        assert_eq!(settings.section::<sqs::Settings>("sqs").unwrap(), sqs::Settings::default());
        assert!(!carry_events(&settings).unwrap());
    }
}
