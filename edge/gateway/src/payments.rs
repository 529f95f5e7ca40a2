//! The ways to pay that an order can name.

use axum::extract::State;
use message::{Example, Fault};
use payment_contract::PaymentProvider;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Gateway,
    answer::Private,
    operation::{Operation, get},
    problems::Refusal,
    query::{Nothing, Query},
};

pub(crate) fn operations() -> [Operation; 1] {
    [get("list_payment_providers", "/api/v1/payment-providers", list).says(
        "List payment providers",
        "Those that the shop offers. The `payment` of an order names one of them and one of its tokens.",
    )]
}

/// The payment providers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentProviderList {
    /// In the order in which a page shows them.
    pub data: Vec<PaymentProvider>,
}

impl Example for PaymentProviderList {
    fn example() -> Self {
        Self { data: vec![Example::example()] }
    }
}

async fn list(
    State(gateway): State<Gateway>,
    _: Query<Nothing>,
) -> Result<Private<PaymentProviderList>, Refusal> {
    let known = gateway.0.providers.list().await;
    let unknown = || Fault::unavailable("`payment` has not said yet which providers there are");
    let data = known.ok_or_else(unknown)?.to_vec();
    Ok(Private::of(&PaymentProviderList { data })?)
}
