//! Who sails: which processes a fleet is made of.

use std::{num::NonZeroUsize, sync::Arc};

use runtime::settings::{Errors, Settings};

use crate::{
    roster::{GATEWAY, STOREFRONT},
    services::SERVICES,
    settings::{self, problem},
};

/// What gateway and storefront are called together: they share the shop's port, and the processes behind it.
pub(super) const EDGE: &str = "edge";

/// More workers of one kind than anybody means.
const MOST: u32 = 256;

/// Workers that all run the same.
#[derive(Debug)]
pub(super) struct Crew {
    pub(super) name: &'static str,
    /// What `caravel run` is told.
    pub(super) runs: Vec<&'static str>,
    pub(super) workers: usize,
    /// Whether they answer on the shop's port.
    pub(super) is_edge: bool,
}

/// Whether the numbers of workers can be meant.
pub(crate) fn check(settings: &Settings, fleet: &settings::Fleet) -> Result<(), Errors> {
    for (name, workers) in &fleet.workers {
        let why = if !names().any(|known| known == name) {
            let known: Vec<_> = names().map(|name| format!("`{name}`")).collect();
            format!("there is no service of this name; there are {}", known.join(", "))
        } else if *workers > MOST {
            format!("{workers} workers are too many; there may be at most {MOST}")
        } else {
            continue;
        };
        return Err(problem(settings, &format!("fleet.workers.{name}"), why));
    }
    Ok(())
}

/// The crews of the whole shop, the edge last: it has nobody to ask before the others are there.
pub(super) fn crews(fleet: &settings::Fleet) -> Vec<Arc<Crew>> {
    let workers = |name: &str, usual: u32| match fleet.workers.get(name).copied().unwrap_or(usual) {
        0 => std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
        workers => usize::try_from(workers).unwrap_or(1),
    };
    let services = SERVICES.iter().map(|entry| Crew {
        name: entry.name,
        runs: vec![entry.name],
        workers: workers(entry.name, 1),
        is_edge: false,
    });
    let edge = Crew { name: EDGE, runs: vec![GATEWAY, STOREFRONT], workers: workers(EDGE, 0), is_edge: true };
    services.chain([edge]).map(Arc::new).collect()
}

fn names() -> impl Iterator<Item = &'static str> {
    SERVICES.iter().map(|entry| entry.name).chain([EDGE])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_has_one_worker_and_the_edge_one_per_core_unless_said() {
        let load = |variables: &[(&str, &str)]| {
            let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
            let settings = Settings::builder(settings::DEFAULTS).variables(variables).load().unwrap();
            crews(&settings.section("fleet").unwrap())
        };
        let cores = std::thread::available_parallelism().unwrap().get();
        let crews = load(&[]);
        assert_eq!(crews.len(), SERVICES.len() + 1);
        assert!(crews.iter().all(|crew| crew.workers == if crew.is_edge { cores } else { 1 }));
        assert!(crews.last().unwrap().is_edge);

        let crews = load(&[("CARAVEL_FLEET_WORKERS_ORDER", "3"), ("CARAVEL_FLEET_WORKERS_EDGE", "7")]);
        let workers = |name| crews.iter().find(|crew| crew.name == name).unwrap().workers;
        assert_eq!((workers("order"), workers("edge"), workers("payment")), (3, 7, 1));
    }
}
