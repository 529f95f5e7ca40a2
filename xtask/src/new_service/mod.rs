//! Makes a service: its folder from the templates beside this file, its module and its page at the edges if they are
//! wanted, and the lines that list all of them.
//!
//! Everything is worked out before anything is written, so that a refusal leaves the tree as it was.

mod edits;
mod name;

use std::path::{Path, PathBuf};
use std::process::Command;

use self::name::Name;
use crate::tidy::SERVICES;

/// A part of a service: files that are made for it, and files that it is listed in.
struct Part {
    /// The path of each file, and its template. In both, `{{name}}` stands for `wishlist`, `{{names}}` for `wishlists` and
    /// `{{Name}}` for `Wishlist`.
    files: &'static [(&'static str, &'static str)],
    /// Files with markers.
    lists: &'static [&'static str],
    /// The folder of the crate that is to depend on the contract.
    edge: Option<&'static str>,
}

impl Part {
    /// The crate of the edge, which is named like its folder.
    fn edge_crate(&self) -> Option<&'static str> {
        self.edge?.rsplit('/').next()
    }
}

macro_rules! files {
    ($($path:literal: $template:literal),+ $(,)?) => { &[$(($path, include_str!(concat!("templates/", $template)))),+] };
}

const SERVICE: Part = Part {
    files: files! {
        "services/{{name}}/README.md": "README.md.in",
        "services/{{name}}/Cargo.toml": "Cargo.toml.in",
        "services/{{name}}/contract/Cargo.toml": "contract/Cargo.toml.in",
        "services/{{name}}/contract/src/lib.rs": "contract/lib.rs.in",
        "services/{{name}}/contract/src/contract.rs": "contract/contract.rs.in",
        "services/{{name}}/src/lib.rs": "src/lib.rs.in",
        "services/{{name}}/src/handlers.rs": "src/handlers.rs.in",
        "services/{{name}}/src/domain.rs": "src/domain.rs.in",
        "services/{{name}}/src/queries.rs": "src/queries.rs.in",
        "services/{{name}}/migrations/sqlite/0001_{{name}}.sql": "migrations/sqlite.sql.in",
        "services/{{name}}/migrations/postgres/0001_{{name}}.sql": "migrations/postgres.sql.in",
        "services/{{name}}/tests/through_the_bus.rs": "tests/through_the_bus.rs.in",
    },
    lists: &[SERVICES],
    edge: None,
};

const HTTP: Part = Part {
    files: files! {
        "edge/gateway/src/{{names}}.rs": "gateway/module.rs.in",
        "edge/gateway/tests/api/{{names}}.rs": "gateway/test.rs.in",
    },
    lists: &["edge/gateway/src/lib.rs", "edge/gateway/src/routes.rs", "edge/gateway/tests/api/main.rs"],
    edge: Some("edge/gateway"),
};

const PAGES: Part = Part {
    files: files! {
        "edge/storefront/src/pages/{{name}}.rs": "storefront/page.rs.in",
        "edge/storefront/src/views/{{name}}.rs": "storefront/view.rs.in",
        "edge/storefront/templates/{{name}}.html": "storefront/template.html.in",
        "edge/storefront/tests/storefront/{{name}}.rs": "storefront/test.rs.in",
    },
    lists: &[
        "edge/storefront/src/lib.rs",
        "edge/storefront/src/pages.rs",
        "edge/storefront/src/views.rs",
        "edge/storefront/src/theme.rs",
        "edge/storefront/examples/preview/main.rs",
        "edge/storefront/tests/storefront/main.rs",
    ],
    edge: Some("edge/storefront"),
};

/// What a service is shown by, besides the bus.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Edges {
    /// Also makes its operations in the HTTP API: a module of the gateway with its test.
    #[arg(long)]
    http: bool,
    /// Also makes a page in the shop: a handler, a view, a template, and their test.
    #[arg(long)]
    pages: bool,
}

/// Makes the service `name` in the workspace that the command runs in.
pub(crate) fn run(name: &str, edges: Edges) -> Result<String, String> {
    let metadata = crate::metadata()?;
    let root = crate::root(&metadata);
    let taken: Vec<String> = metadata.packages.iter().map(|package| package.name.to_string()).collect();
    let name = Name::parse(name, &taken)?;
    let parts = parts(edges);
    let files = plan(&root, &name, &parts)?;
    for (path, text) in &files {
        write(path, text).map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
    }
    format(&root, &name, &parts)?;
    eprintln!("services/{} is written; building the app to bring docs/messages.md up to date …", name.word);
    document(&root)?;
    let edges: Vec<&str> = parts.iter().filter_map(|part| part.edge_crate()).collect();
    let tests = [&[&*name.word], edges.as_slice()].concat().join(" -p ");
    Ok(format!(
        "services/{name} is made and mounted. Next:
  ./test -p {name}-contract -p {tests}
  cargo xtask tidy
Then make it yours, the contract first: docs/adding-a-service.md",
        name = name.word
    ))
}

