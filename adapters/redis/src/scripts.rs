//! The scripts that run inside Redis. Each is atomic and takes one round trip.

use redis::Script;

/// The scripts. Redis knows them by their hashes, which are computed once.
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
