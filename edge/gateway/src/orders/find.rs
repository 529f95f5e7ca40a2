//! The link to an order for its buyer who lost it.

use axum::extract::State;
use message::{Email, Example, FieldError};
use notification_contract::SendLink;
use order_contract::PlaceOrder;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::problem::{BUSY, TOO_MANY_REQUESTS};

use crate::{
    Gateway,
    answer::Noted,
    body::{Body, Sent},
    operation::{Operation, post},
    problems::Refusal,
    query::{Nothing, Query},
};

pub(super) fn operation() -> Operation {
    post("find_order", "/api/v1/orders/find", find)
        .says(
            "Mail an order's link to its buyer",
            "For a buyer who lost the link. If there is an order with this number and this e-mail address, its link is \
             mailed to that address, at most once in ten minutes. The answer is the same if there is none.",
        )
        .refuses(&[&TOO_MANY_REQUESTS, &BUSY])
}

/// What a buyer knows of an order without its link.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OrderLookup {
    /// The number of the order.
    #[schemars(range(min = 1))]
    number: i64,
    /// The address that the order was placed with; capital letters make no difference.
    email: Email,
}

impl Sent for OrderLookup {
    fn check(&self) -> Vec<FieldError> {
        let wrong = (self.number < 1).then(|| FieldError::new("/number", "expected a whole number from 1"));
        wrong.into_iter().collect()
    }
}

impl Example for OrderLookup {
    fn example() -> Self {
        Self { number: 1042, email: PlaceOrder::example().email }
    }
}

async fn find(
    State(gateway): State<Gateway>,
    _: Query<Nothing>,
    Body(OrderLookup { number, email }): Body<OrderLookup>,
) -> Result<Noted, Refusal> {
    gateway.ask(&SendLink { number, email }).await?;
    Ok(Noted)
}
