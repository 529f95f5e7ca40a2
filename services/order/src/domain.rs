//! The rules: no async, no SQL.

pub mod adjustment;
pub mod decision;
pub mod placement;
pub mod status;
pub mod stock;
pub mod tax;
