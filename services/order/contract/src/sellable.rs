//! The copy of what can be sold, by which orders are decided.

use message::{Example, Fault};
use product_contract::{ProductId, VariantId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Brings the copy of what can be sold up to date with `product` at once, without waiting for its events. On return, every
/// order that comes later is decided by what `product` had when this request came, or by something newer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CopyProducts {
    /// These products, with all their variants; at most 100.
    #[serde(default)]
    pub products: Vec<ProductId>,
    /// These variants, of any products; at most 1,000.
    #[serde(default)]
    pub variants: Vec<VariantId>,
}

/// Brings the copy of the shop's settings up to date with `shop` at once: the countries that orders may go to, and when stock is
/// low. Answers the version that the copy has then.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CopyShop {}

/// What [`CopyProducts`] came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CopyReport {
    /// The variants that `product` does not have, among those that were asked for.
    pub missing: Vec<VariantId>,
}

/// Why [`CopyProducts`] or [`CopyShop`] is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CopyError {
    /// More was asked for than is copied at once.
    #[error("at most 100 products and 1,000 variants are copied at once")]
    TooMany,
    /// The machinery failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}
message::request_error!(CopyError);

impl Example for CopyProducts {
    fn example() -> Self {
        Self { products: vec![Example::example()], variants: vec![Example::example()] }
    }
}
