//! The states of an order, and the only ways through them.

use order_contract::{OrderError, OrderStatus};

/// Whether an order may go from one state to the other.
pub fn is_allowed(from: OrderStatus, to: OrderStatus) -> bool {
    use OrderStatus::{Cancelled, Confirmed, Delivered, Pending, Processing, Refunded, Shipped};
    matches!(
        (from, to),
        (Pending, Confirmed)
            | (Confirmed, Processing)
            | (Processing, Shipped)
            | (Shipped, Delivered)
            | (Delivered, Refunded)
            | (Pending | Confirmed | Processing, Cancelled)
    )
}

/// Refuses a step that is not allowed.
pub fn check(from: OrderStatus, to: OrderStatus) -> Result<(), OrderError> {
    if is_allowed(from, to) { Ok(()) } else { Err(OrderError::Transition { from, to }) }
}

/// Whether the parcel can still be sent elsewhere.
pub fn can_change_address(status: OrderStatus) -> bool {
    matches!(status, OrderStatus::Pending | OrderStatus::Confirmed | OrderStatus::Processing)
}

/// Where the stock of an order stands while it is in this state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// It is held until the order is paid.
    Reserved,
    /// It is sold.
    Sold,
    /// It went back.
    Nothing,
}

/// Where the stock of an order stands while it is in this state.
pub fn held(status: OrderStatus) -> Held {
    match status {
        OrderStatus::Pending => Held::Reserved,
        OrderStatus::Cancelled => Held::Nothing,
        OrderStatus::Confirmed
        | OrderStatus::Processing
        | OrderStatus::Shipped
        | OrderStatus::Delivered
        | OrderStatus::Refunded => Held::Sold,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The state machine as the design page draws it, one row per state.
    const DRAWN: [(OrderStatus, &[OrderStatus]); 7] = {
        use OrderStatus::{Cancelled, Confirmed, Delivered, Pending, Processing, Refunded, Shipped};
        [
            (Pending, &[Confirmed, Cancelled]),
            (Confirmed, &[Processing, Cancelled]),
            (Processing, &[Shipped, Cancelled]),
            (Shipped, &[Delivered]),
            (Delivered, &[Refunded]),
            (Cancelled, &[]),
            (Refunded, &[]),
        ]
    };

    #[test]
    fn only_the_drawn_steps_are_allowed() {
        for (from, allowed) in DRAWN {
            for to in OrderStatus::ALL {
                assert_eq!(is_allowed(from, to), allowed.contains(&to), "{from:?} to {to:?}");
            }
        }
    }
}
