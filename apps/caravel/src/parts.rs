//! The parts of the shop that a process runs: services and edges.

use crate::services::{self, Entry, SERVICES};

/// What `caravel run` calls the HTTP API.
pub(crate) const GATEWAY: &str = gateway::NAME;

/// What `caravel run` calls the shop's pages.
pub(crate) const STOREFRONT: &str = storefront::NAME;

/// The services and edges of one process.
pub(crate) struct Parts {
    pub(crate) services: Vec<&'static Entry>,
    pub(crate) gateway: bool,
    pub(crate) storefront: bool,
}

impl Parts {
    /// The whole shop.
    pub(crate) fn whole() -> Self {
        Self { gateway: true, storefront: true, ..Self::services() }
    }

    /// All services, and no edge.
    pub(crate) fn services() -> Self {
        Self { services: SERVICES.iter().collect(), ..Self::none() }
    }

    /// Nothing: a process that only asks.
    pub(crate) fn none() -> Self {
        Self { services: Vec::new(), gateway: false, storefront: false }
    }

    /// Those that are named. The refusal of a wrong name lists the right ones.
    pub(crate) fn named<S: AsRef<str>>(names: &[S]) -> Result<Self, String> {
        if names.is_empty() {
            return Err(format!("name what to run: {}", known()));
        }
        let mut parts = Self::none();
        for name in names.iter().map(AsRef::as_ref) {
            match SERVICES.iter().find(|entry| entry.name == name) {
                Some(entry) if parts.services.iter().any(|known| known.name == name) => {
                    return Err(format!("{} is named twice", entry.name));
                }
                Some(entry) => parts.services.push(entry),
                None if name == GATEWAY => parts.gateway = true,
                None if name == STOREFRONT => parts.storefront = true,
                None => return Err(format!("there is no service `{name}`; there are {}", known())),
            }
        }
        Ok(parts)
    }

    /// The names of its services.
    pub(crate) fn service_names(&self) -> Vec<&'static str> {
        self.services.iter().map(|entry| entry.name).collect()
    }

    /// Whether it has an edge, which serves HTTP.
    pub(crate) fn has_edges(&self) -> bool {
        self.gateway || self.storefront
    }
}

/// The names that there are, for the end of a sentence.
fn known() -> String {
    format!("{}, and the edges {GATEWAY} and {STOREFRONT}", services::names().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_services_and_edges() {
        let parts = Parts::named(&["order", "storefront"]).unwrap();
        assert_eq!((parts.service_names(), parts.gateway, parts.storefront), (vec!["order"], false, true));
        assert!(parts.has_edges() && !Parts::services().has_edges());
    }

    #[test]
    fn a_wrong_name_is_refused_with_the_right_ones() {
        for (names, start) in [
            (&["oder"][..], "there is no service `oder`; there are product, order,"),
            (&[], "name what to run: product,"),
            (&["order", "order"], "order is named twice"),
        ] {
            let refused = Parts::named(names).err().unwrap();
            assert!(refused.starts_with(start), "{refused}");
        }
    }
}
