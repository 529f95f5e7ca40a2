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
            | (Shipped | Delivered, Refunded)
            // A shipped one is cancelled because its parcel was lost.
            | (Pending | Confirmed | Processing | Shipped, Cancelled)
    )
}

/// Whether a step needs a request of its own, although the order may take it: a parcel that was lost, or all money that
/// goes back while the parcel is on its way.
fn is_special(from: OrderStatus, to: OrderStatus) -> bool {
    from == OrderStatus::Shipped && matches!(to, OrderStatus::Cancelled | OrderStatus::Refunded)
}

/// Refuses a step that is not allowed, or needs a request of its own.
pub fn check(from: OrderStatus, to: OrderStatus) -> Result<(), OrderError> {
    if is_allowed(from, to) && !is_special(from, to) {
        Ok(())
    } else {
        Err(OrderError::Transition { from, to })
    }
}

/// Whether the parcel can still be sent elsewhere.
pub fn can_change_address(status: OrderStatus) -> bool {
    matches!(status, OrderStatus::Pending | OrderStatus::Confirmed | OrderStatus::Processing)
}

/// How an order holds its stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holding {
    /// The stock is held until the order is paid.
    Reserved,
    /// The stock is sold.
    Sold,
    /// The stock went back.
    Nothing,
}

/// How an order in this state holds its stock.
pub fn holding(status: OrderStatus) -> Holding {
    match status {
        OrderStatus::Pending => Holding::Reserved,
        OrderStatus::Cancelled => Holding::Nothing,
        OrderStatus::Confirmed
        | OrderStatus::Processing
        | OrderStatus::Shipped
        | OrderStatus::Delivered
        | OrderStatus::Refunded => Holding::Sold,
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
            (Shipped, &[Delivered, Cancelled, Refunded]),
            (Delivered, &[Refunded]),
            (Cancelled, &[]),
            (Refunded, &[]),
        ]
    };

    #[test]
    fn a_parcel_on_its_way_is_neither_cancelled_nor_refunded_by_a_plain_step() {
        for to in OrderStatus::ALL {
            assert_eq!(check(OrderStatus::Shipped, to).is_ok(), to == OrderStatus::Delivered, "{to:?}");
        }
    }

    #[test]
    fn only_the_drawn_steps_are_allowed() {
        for (from, allowed) in DRAWN {
            for to in OrderStatus::ALL {
                assert_eq!(is_allowed(from, to), allowed.contains(&to), "{from:?} to {to:?}");
            }
        }
    }
}
