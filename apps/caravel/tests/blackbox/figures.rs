//! Checks that `docs/metrics.md` describes every metric, and no other.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use testing::{TestBackend, db_test};

use crate::{
    api::{Ask as _, basket, fresh_key, text},
    shop::Shop,
};

/// The repository, from this crate.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Each documented name and its kind.
fn documented() -> BTreeMap<String, String> {
    let page = fs::read_to_string(root().join("docs/metrics.md")).unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")).map(|row| {
        let (name, rest) = row.split_once("` | ").unwrap();
        (name.to_owned(), rest.split(" |").next().unwrap().to_owned())
    });
    rows.collect()
}

/// Every metric in the code with its kind, without tests.
fn counted() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders =
        ["kernel", "services", "edge", "apps", "adapters"].map(|folder| root().join(folder)).to_vec();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() && !["tests", "examples"].iter().any(|aside| entry.ends_with(aside)) {
                folders.push(entry);
            } else if entry.extension().is_some_and(|extension| extension == "rs") {
                let code = fs::read_to_string(&entry).unwrap();
                collect(code.split("#[cfg(test)]").next().unwrap(), &mut found);
            }
        }
    }
    found
}

fn collect(code: &str, found: &mut BTreeMap<String, String>) {
    for kind in ["counter", "gauge", "histogram"] {
        for call in code.split(&format!("metrics::{kind}!(")).skip(1) {
            let name = call.trim_start().strip_prefix('"').and_then(|call| call.split('"').next());
            let name = name.expect("a metric is counted under a name that can be read in the code");
            found.insert(name.to_owned(), kind.to_owned());
        }
    }
}

#[test]
fn the_page_describes_what_the_code_counts() {
    let mut documented = documented();
    // The metrics that are written by hand, in the format of Prometheus' own libraries; the running shop shows them.
    documented.retain(|name, _| !name.starts_with("process_"));
    assert_eq!(documented, counted());
}

#[test]
fn names_say_what_they_are() {
    for (name, kind) in documented() {
        assert_eq!(kind == "counter", name.ends_with("_total"), "{name} is a {kind}");
        if kind == "histogram" {
            assert!(
                name.ends_with("_seconds") || name.ends_with("_size"),
                "{name} has no buckets of its own"
            );
        }
    }
}

#[db_test]
async fn a_running_shop_shows_what_the_page_tells(backend: TestBackend) {
    let shop = Shop::start(&backend).await;
    let variant = shop.api.sell("lamp", 249_900, 5).await;
    let order = shop.api.place(&fresh_key(), &basket(&[(&variant, 1)])).await.is(201);
    shop.api.until_order_is(&text(&order["id"]), "confirmed").await;
    let figures = shop.api.get("/metrics").answer().await.text();
    let shown: BTreeMap<String, String> = figures
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '))
        .map(|(name, kind)| (name.to_owned(), kind.to_owned()))
        .collect();
    let documented = documented();
    let unknown: BTreeSet<_> =
        shown.iter().filter(|(name, kind)| documented.get(*name) != Some(kind)).collect();
    assert!(unknown.is_empty(), "not in docs/metrics.md: {unknown:?}");
    for usual in ["bus_breaker_state", "bus_requests_in_flight", "order_transitions_total", "process_max_fds"]
    {
        assert!(shown.contains_key(usual), "{usual} is missing in {shown:?}");
    }
}
