//! What the edges of all processes share: the cache's second level and the limits, if there is a Redis.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Arc,
};

use cache::{Counters, Level, Tags};
use redis_adapter::Redis;
use runtime::BoxError;
use web::limit::RateLimit;

use crate::settings::Settings;

/// What every edge of this process uses.
pub(crate) struct Shared {
    /// The registry of tags, over the shared level.
    pub(crate) tags: Tags,
    /// How often one client may place orders, over all edges.
    pub(crate) orders: RateLimit,
}

impl Shared {
    /// Starts what `[redis]`, `[limits]` and `[web]` set. Redis need not answer yet.
    pub(crate) fn start(settings: &Settings) -> Result<Self, BoxError> {
        let (tags, counters) = match settings.redis.adapter() {
            Some(adapter) => {
                let redis = Redis::start(adapter, &build(settings))?;
                (Tags::over(Level::start(Arc::<Redis>::clone(&redis))), Counters::over(redis))
            }
            None => (Tags::new(), Counters::new()),
        };
        let (most, proxies) = (settings.limits.orders_per_minute, settings.web.trusted_proxies.clone());
        let orders = RateLimit::per_minute("orders", most, counters, proxies);
        Ok(Self { tags, orders })
    }
}

/// Names the program and the settings that its pages show: processes share pages only under the same name. A needless
/// difference costs only sharing.
fn build(settings: &Settings) -> String {
    let mut hasher = DefaultHasher::new();
    env!("CARGO_PKG_VERSION").hash(&mut hasher);
    if let Ok(program) = std::env::current_exe().and_then(std::fs::metadata) {
        (program.len(), program.modified().ok()).hash(&mut hasher);
    }
    let shown = format!("{:?}{:?}{:?}", settings.shop, settings.order, settings.notification);
    shown.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::tests::settings_with;

    #[test]
    fn pages_are_shared_only_where_they_are_the_same() {
        let with = |name: &str, value: &str| build(&settings_with(&[(name, value)]).unwrap());
        let usual = with("CARAVEL_SHOP_NAME", "Lateen");
        assert_eq!(usual, with("CARAVEL_WEB_LISTEN", "127.0.0.1:9090"));
        assert_ne!(usual, with("CARAVEL_SHOP_NAME", "Yawl"));
    }
}
