//! `[bus]`, `[run]` and `[fleet]`: how processes work, and how many there are.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    num::{NonZeroU32, NonZeroUsize},
    time::Duration,
};

use message::Invalid;
use serde::Deserialize;

/// What gateway and storefront are called together: they share the shop's port, and the processes behind it.
pub(crate) const EDGE: &str = "edge";

/// `[bus]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bus {
    patience_seconds: NonZeroU32,
    in_flight: NonZeroUsize,
    in_flight_per_service: NonZeroUsize,
    pub(crate) reactions_paused: bool,
}

impl Bus {
    pub(crate) fn patience(&self) -> Duration {
        seconds(self.patience_seconds)
    }

    pub(crate) fn limits(&self) -> bus::layers::RequestLimits {
        bus::layers::RequestLimits {
            in_flight: self.in_flight.get(),
            in_flight_per_service: self.in_flight_per_service.get(),
        }
    }
}

/// `[run]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Run {
    #[serde(deserialize_with = "super::listen::optional")]
    pub(crate) health: Option<SocketAddr>,
    #[serde(deserialize_with = "message::within::<_, 0, 1024>")]
    threads: u32,
}

impl Run {
    /// How many threads a process shall have; services alone make do with few, which keeps them small.
    pub(crate) fn threads(&self, has_edges: bool) -> usize {
        match (self.threads, has_edges) {
            (0, true) => cores(),
            (0, false) => cores().min(4),
            (threads, _) => usize::try_from(threads).unwrap_or(1),
        }
    }
}

/// `[fleet]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fleet {
    pub(crate) workers: BTreeMap<String, Workers>,
    pub(crate) respawns: u32,
    respawn_window_seconds: NonZeroU32,
    unresponsive_seconds: NonZeroU32,
    ready_within_seconds: NonZeroU32,
}

/// How many workers there are of one name; 0 is one per core.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u32")]
pub(crate) struct Workers(u32);

impl Workers {
    pub(crate) const ONE: Self = Self(1);

    /// More than this is a mistyped number.
    const MOST: u32 = 256;

    pub(crate) fn count(self) -> usize {
        if self.0 == 0 { cores() } else { usize::try_from(self.0).unwrap_or(1) }
    }
}

impl TryFrom<u32> for Workers {
    type Error = Invalid;

    fn try_from(workers: u32) -> Result<Self, Invalid> {
        if workers <= Self::MOST {
            Ok(Self(workers))
        } else {
            let why = format!(
                "{workers} workers are too many; expected at most {}, such as 2, or 0 for one per core",
                Self::MOST
            );
            Err(Invalid::new(why))
        }
    }
}

impl Fleet {
    pub(crate) fn respawn_window(&self) -> Duration {
        seconds(self.respawn_window_seconds)
    }

    pub(crate) fn unresponsive(&self) -> Duration {
        seconds(self.unresponsive_seconds)
    }

    pub(crate) fn ready_within(&self) -> Duration {
        seconds(self.ready_within_seconds)
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

fn seconds(seconds: NonZeroU32) -> Duration {
    Duration::from_secs(u64::from(seconds.get()))
}
