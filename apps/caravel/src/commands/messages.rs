//! `caravel messages`: the messages of the services, for people and for programs. `docs/messages.md` is its output.

mod json;
mod page;

use clap::Args;
use message::Contract;
use runtime::BoxError;
use serde_json::json;

use crate::{services::contracts, stdout::print};

/// The arguments of `caravel messages`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Print one JSON document with every schema, for programs, instead of Markdown.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), BoxError> {
    let contracts = contracts();
    if arguments.json {
        print(document(&contracts)?);
    } else {
        print(page::render(&contracts)?.trim_end());
    }
    Ok(())
}

/// Everything for programs: the wire's version, and per service its messages with their schemas and examples.
fn document(contracts: &[Contract]) -> Result<String, BoxError> {
    let document = json!({ "wire": "v1", "services": contracts });
    Ok(serde_json::to_string_pretty(&document)?)
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    /// `CARAVEL_REWRITE_DOCS=1 cargo test -p caravel messages` writes the page instead of comparing it.
    #[test]
    fn the_page_is_up_to_date() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/messages.md");
        let page = page::render(&contracts()).unwrap();
        if std::env::var_os("CARAVEL_REWRITE_DOCS").is_some() {
            fs::write(&file, &page).unwrap();
        }
        assert!(
            fs::read_to_string(&file).unwrap_or_default() == page,
            "docs/messages.md is not what the contracts say: run `CARAVEL_REWRITE_DOCS=1 cargo test -p caravel messages`, \
             or `caravel messages > docs/messages.md`"
        );
    }

    #[test]
    fn no_link_within_the_page_leads_nowhere() {
        let page = page::render(&contracts()).unwrap();
        let anchor = |heading: &str| heading.replace(['`', '.'], "").to_lowercase().replace(' ', "-");
        let headings: BTreeSet<String> = page
            .lines()
            .filter_map(|line| {
                line.trim_start_matches('#').strip_prefix(' ').filter(|_| line.starts_with("##"))
            })
            .map(anchor)
            .collect();
        let links: Vec<&str> =
            page.split("](#").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0)).collect();
        assert!(links.len() > 60, "{}", links.len());
        for link in links {
            assert!(headings.contains(link), "{link}");
        }
    }

    #[test]
    fn every_reaction_is_to_an_event_that_some_service_publishes() {
        let contracts = contracts();
        let published: BTreeSet<&str> =
            contracts.iter().flat_map(|contract| &contract.events).map(|entry| entry.name).collect();
        for name in contracts.iter().flat_map(|contract| &contract.reactions) {
            assert!(published.contains(name), "no service publishes {name}");
        }
    }

    #[test]
    fn no_two_messages_have_one_name() {
        let mut names = BTreeSet::new();
        for contract in contracts() {
            let requests = contract.requests.iter().map(|entry| entry.name);
            for name in requests.chain(contract.events.iter().map(|entry| entry.name)) {
                assert!(names.insert(name), "{name} is there twice");
            }
        }
    }

    #[test]
    fn programs_find_every_schema() {
        let document: serde_json::Value = serde_json::from_str(&document(&contracts()).unwrap()).unwrap();
        let order = &document["services"][1];
        assert_eq!(order["requests"][0]["name"], "order.place");
        assert_eq!(order["requests"][0]["request"]["schema"]["$ref"], "#/$defs/PlaceOrder");
        assert!(order["$defs"]["PlaceOrder"]["properties"]["idempotency_key"].is_object());
        assert_eq!(document["services"][3]["reactions"][0], "order.confirmed");
    }
}
