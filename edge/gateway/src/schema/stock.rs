//! Stock.

use product_contract::VariantId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The stock of a variant: with the admin key in full.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Stock {
    /// As the merchant sees it.
    Full(StockReport),
    /// As everybody sees it.
    Brief(Availability),
}

shapes! {
    /// The stock of a variant, as everybody sees it.
    Availability {
        /// Of which variant.
        #[schema(value_type = String)]
        variant_id: VariantId,
        /// How many can be sold.
        available: i64,
    }

    /// The stock of a variant, as the merchant sees it.
    StockReport {
        /// Of which variant.
        variant_id: String,
        /// How many can be sold.
        available: i64,
        /// How many are held for orders that are not paid yet.
        reserved: i64,
        /// How many were sold: in orders that are paid and not cancelled.
        sold: i64,
        /// The same, place by place.
        locations: Vec<LocationStock>,
    }

    /// The stock of a variant at one place.
    LocationStock {
        /// Where.
        location: String,
        /// How many can be sold.
        available: i64,
        /// How many are held for orders that are not paid yet.
        reserved: i64,
        /// How many were sold from here.
        sold: i64,
    }
}
