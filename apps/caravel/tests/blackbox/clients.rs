//! What public tools make of the API's document: a validator accepts it, and clients that generators make of it buy.
//!
//! `./test` installs the tools, in the versions that `clients/requirements.txt` and `clients/package.json` name. What a
//! journey buys is in `clients/journey.py` and `clients/journey.ts`.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

use testing::TestBackend;

use crate::{api::Ask as _, shop::Shop};

/// What the journeys buy.
const SLUG: &str = "lamp";

#[test]
fn the_document_is_valid() {
    testing::run(TestBackend::sqlite(), async |backend| {
        let (_shop, document) = shop_and_document(&backend).await;
        run(python("openapi-spec-validator").arg(document));
    });
}

#[test]
fn a_python_client_buys() {
    testing::run(TestBackend::sqlite(), async |backend| {
        let (shop, document) = shop_and_document(&backend).await;
        // A warning says that something is missing in the client.
        let mut generator = python("openapi-python-client");
        generator.args(["generate", "--meta", "none", "--fail-on-warning", "--config"]);
        generator.arg(source("generator.yaml")).arg("--path").arg(document);
        run(generator.arg("--output-path").arg(backend.folder().join("shop_client")));
        let mut journey = python("python");
        journey.env("PYTHONPATH", backend.folder()).arg(source("journey.py"));
        run(journey.args([shop.api.base_url(), shop.api.admin_key(), SLUG]));
    });
}

#[test]
fn a_typescript_client_buys() {
    testing::run(TestBackend::sqlite(), async |backend| {
        let (shop, document) = shop_and_document(&backend).await;
        let folder = backend.folder();
        symlink(installed("package.json").join("node_modules"), folder.join("node_modules")).unwrap();
        for file in ["package.json", "tsconfig.json", "journey.ts"] {
            fs::copy(source(file), folder.join(file)).unwrap();
        }
        run(node(folder, "openapi-typescript/bin/cli.js").arg(document).args(["--output", "schema.ts"]));
        run(node(folder, "typescript/bin/tsc").args(["--project", "."]));
        let mut journey = Command::new("node");
        journey.current_dir(folder).arg("built/journey.js");
        run(journey.args([shop.api.base_url(), shop.api.admin_key(), SLUG]));
    });
}

/// A shop that sells two lamps, and the file that its document was written to.
async fn shop_and_document(backend: &TestBackend) -> (Shop, PathBuf) {
    let shop = Shop::start(backend).await;
    shop.api.sell(SLUG, 249_900, 2).await;
    let document = backend.folder().join("openapi.json");
    fs::write(&document, shop.api.get("/api/openapi.json").answer().await.body).unwrap();
    (shop, document)
}

/// A file of this test.
fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/blackbox/clients").join(name)
}

/// The folder that `./test` installs the tools into; what `list` names must be in it.
pub(crate) fn installed(list: &str) -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache"));
    let folder = cache.join("caravel-test/clients");
    let same =
        fs::read(folder.join(list)).is_ok_and(|installed| installed == fs::read(source(list)).unwrap());
    assert!(same, "{list} is not installed in {}: run ./test, which installs it", folder.display());
    folder
}

/// A program of the Python environment.
fn python(program: &str) -> Command {
    Command::new(installed("requirements.txt").join("python/bin").join(program))
}

/// A program of the Node packages, run in `folder`.
fn node(folder: &Path, program: &str) -> Command {
    let mut command = Command::new("node");
    command.current_dir(folder).arg(Path::new("node_modules").join(program));
    command
}

/// Runs a program to its end, which must be a good one.
#[track_caller]
fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(output.status.success(), "{command:?} ended with {}:\n{said}", output.status);
}
