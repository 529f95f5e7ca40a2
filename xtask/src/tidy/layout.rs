//! Where things lie, how long a file is, and what must not be left behind.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use super::Problem;
use super::house::House;
use super::sources::Source;

/// Lines of a source file: what is read at one sitting.
const MOST_LINES: usize = 400;

/// Where every service is listed, from the root.
pub(crate) const SERVICES: &str = "apps/caravel/src/services.rs";

/// Words that are never finished code. Written in two parts, because this file is checked like any other.
const LEFT_BEHIND: [(&str, &str, &str); 5] = [
    (
        concat!("#[all", "ow("),
        "an exception without a reason outlives it",
        "write #[expect(…, reason = \"…\")]",
    ),
    (
        concat!("#![all", "ow("),
        "an exception without a reason outlives it",
        "write #![expect(…, reason = \"…\")]",
    ),
    (concat!("to", "do!("), "what is merged is finished", "finish it"),
    (concat!("unimple", "mented!("), "what is merged is finished", "finish it"),
    (concat!("db", "g!("), "it prints past the logs", "remove it, or log it with `tracing`"),
];

/// Checks every service below `root` and every source file.
pub(super) fn check(root: &Path, house: &House, sources: &[Source]) -> io::Result<Vec<Problem>> {
    let mut problems = Vec::new();
    let listed = read_if_present(&root.join(SERVICES))?;
    for (name, member) in house.services() {
        service(root, name, member.uses("store"), &mut problems)?;
        problems.extend(unlisted(name, &listed));
    }
    for read in sources {
        source(&read.path, &read.text, &mut problems);
    }
    Ok(problems)
}

fn service(root: &Path, name: &str, has_store: bool, problems: &mut Vec<Problem>) -> io::Result<()> {
    let folder = format!("services/{name}");
    for (file, why) in [
        ("README.md", "one screen says what a service owns, answers, emits and reacts to"),
        ("src/lib.rs", "a service shows itself at one glance in its `fn service()`"),
    ] {
        if !root.join(&folder).join(file).is_file() {
            problems.push(missing(format!("{folder}/{file}"), why));
        }
    }
    if has_store {
        let [sqlite, postgres] = ["sqlite", "postgres"].map(|kind| format!("{folder}/migrations/{kind}"));
        let (ours, theirs) = (names(&root.join(&sqlite))?, names(&root.join(&postgres))?);
        let why = "both databases go through the same steps";
        problems.extend(theirs.difference(&ours).map(|file| missing(format!("{sqlite}/{file}"), why)));
        problems.extend(ours.difference(&theirs).map(|file| missing(format!("{postgres}/{file}"), why)));
        if ours.is_empty() && theirs.is_empty() {
            problems.push(missing(sqlite, "a service that keeps something says how, step by step"));
        }
        let place = format!("{folder}/src/lib.rs");
        let lib = read_if_present(&root.join(&place))?;
        problems.extend(ours.union(&theirs).filter_map(|file| unnamed(&place, &lib, file)));
    }
    Ok(())
}

fn unnamed(place: &str, lib: &str, file: &str) -> Option<Problem> {
    let name = file.strip_suffix(".sql")?;
    (!lib.is_empty() && !lib.contains(&format!("\"{name}\""))).then(|| Problem {
        what: format!("the migration `{name}` is not named in MIGRATIONS"),
        place: place.to_owned(),
        why: "a migration that is not listed never runs",
        mend: format!("add \"{name}\" to `store::migrations![…]`"),
    })
}

fn missing(place: String, why: &'static str) -> Problem {
    let mend = "write it; `services/product` is the model".to_owned();
    Problem { what: "this is missing".to_owned(), place, why, mend }
}

fn unlisted(name: &str, listed: &str) -> Option<Problem> {
    let module = name.replace('-', "_");
    let path = format!("{module}::");
    // `reorder::` is not `order::`.
    let found = listed.match_indices(&path).any(|(at, _)| {
        !listed.get(..at).is_some_and(|before| before.ends_with(|c: char| c.is_alphanumeric() || c == '_'))
    });
    (!found).then(|| Problem {
        what: format!("the service `{name}` is not listed"),
        place: SERVICES.to_owned(),
        why: "one file is the table of contents: what is not listed does not run",
        mend: format!("add a line that calls `{module}::service`"),
    })
}

