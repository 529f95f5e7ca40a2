//! One function per message.

pub(crate) mod adjust;
pub(crate) mod change;
pub(crate) mod deferred;
pub(crate) mod email_keys;
pub(crate) mod pay;
pub(crate) mod place;
pub(crate) mod react;
pub(crate) mod read;
pub(crate) mod refund;
pub(crate) mod search;
pub(crate) mod sellable;
pub(crate) mod settle;
pub(crate) mod shop;
pub(crate) mod stock;
