//! Which services and edges a process runs.

use crate::services::{Entry, SERVICES};

/// What `caravel run` calls the HTTP API.
pub(crate) const GATEWAY: &str = gateway::NAME;

/// What `caravel run` calls the shop's pages.
pub(crate) const STOREFRONT: &str = storefront::NAME;

/// The services and edges of one process.
pub(crate) struct Roster {
    pub(crate) services: Vec<&'static Entry>,
    pub(crate) gateway: bool,
    pub(crate) storefront: bool,
}

impl Roster {
    /// The whole shop.
    pub(crate) fn whole() -> Self {
        Self { gateway: true, storefront: true, ..Self::services() }
    }

    /// All services, and no edge.
    pub(crate) fn services() -> Self {
        Self { services: SERVICES.iter().collect(), ..Self::nobody() }
    }

    /// Nothing: a process that only asks.
    pub(crate) fn nobody() -> Self {
        Self { services: Vec::new(), gateway: false, storefront: false }
    }

    /// Those that are named. A wrong name is told with the right ones.
    pub(crate) fn named<S: AsRef<str>>(names: &[S]) -> Result<Self, String> {
        if names.is_empty() {
            return Err(format!("say what to run: {}", known()));
        }
        let mut roster = Self::nobody();
        for name in names.iter().map(AsRef::as_ref) {
            match SERVICES.iter().find(|entry| entry.name == name) {
                Some(entry) if roster.services.iter().any(|known| known.name == name) => {
                    return Err(format!("{} is named twice", entry.name));
                }
                Some(entry) => roster.services.push(entry),
                None if name == GATEWAY => roster.gateway = true,
                None if name == STOREFRONT => roster.storefront = true,
                None => return Err(format!("there is no service `{name}`; there are {}", known())),
            }
        }
        Ok(roster)
    }

    /// Whether it has an edge, which serves HTTP.
    pub(crate) fn has_edges(&self) -> bool {
        self.gateway || self.storefront
    }
}

/// The names that there are, for the end of a sentence.
fn known() -> String {
    let services: Vec<_> = SERVICES.iter().map(|entry| entry.name).collect();
    format!("{}, and the edges {GATEWAY} and {STOREFRONT}", services.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_services_and_edges() {
        let roster = Roster::named(&["order", "storefront"]).unwrap();
        let services: Vec<_> = roster.services.iter().map(|entry| entry.name).collect();
        assert_eq!((services, roster.gateway, roster.storefront), (vec!["order"], false, true));
        assert!(roster.has_edges() && !Roster::services().has_edges());
    }

    #[test]
    fn a_wrong_name_is_told_with_the_right_ones() {
        for (names, start) in [
            (&["oder"][..], "there is no service `oder`; there are product, order,"),
            (&[], "say what to run: product,"),
            (&["order", "order"], "order is named twice"),
        ] {
            let told = Roster::named(names).err().unwrap();
            assert!(told.starts_with(start), "{told}");
        }
    }
}
