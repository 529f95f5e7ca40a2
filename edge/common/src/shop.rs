//! What the merchant says of the shop, as this process last knew it.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bus::{Bus, Router};
use cache::Tags;
use message::Timestamp;
use shop_contract::{GetShop, ShopChanged, ShopSettings};
use tokio::runtime::Handle;

use crate::{ask::ask_briefly, tags};

/// How long the settings are shown before `shop` is asked again, in case an event was lost.
const FRESH_FOR: Duration = Duration::from_mins(1);

/// How long after a question the next one is asked if there is no answer.
const PAUSE: Duration = Duration::from_secs(2);

/// This process's copy of the shop's settings. Cheap to clone; all clones are one.
///
/// It follows `shop.changed`. While `shop` does not answer it stays as it is; before the first answer it has the values of
/// the settings file.
#[derive(Clone)]
pub struct ShopCopy(Arc<Inner>);

struct Inner {
    bus: Bus,
    tags: Tags,
    last: Mutex<Last>,
}

/// What is known, and when to ask for it again.
struct Last {
    shop: Arc<ShopSettings>,
    due: Option<Timestamp>,
}

impl ShopCopy {
    /// Knows the values of the settings `file` at first. When other values become known, the pages of `tags` that show the
    /// shop are purged.
    pub fn new(bus: Bus, tags: Tags, file: ShopSettings) -> Self {
        let last = Mutex::new(Last { shop: Arc::new(file), due: None });
        Self(Arc::new(Inner { bus, tags, last }))
    }

    /// The settings as they are known now. If they are due, they are asked for behind the caller.
    pub fn known(&self) -> Arc<ShopSettings> {
        let now = self.0.bus.now();
        let mut last = self.lock();
        if last.due.is_none_or(|due| due <= now)
            && let Ok(runtime) = Handle::try_current()
        {
            last.due = Some(now.after(PAUSE));
            let copy = self.clone();
            runtime.spawn(async move { copy.refresh().await });
        }
        Arc::clone(&last.shop)
    }

    /// Asks `shop` and waits for its answer, [`BRIEFLY`](crate::ask::BRIEFLY) at most: before the first page is served, so
    /// that it shows what the merchant has set.
    pub async fn refresh(&self) {
        self.lock().due = Some(self.0.bus.now().after(PAUSE));
        match ask_briefly(&self.0.bus, &GetShop {}).await {
            Ok(shop) => {
                self.lock().due = Some(self.0.bus.now().after(FRESH_FOR));
                self.learn(shop);
            }
            Err(error) => tracing::warn!(%error, "the shop's settings are shown as last known"),
        }
    }

    /// Takes these settings over, unless newer ones are known, and purges the pages that show others.
    pub fn learn(&self, shop: ShopSettings) {
        let mut last = self.lock();
        if shop.version < last.shop.version || shop == *last.shop {
            return;
        }
        last.shop = Arc::new(shop);
        drop(last);
        self.0.tags.purge(tags::SHOP);
    }

    /// Lets the service of an edge follow the shop's changes.
    #[must_use]
    pub fn follow<S: Send + Sync + 'static>(&self, router: Router<S>) -> Router<S> {
        let (changed, missed) = (self.clone(), self.clone());
        router
            .listen(move |_, ShopChanged { shop }| changed.learn(shop))
            .listen_for_gaps(move |_| missed.lock().due = None)
    }

    fn lock(&self) -> MutexGuard<'_, Last> {
        self.0.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for ShopCopy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ShopCopy").field(&self.lock().shop).finish()
    }
}
