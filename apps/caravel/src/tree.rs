//! A test of the table in `main.rs`: no module uses one that uses it, however far around.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// The modules that each module of the program uses, without its tests.
fn uses(folder: &Path, module: Option<&str>, found: &mut BTreeMap<String, BTreeSet<String>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        if path.is_dir() {
            uses(&path, module.or(Some(name)), found);
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && !["main", "tree", "tests"].contains(&name)
        {
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap().replace("pub(in crate", "");
            let module = module.unwrap_or(name);
            let used = code.split("crate::").skip(1).flat_map(names).filter(|used| used != module);
            found.entry(module.to_owned()).or_default().extend(used);
        }
    }
}

/// The first names of a path, or of each path of a group in braces.
fn names(after_crate: &str) -> Vec<String> {
    let Some(group) = after_crate.strip_prefix('{') else { return vec![word(after_crate)] };
    let (mut depth, mut starts_path, mut names) = (0, true, Vec::new());
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => starts_path = true,
            _ if starts_path && !letter.is_whitespace() => {
                names.push(word(&group[at..]));
                starts_path = false;
            }
            _ => {}
        }
    }
    names
}

fn word(text: &str) -> String {
    text.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
}

#[test]
fn the_modules_are_a_tree() {
    let mut left = BTreeMap::new();
    uses(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), None, &mut left);
    let modules: BTreeSet<_> = left.keys().cloned().collect();
    for uses in left.values_mut() {
        uses.retain(|name| modules.contains(name));
    }
    assert!(left["cli"].contains("settings") && left["up"].contains("shop"), "{left:#?}");
    loop {
        let done: Vec<_> =
            left.iter().filter(|(_, uses)| uses.is_empty()).map(|(name, _)| name.clone()).collect();
        if done.is_empty() {
            break;
        }
        for name in &done {
            left.remove(name);
            for uses in left.values_mut() {
                uses.retain(|used| used != name);
            }
        }
    }
    assert!(left.is_empty(), "these use each other in a circle, or something in one: {left:#?}");
}
