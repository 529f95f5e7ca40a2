//! The rules: no async, no SQL.

pub mod adjustment;
pub mod decision;
pub mod destination;
pub mod payments;
pub mod placement;
pub mod refunds;
pub mod search;
pub mod status;
pub mod stock;
pub mod tax;
