//! The payment providers that the shop offers, as `payment` last reported them; until then, those that the app names.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bus::Bus;
use message::Timestamp;
use payment_contract::{ListProviders, PaymentProvider};

use crate::ask::ask_briefly;

/// How long a list is shown before `payment` is asked again.
const FRESH_FOR: Duration = Duration::from_mins(1);

/// How long after a question without an answer the next one is asked.
const PAUSE: Duration = Duration::from_secs(2);

/// The list of providers in this process. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct PaymentProviders(Arc<Inner>);

struct Inner {
    bus: Bus,
    last: Mutex<Report>,
    /// Held by the caller that asks first, so that it asks for all.
    asking: tokio::sync::Mutex<()>,
}

/// What is known, if anything, and when to ask for the next report.
struct Report {
    providers: Option<Arc<[PaymentProvider]>>,
    due: Option<Timestamp>,
}

impl PaymentProviders {
    /// Lists `named` until `payment` has answered: placing an order does not need that service, so choosing how to pay
    /// must not need it either. Nothing is asked before the first [`PaymentProviders::list`].
    pub fn new(bus: Bus, named: Vec<PaymentProvider>) -> Self {
        let providers = (!named.is_empty()).then(|| named.into());
        let last = Mutex::new(Report { providers, due: None });
        Self(Arc::new(Inner { bus, last, asking: tokio::sync::Mutex::default() }))
    }

    /// The providers in the order in which a page shows them. None if none were named and `payment` has not answered in
    /// this process yet.
    ///
    /// A known list is returned at once, and refreshed behind the caller when it is a minute old, or was only named. Where
    /// nothing is known, the first call waits for an answer, [`BRIEFLY`](crate::ask::BRIEFLY) at most.
    pub async fn list(&self) -> Option<Arc<[PaymentProvider]>> {
        let known = self.lock().providers.clone();
        if let Some(known) = known {
            if self.claim() {
                let providers = self.clone();
                tokio::spawn(async move { providers.ask().await });
            }
            return Some(known);
        }
        let _one_asks = self.0.asking.lock().await;
        if self.claim() {
            self.ask().await;
        }
        self.lock().providers.clone()
    }

    /// Whether the caller shall ask: the next report is due, and nobody has asked for [`PAUSE`].
    fn claim(&self) -> bool {
        let now = self.0.bus.now();
        let mut last = self.lock();
        let is_due = last.due.is_none_or(|due| due <= now);
        if is_due {
            last.due = Some(now.after(PAUSE));
        }
        is_due
    }

    async fn ask(&self) {
        match ask_briefly(&self.0.bus, &ListProviders {}).await {
            Ok(providers) => {
                let due = Some(self.0.bus.now().after(FRESH_FOR));
                *self.lock() = Report { providers: Some(providers.into()), due };
            }
            Err(error) => tracing::warn!(%error, "the payment providers are shown as last known"),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Report> {
        self.0.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