fn parts(edges: Edges) -> Vec<&'static Part> {
    let optional = [(edges.http, &HTTP), (edges.pages, &PAGES)];
    let wanted = optional.into_iter().filter(|(is_wanted, _)| *is_wanted).map(|(_, part)| part);
    std::iter::once(&SERVICE).chain(wanted).collect()
}

/// Every file to write, with its whole text.
fn plan(root: &Path, name: &Name, parts: &[&Part]) -> Result<Vec<(PathBuf, String)>, String> {
    if root.join("services").join(&name.word).exists() {
        return Err(format!("services/{} exists already", name.word));
    }
    let read = |path: &str| {
        std::fs::read_to_string(root.join(path)).map_err(|error| format!("{path} cannot be read: {error}"))
    };
    let services = existing_services(root).map_err(|error| format!("services/ cannot be read: {error}"))?;
    let app = "apps/caravel/Cargo.toml";
    let mut files = vec![
        (root.join("Cargo.toml"), edits::workspace(&read("Cargo.toml")?, &name.word)?),
        (root.join(app), edits::app(&read(app)?, &name.word, &services)?),
    ];
    for part in parts {
        for (path, template) in part.files {
            let path = name.fill(path);
            if root.join(&path).exists() {
                return Err(format!("{path} exists already; take another name"));
            }
            files.push((root.join(path), name.fill(template)));
        }
        for path in part.lists {
            files.push((root.join(path), edits::at_markers(path, &read(path)?, |line| name.fill(line))?));
        }
        if let Some(folder) = part.edge {
            let path = format!("{folder}/Cargo.toml");
            files.push((root.join(&path), edits::edge(&path, &read(&path)?, &name.word)?));
        }
    }
    Ok(files)
}

fn existing_services(root: &Path) -> std::io::Result<Vec<String>> {
    root.join("services")
        .read_dir()?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect()
}

/// Where a line breaks and how imports are sorted depends on the name; the lines of the lists come out of comments.
fn format(root: &Path, name: &Name, parts: &[&Part]) -> Result<(), String> {
    let mut crates = vec![name.word.clone(), format!("{}-contract", name.word), "caravel".to_owned()];
    crates.extend(parts.iter().filter_map(|part| part.edge_crate()).map(ToOwned::to_owned));
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root).arg("fmt").args(crates.iter().flat_map(|name| ["-p", name]));
    match cargo.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("cargo fmt ended with {status}")),
        Err(error) => Err(format!("cargo fmt cannot be run: {error}")),
    }
}

/// Writes `docs/messages.md` anew, which a test holds against the contracts.
fn document(root: &Path) -> Result<(), String> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root).args(["test", "--quiet", "--package", "caravel", "--bin", "caravel", "messages"]);
    let output = cargo.env("CARAVEL_REWRITE_DOCS", "1").output();
    match output {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            Err(format!("docs/messages.md is not rewritten:\n{}", String::from_utf8_lossy(&output.stderr)))
        }
        Err(error) => Err(format!("cargo test cannot be run: {error}")),
    }
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_placeholder_is_left() {
        let name = Name::parse("wishlist", &[]).unwrap();
        for part in [&SERVICE, &HTTP, &PAGES] {
            for (path, template) in part.files {
                let (path, text) = (name.fill(path), name.fill(template));
                assert!(
                    !path.contains("{{") && !text.contains("{{name") && !text.contains("{{Name"),
                    "{path}"
                );
            }
        }
    }

    /// The lists are in files that others change, too: each keeps its marker.
    #[test]
    fn this_tree_can_take_a_service_with_all_parts() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let name = Name::parse("zzz", &[]).unwrap();
        let files = plan(&root, &name, &parts(Edges { http: true, pages: true })).unwrap();
        for (path, text) in files {
            let path = path.display().to_string();
            assert!(path.contains("zzz") || text.contains("zzz"), "{path} does not list the service");
        }
    }
}
