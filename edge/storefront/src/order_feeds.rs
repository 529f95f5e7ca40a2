//! The pages that follow an order, and the status changes that they get.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use order_contract::{CancelReason, OrderId, OrderStatus};
use tokio::sync::broadcast;

/// Status changes kept per order. An order has fewer in its whole life; a slower follower gets the latest ones.
const BACKLOG: usize = 8;

/// How many pages may follow one order: its buyer's devices. The holder of one token cannot use up all streams.
const FOLLOWERS: usize = 8;

/// A new status of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StatusChange {
    /// The order's version.
    pub(crate) version: i64,
    /// The new status.
    pub(crate) status: OrderStatus,
    /// Why it was cancelled.
    pub(crate) reason: Option<CancelReason>,
    /// Whether its last payment failed, so that it can be paid again.
    pub(crate) payment_failed: bool,
}

/// One feed per followed order.
#[derive(Debug, Clone, Default)]
pub(crate) struct OrderFeeds(Arc<Mutex<HashMap<OrderId, Feed>>>);

#[derive(Debug)]
struct Feed {
    changes: broadcast::Sender<StatusChange>,
    followers: usize,
}

/// One page that follows an order, until it is dropped.
#[derive(Debug)]
pub(crate) struct Follower {
    feeds: OrderFeeds,
    id: OrderId,
    changes: broadcast::Receiver<StatusChange>,
}

impl StatusChange {
    pub(crate) fn new(version: i64, status: OrderStatus) -> Self {
        Self { version, status, reason: None, payment_failed: false }
    }

    /// Whether no change that a shopper waits for can follow.
    pub(crate) fn is_last(&self) -> bool {
        is_last(self.status)
    }
}

/// Whether no change that a shopper waits for can follow.
pub(crate) fn is_last(status: OrderStatus) -> bool {
    matches!(status, OrderStatus::Delivered | OrderStatus::Cancelled | OrderStatus::Refunded)
}

impl OrderFeeds {
    /// Follows the order from now on; `None` if [`FOLLOWERS`] pages do already.
    pub(crate) fn follow(&self, id: OrderId) -> Option<Follower> {
        let mut orders = self.orders();
        let feed =
            orders.entry(id).or_insert_with(|| Feed { changes: broadcast::channel(BACKLOG).0, followers: 0 });
        if feed.followers == FOLLOWERS {
            return None;
        }
        feed.followers += 1;
        Some(Follower { feeds: self.clone(), id, changes: feed.changes.subscribe() })
    }

    /// Sends the change to the pages that follow the order.
    pub(crate) fn publish(&self, id: OrderId, change: StatusChange) {
        if let Some(feed) = self.orders().get(&id) {
            // An error means that the last follower is being dropped just now.
            let _ = feed.changes.send(change);
        }
    }

    /// Closes every feed: changes may have been missed. A page that reconnects reads the order first.
    pub(crate) fn close_all(&self) {
        for feed in self.orders().values_mut() {
            feed.changes = broadcast::channel(BACKLOG).0;
        }
    }

    fn orders(&self) -> MutexGuard<'_, HashMap<OrderId, Feed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Follower {
    /// The next change to a version after `version`. Events may come twice.
    pub(crate) async fn after(&mut self, version: i64) -> Option<StatusChange> {
        loop {
            match self.changes.recv().await {
                Ok(change) if change.version > version => return Some(change),
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let mut orders = self.feeds.orders();
        if let Some(feed) = orders.get_mut(&self.id) {
            feed.followers -= 1;
            if feed.followers == 0 {
                orders.remove(&self.id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use message::{Clock, IdSource};

    use super::*;

    #[tokio::test]
    async fn followers_get_new_changes_and_leave_nothing_behind() {
        let (feeds, id) = (OrderFeeds::default(), IdSource::random(Clock::system()).id());
        feeds.publish(id, StatusChange::new(1, OrderStatus::Pending));
        let (mut one, mut other) = (feeds.follow(id).unwrap(), feeds.follow(id).unwrap());
        feeds.publish(id, StatusChange::new(2, OrderStatus::Confirmed));
        feeds.publish(id, StatusChange::new(2, OrderStatus::Confirmed));
        feeds.publish(id, StatusChange::new(3, OrderStatus::Processing));
        assert_eq!(one.after(1).await.unwrap().status, OrderStatus::Confirmed);
        assert_eq!(one.after(2).await.unwrap().status, OrderStatus::Processing);
        assert_eq!(other.after(2).await.unwrap().status, OrderStatus::Processing);
        let more: Vec<_> = (2..FOLLOWERS).map(|_| feeds.follow(id).unwrap()).collect();
        assert!(feeds.follow(id).is_none());
        drop(more);
        assert!(feeds.follow(id).is_some());
        drop(one);
        assert_eq!(feeds.orders().len(), 1);
        drop(other);
        assert_eq!(feeds.orders().len(), 0);
    }

    #[tokio::test]
    async fn a_closed_follower_can_follow_again() {
        let (feeds, id) = (OrderFeeds::default(), IdSource::random(Clock::system()).id());
        let mut cut_off = feeds.follow(id).unwrap();
        feeds.close_all();
        assert!(cut_off.after(0).await.is_none());
        let mut again = feeds.follow(id).unwrap();
        drop(cut_off);
        feeds.publish(id, StatusChange::new(2, OrderStatus::Confirmed));
        assert_eq!(again.after(1).await.unwrap().version, 2);
        drop(again);
        assert_eq!(feeds.orders().len(), 0);
    }
}
