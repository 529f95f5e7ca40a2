//! Who follows which order, and what they are told.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use order_contract::{CancelReason, OrderId, OrderStatus};
use tokio::sync::broadcast;

/// An order has fewer steps in its whole life; whoever lags further behind is told the latest ones.
const BACKLOG: usize = 8;

/// How many may follow one order at a time: its buyer's devices. So the holder of one token cannot take all places.
const FOLLOWERS: usize = 8;

/// A step that an order took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Change {
    /// The order's version.
    pub(crate) version: i64,
    /// What it became.
    pub(crate) status: OrderStatus,
    /// Why, if it was cancelled.
    pub(crate) reason: Option<CancelReason>,
}

/// The orders that are being followed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Live(Arc<Mutex<HashMap<OrderId, Followed>>>);

#[derive(Debug)]
struct Followed {
    changes: broadcast::Sender<Change>,
    followers: usize,
}

/// One who follows an order; when dropped, no longer.
#[derive(Debug)]
pub(crate) struct Follower {
    live: Live,
    id: OrderId,
    changes: broadcast::Receiver<Change>,
}

impl Change {
    pub(crate) fn new(version: i64, status: OrderStatus) -> Self {
        Self { version, status, reason: None }
    }

    /// Whether nothing that a shopper waits for can follow.
    pub(crate) fn is_last(&self) -> bool {
        is_last(self.status)
    }
}

/// Whether nothing that a shopper waits for can follow.
pub(crate) fn is_last(status: OrderStatus) -> bool {
    matches!(status, OrderStatus::Delivered | OrderStatus::Cancelled | OrderStatus::Refunded)
}

impl Live {
    /// From now on, every change of the order; nothing if as many follow it as may.
    pub(crate) fn follow(&self, id: OrderId) -> Option<Follower> {
        let mut orders = self.orders();
        let followed = orders
            .entry(id)
            .or_insert_with(|| Followed { changes: broadcast::channel(BACKLOG).0, followers: 0 });
        if followed.followers == FOLLOWERS {
            return None;
        }
        followed.followers += 1;
        Some(Follower { live: self.clone(), id, changes: followed.changes.subscribe() })
    }

    /// Tells those who follow the order, if any do.
    pub(crate) fn tell(&self, id: OrderId, change: Change) {
        if let Some(followed) = self.orders().get(&id) {
            // Nobody receives only if the last one is leaving just now.
            let _ = followed.changes.send(change);
        }
    }

    /// Lets every follower go: changes may have been missed, and whoever follows anew reads the order first.
    pub(crate) fn let_go(&self) {
        for followed in self.orders().values_mut() {
            followed.changes = broadcast::channel(BACKLOG).0;
        }
    }

    fn orders(&self) -> MutexGuard<'_, HashMap<OrderId, Followed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Follower {
    /// The next change to a version after `version`. Events may come twice.
    pub(crate) async fn after(&mut self, version: i64) -> Option<Change> {
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
        let mut orders = self.live.orders();
        if let Some(followed) = orders.get_mut(&self.id) {
            followed.followers -= 1;
            if followed.followers == 0 {
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
    async fn followers_hear_what_is_new_and_leave_nothing_behind() {
        let (live, id) = (Live::default(), IdSource::random(Clock::system()).id());
        live.tell(id, Change::new(1, OrderStatus::Pending));
        let (mut one, mut other) = (live.follow(id).unwrap(), live.follow(id).unwrap());
        live.tell(id, Change::new(2, OrderStatus::Confirmed));
        live.tell(id, Change::new(2, OrderStatus::Confirmed));
        live.tell(id, Change::new(3, OrderStatus::Processing));
        assert_eq!(one.after(1).await.unwrap().status, OrderStatus::Confirmed);
        assert_eq!(one.after(2).await.unwrap().status, OrderStatus::Processing);
        assert_eq!(other.after(2).await.unwrap().status, OrderStatus::Processing);
        let more: Vec<_> = (2..FOLLOWERS).map(|_| live.follow(id).unwrap()).collect();
        assert!(live.follow(id).is_none());
        drop(more);
        assert!(live.follow(id).is_some());
        drop(one);
        assert_eq!(live.orders().len(), 1);
        drop(other);
        assert_eq!(live.orders().len(), 0);
    }

    #[tokio::test]
    async fn whoever_may_have_missed_something_is_let_go_and_can_come_again() {
        let (live, id) = (Live::default(), IdSource::random(Clock::system()).id());
        let mut cut_off = live.follow(id).unwrap();
        live.let_go();
        assert!(cut_off.after(0).await.is_none());
        let mut again = live.follow(id).unwrap();
        drop(cut_off);
        live.tell(id, Change::new(2, OrderStatus::Confirmed));
        assert_eq!(again.after(1).await.unwrap().version, 2);
        drop(again);
        assert_eq!(live.orders().len(), 0);
    }
}
