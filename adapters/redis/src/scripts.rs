//! What runs inside Redis. Each script is one step that nothing comes between, and one round trip.

use redis::Script;

/// Redis knows scripts by their hash; they are made once.
pub(crate) struct Scripts {
    pub(crate) get: Script,
    pub(crate) put: Script,
    pub(crate) purge: Script,
    pub(crate) greet: Script,
    pub(crate) count: Script,
}

impl Scripts {
    pub(crate) fn new() -> Self {
        let common = include_str!("scripts/common.lua");
        let with_common = |body: &str| Script::new(&format!("{common}{body}"));
        Self {
            get: with_common(include_str!("scripts/get.lua")),
            put: with_common(include_str!("scripts/put.lua")),
            purge: with_common(include_str!("scripts/purge.lua")),
            greet: with_common(include_str!("scripts/greet.lua")),
            count: Script::new(include_str!("scripts/count.lua")),
        }
    }
}