fn names(folder: &Path) -> io::Result<BTreeSet<String>> {
    if !folder.is_dir() {
        return Ok(BTreeSet::new());
    }
    folder.read_dir()?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

fn read_if_present(file: &Path) -> io::Result<String> {
    match std::fs::read_to_string(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        other => other,
    }
}

fn source(place: &str, text: &str, problems: &mut Vec<Problem>) {
    let lines = text.lines().count();
    if lines > MOST_LINES {
        problems.push(Problem {
            what: format!("{lines} lines, {MOST_LINES} are allowed"),
            place: place.to_owned(),
            why: "a module fits in one reading",
            mend: "take the part with a name of its own into a module of its own".to_owned(),
        });
    }
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_start();
        if line.starts_with("//") {
            continue;
        }
        for (word, why, mend) in LEFT_BEHIND {
            if line.contains(word) {
                problems.push(Problem {
                    what: format!("`{word}` is left behind"),
                    place: format!("{place}:{}", index + 1),
                    why,
                    mend: mend.to_owned(),
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::house::{Dependency, Member, Role};
    use super::*;

    /// A made-up tree of files, and what is told about it.
    fn told(files: &[(&str, &str)], stores: bool) -> Vec<String> {
        let root = std::env::temp_dir().join(format!(
            "tidy-{}-{:?}",
            std::process::id(),
            std::thread::current().id()
        ));
        for (path, text) in files {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let dependencies = if stores {
            vec![Dependency { name: "store".into(), dev: false, ours: true }]
        } else {
            Vec::new()
        };
        let member = |folder: &str, dependencies| {
            let role = Role::of(folder);
            Member { name: role.crate_name().unwrap(), folder: folder.to_owned(), role, dependencies }
        };
        let house = House::new(vec![
            member("services/order", dependencies),
            member("services/order/contract", Vec::new()),
        ]);
        let problems = check(&root, &house, &super::super::sources::read(&root).unwrap()).unwrap();
        std::fs::remove_dir_all(root).unwrap();
        problems.iter().map(|problem| format!("{}: {}", problem.place, problem.what)).collect()
    }

    const README: (&str, &str) = ("services/order/README.md", "# order");
    const LIB: (&str, &str) = (
        "services/order/src/lib.rs",
        "const MIGRATIONS: Migrations = store::migrations![\"0001_orders\"];\n",
    );
    const LISTED: (&str, &str) = (SERVICES, "list.mount(order::service(db));\n");
    const SQLITE: (&str, &str) = ("services/order/migrations/sqlite/0001_orders.sql", "");
    const POSTGRES: (&str, &str) = ("services/order/migrations/postgres/0001_orders.sql", "");

    #[test]
    fn a_whole_service_is_in_order() {
        assert_eq!(told(&[README, LIB, LISTED, SQLITE, POSTGRES], true), Vec::<String>::new());
        assert_eq!(told(&[README, LIB, LISTED], false), Vec::<String>::new(), "no store, no migrations");
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(
            told(&[LIB, ("apps/caravel/src/services.rs", "reorder::service(db)\n"), SQLITE], true),
            [
                "services/order/README.md: this is missing",
                "services/order/migrations/postgres/0001_orders.sql: this is missing",
                "apps/caravel/src/services.rs: the service `order` is not listed"
            ]
        );
        assert_eq!(
            told(&[README, LISTED], true),
            [
                "services/order/src/lib.rs: this is missing",
                "services/order/migrations/sqlite: this is missing"
            ]
        );
    }

    #[test]
    fn a_migration_that_would_never_run_is_found() {
        let second =
            ["sqlite", "postgres"].map(|kind| format!("services/order/migrations/{kind}/0002_notes.sql"));
        let [sqlite, postgres] = &second;
        assert_eq!(
            told(&[README, LIB, LISTED, SQLITE, POSTGRES, (sqlite, ""), (postgres, "")], true),
            ["services/order/src/lib.rs: the migration `0002_notes` is not named in MIGRATIONS"]
        );
    }

    #[test]
    fn long_files_and_leftovers_are_found_with_their_line() {
        let long = "//\n".repeat(MOST_LINES + 1);
        let left = format!("// {0} in a comment is fine\nfn f() {{\n    {0});\n}}\n", LEFT_BEHIND[4].0);
        let files =
            [README, LIB, LISTED, ("a/long.rs", long.as_str()), ("b/left.rs", &left), ("target/x.rs", &left)];
        assert_eq!(
            told(&files, false),
            [
                "a/long.rs: 401 lines, 400 are allowed".to_owned(),
                format!("b/left.rs:3: `{}` is left behind", LEFT_BEHIND[4].0)
            ]
        );
    }
}
