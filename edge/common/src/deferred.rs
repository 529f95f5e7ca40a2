//! Deferred orders: accepted now, placed later by `order`, which takes them from a durable queue.
//!
//! A deferred order has its id and its page at once. Its token says that it was accepted: whoever sends this token for an
//! order that is not placed yet, or cannot be read just now, is asked to come back; everybody else gets "not found".

use bus::Bus;
use message::{Fault, Request};
use order_contract::{
    Access, DeferralPolicy, OrderError, OrderId, OrderRequested, OrderSecret, PlaceError, PlaceOrder,
};
use web::guard;

use crate::ask::{ask, ask_briefly};

/// How an edge takes orders: placed at once, or deferred.
#[derive(Clone)]
pub struct OrderIntake {
    bus: Bus,
    intake: DeferralPolicy,
    secret: OrderSecret,
}

/// An order that is accepted and not placed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeferredOrder {
    /// The id that the order will have.
    pub id: OrderId,
    /// Opens the order, now and when it is placed.
    pub token: String,
}

/// What became of an order that an edge took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderOutcome<T> {
    /// It is placed.
    Placed(T),
    /// It will be placed.
    Deferred(DeferredOrder),
}

impl OrderIntake {
    /// Takes orders over `bus`, and defers them as `intake` says; `secret` is the order service's.
    pub fn new(bus: Bus, intake: DeferralPolicy, secret: OrderSecret) -> Self {
        Self { bus, intake, secret }
    }

    /// Takes an order: `place` places it, unless the client asks to `defer` it, or the shop defers all orders, or
    /// those whose placing meets a transient fault.
    pub async fn take<T>(
        &self,
        order: &PlaceOrder,
        defer: bool,
        place: impl Future<Output = Result<T, PlaceError>>,
    ) -> Result<OrderOutcome<T>, PlaceError> {
        if defer || self.intake == DeferralPolicy::Always {
            return Ok(OrderOutcome::Deferred(self.defer(order).await?));
        }
        match place.await {
            Ok(placed) => Ok(OrderOutcome::Placed(placed)),
            Err(PlaceError::Fault(fault))
                if self.intake == DeferralPolicy::UnderPressure && fault.is_transient() =>
            {
                Ok(OrderOutcome::Deferred(self.defer(order).await?))
            }
            Err(error) => Err(error),
        }
    }

    /// On return the order is durably queued.
    async fn defer(&self, order: &PlaceOrder) -> Result<DeferredOrder, Fault> {
        let id = self.bus.ids().id();
        let request = OrderRequested { id, order: order.clone() };
        self.bus.send(guard::headers(self.bus.ids()), &request).await?;
        Ok(self.deferred(id))
    }

    /// The deferred order with this id.
    pub fn deferred(&self, id: OrderId) -> DeferredOrder {
        DeferredOrder { id, token: self.secret.deferred_token(id) }
    }

    /// Asks about an order. `None`: it is deferred, and either not placed yet or `order` does not answer just now.
    pub async fn read<R>(
        &self,
        id: OrderId,
        access: &Access,
        request: &R,
    ) -> Result<Option<R::Reply>, OrderError>
    where
        R: Request<Error = OrderError>,
    {
        if !self.secret.is_deferred_token(id, access) {
            return ask(&self.bus, request).await.map(Some);
        }
        match ask_briefly(&self.bus, request).await {
            Ok(reply) => Ok(Some(reply)),
            Err(OrderError::NotFound) => Ok(None),
            Err(OrderError::Fault(fault)) if fault.is_transient() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Asks for a change of an order. `None`: it is deferred and not placed yet, so there is nothing to change.
    pub async fn change<R>(
        &self,
        id: OrderId,
        access: &Access,
        request: &R,
    ) -> Result<Option<R::Reply>, OrderError>
    where
        R: Request<Error = OrderError>,
    {
        match ask(&self.bus, request).await {
            Err(OrderError::NotFound) if self.secret.is_deferred_token(id, access) => Ok(None),
            answer => answer.map(Some),
        }
    }
}
