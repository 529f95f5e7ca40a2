//! The processes that a fleet is made of.

use std::sync::Arc;

use crate::{
    parts::{GATEWAY, STOREFRONT},
    services::SERVICES,
    settings::{EDGE, Fleet, Workers},
};

/// Workers that all run the same.
#[derive(Debug)]
pub(super) struct Crew {
    pub(super) name: &'static str,
    /// The names for `caravel run`.
    pub(super) runs: Vec<&'static str>,
    pub(super) workers: usize,
    /// Whether they answer on the shop's port.
    pub(super) is_edge: bool,
}

/// The crews of the whole shop, the edge last: it asks the others.
pub(super) fn crews(fleet: &Fleet) -> Vec<Arc<Crew>> {
    let workers = |name: &str| fleet.workers.get(name).copied().unwrap_or(Workers::ONE).count();
    let services = SERVICES.iter().map(|entry| Crew {
        name: entry.name,
        runs: vec![entry.name],
        workers: workers(entry.name),
        is_edge: false,
    });
    let edge = Crew { name: EDGE, runs: vec![GATEWAY, STOREFRONT], workers: workers(EDGE), is_edge: true };
    services.chain([edge]).map(Arc::new).collect()
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;
    use crate::settings::tests::settings_with;

    #[test]
    fn a_service_has_one_worker_and_the_edge_one_per_core_by_default() {
        let load = |variables: &[(&str, &str)]| crews(&settings_with(variables).unwrap().fleet);
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let crews = load(&[]);
        assert_eq!(crews.len(), SERVICES.len() + 1);
        assert!(crews.iter().all(|crew| crew.workers == if crew.is_edge { cores } else { 1 }));
        assert!(crews.last().unwrap().is_edge);

        let crews = load(&[("CARAVEL_FLEET_WORKERS_ORDER", "3"), ("CARAVEL_FLEET_WORKERS_EDGE", "7")]);
        let workers = |name| crews.iter().find(|crew| crew.name == name).unwrap().workers;
        assert_eq!((workers("order"), workers("edge"), workers("payment")), (3, 7, 1));
    }
}
