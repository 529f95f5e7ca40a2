//! All SQL.

pub(crate) mod adjustments;
pub(crate) mod deferred;
pub(crate) mod email_keys;
pub(crate) mod lifecycle;
pub(crate) mod orders;
pub(crate) mod placement;
pub(crate) mod refunds;
pub(crate) mod search;
pub(crate) mod sellable;
pub(crate) mod shop;
pub(crate) mod stock;
