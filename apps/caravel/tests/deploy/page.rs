//! `docs/operations.md` and `deploy/README.md`, which must be right when they are needed at night.

use std::{collections::BTreeSet, fs, path::Path};

use crate::{file, program};

const PAGES: [&str; 2] = ["docs/operations.md", "deploy/README.md"];

/// The prefixes of our metrics.
const FIGURES: [&str; 11] = [
    "http_",
    "bus_",
    "store_",
    "outbox_",
    "failed_",
    "rabbitmq_",
    "redis_",
    "shared_",
    "order_",
    "payment_",
    "notification_",
];

/// All text between backticks, and the lines of code blocks.
fn code() -> Vec<String> {
    let mut code = Vec::new();
    for page in PAGES {
        let mut in_block = false;
        for line in file(page).lines() {
            if line.starts_with("```") {
                in_block = !in_block;
            } else if in_block {
                code.push(line.split(" # ").next().unwrap().trim().to_owned());
            } else {
                code.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
            }
        }
    }
    code
}

/// The words of all code that consist of these letters.
fn words(more: &str) -> BTreeSet<String> {
    let belongs = |letter: char| letter.is_ascii_lowercase() || more.contains(letter);
    code().iter().flat_map(|code| code.split(|letter| !belongs(letter))).map(str::to_owned).collect()
}

#[test]
fn its_commands_are_understood() {
    let mut count = 0;
    for code in code() {
        let Some(command) = code.strip_prefix("caravel ") else { continue };
        // Up to a placeholder.
        let plain = |word: &&str| word.bytes().all(|letter| letter.is_ascii_lowercase() || letter == b'-');
        let words: Vec<_> = command.split([' ', ',']).take_while(plain).chain(["--help"]).collect();
        let read = program::run(&words, &[]);
        assert!(read.status.success(), "{code}: {}", program::said(&read));
        count += 1;
    }
    assert!(count > 10, "{count}");
}

#[test]
fn its_settings_exist() {
    let printed = program::said(&program::run(&["config"], &[]));
    let known: BTreeSet<_> =
        printed.lines().filter_map(|line| line.split_once(" = ")).map(|(key, _)| key).collect();
    let sections: BTreeSet<_> =
        known.iter().filter_map(|key| key.split_once('.')).map(|(name, _)| name).collect();
    let named = words("_.").into_iter().filter(|word| {
        word.split_once('.').is_some_and(|(section, key)| {
            sections.contains(section) && !key.is_empty() && !["sh", "md", "toml", "yaml"].contains(&key)
        })
    });
    let named: Vec<_> = named.collect();
    assert!(named.len() > 15, "{named:?}");
    for name in named {
        let is_open = name.starts_with("fleet.workers");
        assert!(is_open || known.contains(name.as_str()), "there is no setting {name}");
    }
}

#[test]
fn its_figures_are_counted() {
    let mut sources = String::new();
    for folder in ["kernel", "adapters", "services", "edge", "apps"] {
        gather(&program::root().join(folder), &mut sources);
    }
    let named: Vec<_> = words("_")
        .into_iter()
        .filter(|word| FIGURES.iter().any(|start| word.starts_with(start)) && word.len() > 6)
        .collect();
    assert!(named.len() > 12, "{named:?}");
    for name in named {
        assert!(sources.contains(&format!("\"{name}\"")), "the code does not count {name}");
    }
}

/// All Rust source below `folder`, without tests.
fn gather(folder: &Path, sources: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("tests") {
            gather(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}
