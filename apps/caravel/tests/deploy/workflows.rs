//! The workflows that test, release and publish: they only call scripts of this repository, and those are there.

use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt as _};

use serde_json::Value;

use crate::{file, path};

/// The workflows by the names of their files.
fn workflows() -> BTreeMap<String, Value> {
    let folder = fs::read_dir(path(".github/workflows")).unwrap();
    let names = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let read = |name: String| {
        let workflow = serde_saphyr::from_str(&file(&format!(".github/workflows/{name}")));
        let workflow = workflow.unwrap_or_else(|error| panic!("{name}: {error}"));
        (name, workflow)
    };
    names.map(read).collect()
}

fn jobs(workflow: &Value) -> impl Iterator<Item = (&String, &Value)> {
    workflow["jobs"].as_object().unwrap().iter()
}

fn steps(workflow: &Value) -> impl Iterator<Item = &Value> {
    jobs(workflow).flat_map(|(_, job)| job["steps"].as_array().unwrap())
}

#[test]
fn there_is_one_to_test_one_to_release_and_one_for_the_image() {
    assert_eq!(workflows().keys().collect::<Vec<_>>(), ["image.yml", "release.yml", "test.yml"]);
}

#[test]
fn every_script_is_there_and_can_be_run() {
    let workflows = workflows();
    let commands = workflows.values().flat_map(steps).filter_map(|step| step["run"].as_str());
    let ours: Vec<_> = commands
        .filter_map(|command| command.split(' ').next())
        .filter(|program| program.contains('/'))
        .collect();
    for script in ["./test", "deploy/release/package", "deploy/release/image"] {
        assert!(ours.contains(&script), "{script} is in no workflow: {ours:?}");
    }
    for script in ours.into_iter().chain(["deploy/release/sbom"]) {
        let mode =
            fs::metadata(path(script)).unwrap_or_else(|error| panic!("{script}: {error}")).permissions();
        assert_eq!(mode.mode() & 0o111, 0o111, "{script} cannot be run");
    }
}

#[test]
fn a_workflow_may_do_no_more_than_it_must_and_ends() {
    for (name, workflow) in workflows() {
        assert_eq!(workflow["permissions"]["contents"], "read", "{name}");
        for (job, settings) in jobs(&workflow).filter(|(job, _)| !["publish", "join"].contains(&job.as_str()))
        {
            assert!(
                settings["timeout-minutes"].as_u64().is_some_and(|minutes| minutes <= 90),
                "{name}: {job}"
            );
        }
        for action in steps(&workflow).filter_map(|step| step["uses"].as_str()) {
            let (_, version) =
                action.split_once('@').unwrap_or_else(|| panic!("{name}: {action} has no version"));
            assert!(version.starts_with('v'), "{name}: {action}");
        }
    }
}

#[test]
fn a_release_has_static_binaries_for_both_processors() {
    let workflows = workflows();
    let targets =
        workflows["release.yml"]["jobs"]["package"]["strategy"]["matrix"]["include"].as_array().unwrap();
    let targets: Vec<_> = targets.iter().map(|entry| entry["target"].as_str().unwrap()).collect();
    assert_eq!(targets, ["x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl"]);
}
