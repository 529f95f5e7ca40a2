//! What the edges of all processes share: the cache's second level and the limits, if there is a Redis.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Arc,
};

use cache::{Counters, Level, Tags};
use redis_adapter::Redis;
use runtime::{BoxError, settings::Settings};
use web::limit::RateLimit;

use crate::settings;

/// For every edge of this process.
pub(crate) struct Shared {
    /// The registry of tags, over the shared level.
    pub(crate) tags: Tags,
    /// How often one client may place orders, wherever.
    pub(crate) orders: RateLimit,
}

impl Shared {
    /// As `[redis]`, `[limits]` and `[web]` say. Redis need not be there.
    pub(crate) fn start(settings: &Settings) -> Result<Self, BoxError> {
        let (tags, counters) = match settings.section::<settings::Redis>("redis")?.adapter() {
            Some(told) => {
                let redis = Redis::start(told, &build(settings))?;
                (Tags::over(Level::start(Arc::<Redis>::clone(&redis))), Counters::over(redis))
            }
            None => (Tags::new(), Counters::new()),
        };
        let limits: settings::Limits = settings.section("limits")?;
        let web: settings::Web = settings.section("web")?;
        let orders = RateLimit::per_minute("orders", limits.orders_per_minute, counters, web.trusted_proxies);
        Ok(Self { tags, orders })
    }
}

/// What makes pages differ between processes: the program, and what it shows of its settings. To differ without need only
/// costs sharing.
fn build(settings: &Settings) -> String {
    let mut hasher = DefaultHasher::new();
    env!("CARGO_PKG_VERSION").hash(&mut hasher);
    if let Ok(program) = std::env::current_exe().and_then(std::fs::metadata) {
        (program.len(), program.modified().ok()).hash(&mut hasher);
    }
    let shown = ["shop.", "order.", "notification."];
    for entry in settings.entries() {
        if shown.iter().any(|section| entry.key.starts_with(section)) {
            (entry.key, entry.value).hash(&mut hasher);
        }
    }
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_shared_only_where_they_are_the_same() {
        let with = |name: &str, value: &str| {
            let variables = [(name.into(), value.into())];
            build(&Settings::builder(settings::DEFAULTS).variables(variables).load().unwrap())
        };
        let usual = with("CARAVEL_SHOP_NAME", "Lateen");
        assert_eq!(usual, with("CARAVEL_WEB_LISTEN", "127.0.0.1:9090"));
        assert_ne!(usual, with("CARAVEL_SHOP_NAME", "Yawl"));
    }
}
