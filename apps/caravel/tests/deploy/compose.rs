//! `compose.yaml`: it starts every part, and the program accepts its commands and settings.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::PermissionsExt as _,
    process::Command,
};

use serde_json::Value;

use crate::{file, program};

/// The file's description of each container, with variables filled in from `.env.example`.
fn services() -> BTreeMap<String, Value> {
    let compose: Value = serde_saphyr::from_str(&file("deploy/compose.yaml")).unwrap();
    let services = compose["services"].as_object().unwrap().clone();
    services.into_iter().map(|(name, service)| (name, filled_in(service))).collect()
}

/// Compose's `${NAME}`, `${NAME:-else}` and `${NAME:?complaint}`; `$$` is a dollar sign.
fn filled_in(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(interpolated(&text)),
        Value::Array(items) => items.into_iter().map(filled_in).collect(),
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(name, value)| (name, filled_in(value))).collect())
        }
        other => other,
    }
}

fn interpolated(text: &str) -> String {
    let Some((before, after)) = text.split_once('$') else { return text.to_owned() };
    if let Some(rest) = after.strip_prefix('$') {
        return format!("{before}${}", interpolated(rest));
    }
    let (inner, rest) = after.strip_prefix('{').and_then(|after| after.split_once('}')).unwrap();
    let value = if let Some((_, default)) = inner.split_once(":-") {
        default.to_owned()
    } else {
        let name = inner.split_once(":?").map_or(inner, |(name, _)| name);
        assert!(secrets().contains(name), "{name} is neither in .env.example nor has it a default");
        "0123456789abcdef".repeat(4)
    };
    format!("{before}{value}{}", interpolated(rest))
}

/// The values that `.env.example` leaves open, filled in randomly.
fn secrets() -> BTreeSet<String> {
    let example = file("deploy/.env.example");
    let open =
        example.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.strip_suffix('='));
    open.map(str::to_owned).collect()
}

/// The texts of a list, or the names of a map.
fn names(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Array(items) => items.iter().map(|item| item.as_str().unwrap().to_owned()).collect(),
        Value::Object(fields) => fields.keys().cloned().collect(),
        Value::Null => BTreeSet::new(),
        other => panic!("neither list nor map: {other}"),
    }
}

fn words(command: &Value) -> Vec<&str> {
    command.as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect()
}

/// The containers that run the program.
fn ours(services: &BTreeMap<String, Value>) -> impl Iterator<Item = (&String, &Value)> {
    services.iter().filter(|(_, service)| service["image"].as_str().unwrap().starts_with("caravel:"))
}

fn variables(service: &Value) -> Vec<(String, String)> {
    let variables = service["environment"].as_object().unwrap().iter();
    variables.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect()
}

#[test]
fn every_service_and_edge_has_its_container() {
    // The program's table of contents, from its source.
    let listed = file("apps/caravel/src/services.rs");
    let listed =
        listed.lines().filter_map(|line| line.trim().strip_prefix("name: ")?.strip_suffix("::NAME,"));
    let expected: BTreeSet<_> = listed.chain(["gateway", "storefront"]).map(str::to_owned).collect();
    assert!(expected.len() >= 6, "{expected:?}");

    let services = services();
    let fleet: BTreeSet<String> = ours(&services)
        .filter(|(_, service)| names(&service["profiles"]).contains("fleet"))
        .map(|(name, service)| {
            let command = words(&service["command"]);
            assert_eq!((command.len(), command[0]), (2, "run"), "{name}");
            command[1].to_owned()
        })
        .collect();
    assert_eq!(fleet, expected);
    let one: Vec<_> =
        ours(&services).filter(|(_, service)| names(&service["profiles"]).contains("one")).collect();
    assert_eq!(one.len(), 1);
    assert_eq!(words(&one[0].1["command"]), ["up"]);
}

#[test]
fn the_program_takes_every_command() {
    for (name, service) in ours(&services()) {
        // With `--help` a command is parsed as usual, and then explained instead of run.
        let command = words(&service["command"]);
        let read = program::run(&[command.as_slice(), &["--help"]].concat(), &[]);
        assert!(read.status.success(), "{name}: {}", program::said(&read));
        let usage = format!("Usage: caravel {}", command[0]);
        assert!(program::said(&read).contains(&usage), "{name}: {}", program::said(&read));
    }
    let unknown = program::run(&["sail", "--help"], &[]);
    assert!(!unknown.status.success(), "and no other: {}", program::said(&unknown));
}

