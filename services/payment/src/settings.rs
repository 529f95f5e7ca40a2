//! What a merchant can set.

use std::time::Duration;

use serde::Deserialize;

/// The settings of `payment`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// When held money is taken.
    pub capture: Capture,
    /// How long a provider may take for one answer, in milliseconds; after that the answer counts as lost.
    #[serde(deserialize_with = "message::within::<_, 1, 3_600_000>")]
    pub answer_within_ms: u32,
    /// The names of the providers that the shop offers, in the order in which a page shows them. The setting is
    /// `order.payment_providers`: `order` accepts these and no others.
    #[serde(skip)]
    pub offered: Vec<String>,
    /// How many times a payment is tried that brings no answer, before it fails; its order can be paid again.
    #[serde(deserialize_with = "message::within::<_, 1, 1000>")]
    pub tries: u32,
    /// How many questions may be with providers at once, not counting those that take longer than half a second: so
    /// slow ones hold up nobody.
    #[serde(deserialize_with = "message::within::<_, 1, 100_000>")]
    pub in_flight: u32,
}

/// When held money is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capture {
    /// At once.
    Automatic,
    /// When the order ships.
    OnShipment,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            capture: Capture::Automatic,
            offered: vec!["test".to_owned()],
            answer_within_ms: 5000,
            tries: 2,
            in_flight: 64,
        }
    }
}

impl Settings {
    /// How long a provider may take for one answer.
    pub(crate) fn answer_within(&self) -> Duration {
        Duration::from_millis(u64::from(self.answer_within_ms))
    }

    /// How long a conversation may take: a look-up and a few steps.
    pub(crate) fn converse_within(&self) -> Duration {
        self.answer_within() * 4
    }
}
