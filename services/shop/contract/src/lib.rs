//! What `shop` answers and emits: what the merchant says of the shop.
//!
//! A setting's value is the merchant's, else the one of the file `caravel.toml`, else the sample shop's while the demo is on,
//! else the built-in one. Requests and events carry these effective values; [`ShopSettings::set`] names those that are the
//! merchant's.

mod contract;
mod settings;
mod text;

use message::{Aggregate, Entity, Event, Fault, FieldError, Id};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use contract::contract;
pub use settings::{LegalLink, MailSender, ShopChange, ShopSettings, ShopValues};
pub use text::{LinkTarget, ShopLine, ShopName, ShopText, StockThreshold, TaxName};

message::messages! {
    requests {
        GetShop = "shop.get" -> ShopSettings, ShopError;
        ChangeShop = "shop.change" -> ShopSettings, ShopError;
    }
    events {
        ShopChanged = "shop.changed";
    }
}

/// The shop, of which there is one.
#[derive(Debug)]
pub enum Shop {}

impl Entity for Shop {
    const PREFIX: &'static str = "shop";
}

/// The id under which the shop's events are published.
pub const SHOP: Id<Shop> = Id::from_uuid(uuid::Uuid::from_u128(0x019a_a3e2_0c80_7000_8000_0000_0000_0001));

/// Reads the shop's settings.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct GetShop {}

/// Changes settings; the same change again changes nothing.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ChangeShop {
    /// The change.
    pub change: ShopChange,
    /// Whose values are changed.
    #[serde(default)]
    pub layer: SettingLayer,
}

message::words! {
    /// Whose values a change of settings is about.
    pub enum SettingLayer default Merchant {
        /// The merchant's, which count before all others.
        Merchant = "merchant",
        /// The sample shop's, which count only while the demo is on, and only where neither the merchant nor the file says
        /// something.
        Sample = "sample",
    }
}

/// The shop's settings have other values than before; carries all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ShopChanged {
    /// As they are now.
    pub shop: ShopSettings,
}

impl Event for ShopChanged {
    fn aggregate(&self) -> Aggregate {
        Aggregate::new(SHOP, self.shop.version)
    }
}

/// Why `shop` refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShopError {
    /// Fields with wrong values; pointers are into [`ShopChange`].
    #[error("{} field(s) are not right", .0.len())]
    Invalid(Vec<FieldError>),
    /// The settings are at another version than the change expects.
    #[error("the settings are at version {current}")]
    VersionConflict {
        /// The version that they have.
        current: i64,
    },
    /// The machinery failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}
message::request_error!(ShopError);