#[test]
fn the_program_knows_every_setting() {
    for (name, service) in ours(&services()) {
        let checked = program::run(&["config"], &variables(service));
        assert!(checked.status.success(), "{name}: {}", program::said(&checked));
    }
    let image = crate::image::variables();
    assert!(!image.is_empty());
    let checked = program::run(&["config"], &image);
    assert!(checked.status.success(), "the image: {}", program::said(&checked));
}

#[test]
fn what_is_named_is_there() {
    let compose: Value = serde_saphyr::from_str(&file("deploy/compose.yaml")).unwrap();
    let (networks, volumes) = (names(&compose["networks"]), names(&compose["volumes"]));
    let services = services();
    for (name, service) in &services {
        let profiles = names(&service["profiles"]);
        assert!(!profiles.is_empty(), "{name} would start with every profile");
        for (other, condition) in service["depends_on"].as_object().into_iter().flatten() {
            let other = services.get(other).unwrap_or_else(|| panic!("{name} depends on {other}"));
            assert!(condition["condition"] != "service_healthy" || is_checked(other), "{name}: {condition}");
            let with_it = names(&other["profiles"]);
            assert!(profiles.is_subset(&with_it) || condition["required"] == false, "{name}: {condition}");
        }
        assert!(names(&service["networks"]).is_subset(&networks), "{name}");
        for volume in names(&service["volumes"]) {
            let source = volume.split(':').next().unwrap();
            match source.strip_prefix("./") {
                Some(path) => assert!(program::root().join("deploy").join(path).exists(), "{name}: {volume}"),
                None => assert!(volumes.contains(source), "{name}: {volume}"),
            }
        }
    }
}

/// Our containers, by their image.
fn is_checked(service: &Value) -> bool {
    service.get("healthcheck").is_some() || service["image"].as_str().unwrap().starts_with("caravel:")
}

#[test]
fn only_the_front_door_is_open() {
    let services = services();
    let open: BTreeMap<_, _> = services
        .iter()
        .map(|(name, service)| (name.as_str(), names(&service["ports"])))
        .filter(|(_, ports)| !ports.is_empty())
        .collect();
    let expected = [("nginx", "8080:8080"), ("rabbitmq", "127.0.0.1:15672:15672")];
    assert_eq!(open, expected.map(|(name, port)| (name, BTreeSet::from([port.to_owned()]))).into());

    let compose: Value = serde_saphyr::from_str(&file("deploy/compose.yaml")).unwrap();
    assert_eq!(compose["networks"]["inside"]["internal"], true);
    for (name, service) in &services {
        let networks = names(&service["networks"]);
        let reaches_data = networks.contains("inside");
        assert!(name != "nginx" || !reaches_data, "nginx meets the edges alone");
        assert!(!["postgres", "redis"].contains(&name.as_str()) || networks.len() == 1, "{name}");
    }
}

#[test]
fn every_container_is_held_to_limits_and_comes_back() {
    for (name, service) in &services() {
        assert_eq!(service["restart"], "unless-stopped", "{name}");
        assert!(service["deploy"]["resources"]["limits"]["memory"].is_string(), "{name}");
        assert!(service["logging"]["options"]["max-size"].is_string(), "{name}: its log would fill the disk");
        let image = service["image"].as_str().unwrap();
        let tag = image.rsplit_once(':').unwrap_or_else(|| panic!("{image} has no version")).1;
        assert!(tag != "latest" && !tag.is_empty(), "{image}");
    }
}

#[test]
fn secrets_are_made_by_the_line_that_is_given() {
    let example = file("deploy/.env.example");
    let line = example.lines().find_map(|line| line.strip_prefix("#   ")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(".env.example"), &example).unwrap();
    let mut shell = Command::new("sh");
    assert!(shell.args(["-c", line]).current_dir(folder.path()).status().unwrap().success());
    let made = fs::read_to_string(folder.path().join(".env")).unwrap();
    let mut values = BTreeSet::new();
    for name in secrets() {
        let value = made.lines().find_map(|line| line.strip_prefix(&format!("{name}="))).unwrap();
        assert!(value.len() == 64 && value.bytes().all(|digit| digit.is_ascii_hexdigit()), "{name}={value}");
        assert!(values.insert(value.to_owned()), "no two are the same");
    }
    assert!(values.len() >= 5);
    let mode = fs::metadata(folder.path().join(".env")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
