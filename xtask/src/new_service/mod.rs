//! Makes a service: its folder from the templates beside this file, and the lines that mount it.
//!
//! Everything is worked out before anything is written, so that a refusal leaves the tree as it was.

mod edits;

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tidy::SERVICES;

/// What a service is made of: the path below its folder, and the template. In both, `{{name}}` stands for `wishlist`
/// and `{{Name}}` for `Wishlist`.
const TEMPLATES: [(&str, &str); 12] = [
    ("README.md", include_str!("templates/README.md.in")),
    ("Cargo.toml", include_str!("templates/Cargo.toml.in")),
    ("contract/Cargo.toml", include_str!("templates/contract/Cargo.toml.in")),
    ("contract/src/lib.rs", include_str!("templates/contract/lib.rs.in")),
    ("contract/src/contract.rs", include_str!("templates/contract/contract.rs.in")),
    ("src/lib.rs", include_str!("templates/src/lib.rs.in")),
    ("src/handlers.rs", include_str!("templates/src/handlers.rs.in")),
    ("src/domain.rs", include_str!("templates/src/domain.rs.in")),
    ("src/queries.rs", include_str!("templates/src/queries.rs.in")),
    ("migrations/sqlite/0001_{{name}}.sql", include_str!("templates/migrations/sqlite.sql.in")),
    ("migrations/postgres/0001_{{name}}.sql", include_str!("templates/migrations/postgres.sql.in")),
    ("tests/through_the_bus.rs", include_str!("templates/tests/through_the_bus.rs.in")),
];

/// Makes the service `name` in the workspace that the command runs in.
pub(crate) fn run(name: &str) -> Result<String, String> {
    let metadata = crate::metadata()?;
    let root = crate::root(&metadata);
    let taken: Vec<String> = metadata.packages.iter().map(|package| package.name.to_string()).collect();
    let name = Name::parse(name, &taken)?;
    let files = plan(&root, &name)?;
    for (path, text) in &files {
        write(path, text).map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
    }
    format(&root, &name)?;
    Ok(format!(
        "services/{name} is made and mounted. Next:
  cargo test -p {name}   passes on both databases (./test says which PostgreSQL)
  cargo xtask tidy
Then make it yours, the contract first: docs/adding-a-service.md
`caravel messages > docs/messages.md` documents it.",
        name = name.word
    ))
}

/// Every file to write, with its whole text.
fn plan(root: &Path, name: &Name) -> Result<Vec<(PathBuf, String)>, String> {
    let folder = root.join("services").join(&name.word);
    if folder.exists() {
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
        (root.join(SERVICES), edits::at_marker(SERVICES, &read(SERVICES)?, |line| name.fill(line))?),
    ];
    files
        .extend(TEMPLATES.iter().map(|(path, template)| (folder.join(name.fill(path)), name.fill(template))));
    Ok(files)
}

fn existing_services(root: &Path) -> std::io::Result<Vec<String>> {
    root.join("services")
        .read_dir()?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect()
}

/// Where a line breaks and how imports are sorted depends on the name; in the app the new lines come out of a comment.
fn format(root: &Path, name: &Name) -> Result<(), String> {
    let contract = format!("{}-contract", name.word);
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let status =
        cargo.current_dir(root).args(["fmt", "-p", &name.word, "-p", &contract, "-p", "caravel"]).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("cargo fmt ended with {status}")),
        Err(error) => Err(format!("cargo fmt cannot be run: {error}")),
    }
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, text)
}

/// The name of a service in the forms that its code needs.
#[derive(Debug, PartialEq, Eq)]
struct Name {
    /// `wishlist`: crate, folder, prefix of its ids and messages.
    word: String,
    /// `Wishlist`: its type.
    type_name: String,
}

impl Name {
    /// One word of lower-case letters that is neither taken nor a word of the language.
    fn parse(word: &str, taken: &[String]) -> Result<Self, String> {
        let mut letters = word.chars();
        let first = letters.next().filter(char::is_ascii_lowercase);
        let Some(first) = first.filter(|_| letters.clone().all(|c| c.is_ascii_lowercase())) else {
            return Err(format!(
                "{word:?} is not a name for a service: take one word in lower case, such as `wishlist`"
            ));
        };
        if RESERVED.split_whitespace().any(|name| name == word) || taken.iter().any(|name| name == word) {
            return Err(format!("`{word}` already means something else; take another name"));
        }
        Ok(Self {
            word: word.to_owned(),
            type_name: format!("{}{}", first.to_ascii_uppercase(), letters.as_str()),
        })
    }

    /// A template with this name in it.
    fn fill(&self, template: &str) -> String {
        template.replace("{{name}}", &self.word).replace("{{Name}}", &self.type_name)
    }
}

/// Words of Rust and SQL, and what the templates call other things.
const RESERVED: &str = "
    as async await box break const continue crate dyn else enum extern false fn for gen if impl in let loop match mod
    move mut pub ref return self static struct super trait true try type union unsafe use where while yield
    all and any array between by case cast check column constraint create cross current default delete desc distinct do
    drop end except exists fetch foreign from full grant group having index inner insert intersect into is join key
    left like limit natural not null of offset on only or order outer over primary references right row rows select set
    some table then to transaction unique update user using values view when window with
    alloc core serde std thiserror tokio tracing
    aggregate changed cx db domain entity event fault get handlers id inbox invalid migration option outbox place
    queries rename request result router service state string testshop timestamp title tx version
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_free_word() {
        let taken = ["order".to_owned()];
        let name = Name::parse("wishlist", &taken).unwrap();
        assert_eq!(name.fill("struct {{Name}}; // {{name}}"), "struct Wishlist; // wishlist");
        for wrong in ["", "Wishlist", "wish_list", "wish-list", "wish list", "../wish", "wish1"] {
            assert!(Name::parse(wrong, &taken).unwrap_err().contains("take one word"), "{wrong}");
        }
        for wrong in ["order", "match", "serde", "user", "title"] {
            assert!(Name::parse(wrong, &taken).unwrap_err().contains("already means something"), "{wrong}");
        }
    }

    #[test]
    fn no_placeholder_is_left() {
        let name = Name::parse("wishlist", &[]).unwrap();
        for (path, template) in TEMPLATES {
            let (path, text) = (name.fill(path), name.fill(template));
            assert!(!path.contains("{{") && !text.contains("{{"), "{path}");
        }
    }
}
