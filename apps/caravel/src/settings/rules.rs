//! What no type can see by itself: names that must be known elsewhere.

use message::ShortText;
use runtime::settings::Broken;

use super::{EDGE, Settings};

/// The rules that the settings break.
pub(super) fn broken(settings: &Settings, services: &[&str]) -> Vec<Broken> {
    let workers = unknown("fleet.workers", settings.fleet.workers.keys(), &[services, &[EDGE]].concat());
    let (urls, read_urls) = settings.database.services();
    let urls = unknown("database.urls", urls, services);
    let read_urls = unknown("database.read_urls", read_urls, services);
    [providers(settings), workers, urls, read_urls].concat()
}

/// Names in an open section that nothing has.
fn unknown<'a>(section: &str, names: impl Iterator<Item = &'a String>, known: &[&str]) -> Vec<Broken> {
    let unknown = names.filter(|name| !known.contains(&name.as_str()));
    let broken = unknown.map(|name| Broken {
        key: format!("{section}.{name}"),
        why: format!("there is no service `{name}`; there are {}", known.join(", ")),
    });
    broken.collect()
}

/// A buyer can only pay with a provider that `payment` has.
fn providers(settings: &Settings) -> Vec<Broken> {
    let named: Vec<&str> = settings.order.payment_providers.iter().map(ShortText::as_str).collect();
    let known = payment::PROVIDERS.join(", ");
    let why = match named.iter().find(|name| !payment::PROVIDERS.contains(name)) {
        Some(name) => format!("there is no payment provider {name:?}; there are: {known}"),
        None if named.is_empty() => {
            format!("a shop needs a payment provider; there are: {known}")
        }
        None => return Vec::new(),
    };
    vec![Broken { key: "order.payment_providers".to_owned(), why }]
}
