//! Events over SQS, where the settings want it.

use std::{sync::Arc, time::Duration};

use bus::Transport;
use message::Contract;
use runtime::{BoxError, health::Health};
use sqs::{Sqs, Subscriber};

use crate::{services, settings::Settings};

/// How long a health check may take.
const CHECK: Duration = Duration::from_secs(2);

/// Puts the queues around `inner`, if they are enabled, and lets `health` report on them.
pub(crate) async fn around(
    inner: Arc<dyn Transport>,
    settings: &Settings,
    health: Option<&Health>,
) -> Result<Arc<dyn Transport>, BoxError> {
    let queues = settings.sqs.clone();
    if !queues.enabled {
        return Ok(inner);
    }
    let subscriber = |contract: Contract| Subscriber {
        service: contract.service.to_owned(),
        events: contract.reactions.iter().map(|name| (*name).to_owned()).collect(),
    };
    let subscribers = services::contracts().into_iter().map(subscriber).collect();
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
