//! One name, one type: no two public types of the workspace share a name, and no edge describes a contract's type again.

use std::collections::BTreeMap;

use syn::{Attribute, Ident, Item, Visibility};

use super::Problem;
use super::sources::{Source, is_test_only};

/// Names that several public types have, each with the reason.
const SHARED_NAMES: [(&str, &str); 3] = [
    ("Settings", "the crate's name says whose: `order::Settings`"),
    ("Error", "the module's name says whose: `logs::Error`"),
    ("State", "what a service's handlers share; the service's name says whose"),
];

/// Types of an edge that are named like a contract's type and described, each with what HTTP shows differently.
const SHOWN_DIFFERENTLY: [(&str, &str); 0] = [];

/// A type and where it stands.
struct Type<'a> {
    name: &'a Ident,
    source: &'a Source,
    is_public: bool,
    /// Whether a schema or a form on the wire is derived.
    is_described: bool,
}

/// Finds what shares a name.
pub(super) fn check(sources: &[Source]) -> Vec<Problem> {
    let mut types = Vec::new();
    // The benchmarks and these chores are programs that no one depends on.
    for source in sources.iter().filter(|source| source.is_product() && !is_tool(source)) {
        collect(source, &source.code.items, &mut types);
    }
    let mut problems = same_names(&types);
    problems.extend(twins(&types));
    problems
}

fn is_tool(source: &Source) -> bool {
    ["bench/", "xtask/"].iter().any(|folder| source.path.starts_with(folder))
}

fn collect<'a>(source: &'a Source, items: &'a [Item], types: &mut Vec<Type<'a>>) {
    for item in items {
        let (name, visibility, attributes) = match item {
            Item::Struct(item) => (&item.ident, &item.vis, &item.attrs),
            Item::Enum(item) => (&item.ident, &item.vis, &item.attrs),
            Item::Union(item) => (&item.ident, &item.vis, &item.attrs),
            Item::Trait(item) => (&item.ident, &item.vis, &item.attrs),
            Item::Type(item) => (&item.ident, &item.vis, &item.attrs),
            Item::Mod(module) if !is_test_only(&module.attrs) => {
                if let Some((_, items)) = &module.content {
                    collect(source, items, types);
                }
                continue;
            }
            _ => continue,
        };
        let is_public = matches!(visibility, Visibility::Public(_));
        types.push(Type { name, source, is_public, is_described: is_described(attributes) });
    }
}

/// Whether a derive makes a schema.
fn is_described(attributes: &[Attribute]) -> bool {
    let mut described = false;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("derive")) {
        let parsed = attribute.parse_nested_meta(|derived| {
            let last = derived.path.segments.last().map(|segment| segment.ident.to_string());
            described |= last.is_some_and(|last| last == "JsonSchema" || last == "ToSchema");
            Ok(())
        });
        // A derive that cannot be read does not compile either.
        described &= parsed.is_ok();
    }
    described
}

fn same_names(types: &[Type]) -> Vec<Problem> {
    let mut by_name: BTreeMap<String, Vec<&Type>> = BTreeMap::new();
    for found in types.iter().filter(|found| found.is_public) {
        by_name.entry(found.name.to_string()).or_default().push(found);
    }
    by_name.retain(|name, _| !SHARED_NAMES.iter().any(|(shared, _)| shared == name));
    let shared = by_name.iter().filter_map(|(name, types)| match types.as_slice() {
        [first, others @ ..] if !others.is_empty() => Some((name, first, others)),
        _ => None,
    });
    let problem = |(name, first, others): (&String, &&Type, &[&Type])| {
        let others: Vec<String> = others.iter().map(|other| other.place()).collect();
        Problem {
            what: format!("`{name}` is also the name of a type in {}", others.join(", ")),
            place: first.place(),
            why: "who reads a name knows which type is meant",
            mend: "rename what is another idea, use one type for what is the same; an exception with its reason \
                   goes into xtask/src/tidy/names.rs"
                .to_owned(),
        }
    };
    shared.map(problem).collect()
}

/// The types of edges that are described though a contract has them.
fn twins(types: &[Type]) -> Vec<Problem> {
    let is_of_contract = |found: &&Type| found.is_public && found.source.path.contains("/contract/src/");
    let told: Vec<&Ident> = types.iter().filter(is_of_contract).map(|found| found.name).collect();
    let is_twin = |found: &&Type| {
        found.source.path.starts_with("edge/")
            && found.is_described
            && told.contains(&found.name)
            && !SHOWN_DIFFERENTLY.iter().any(|(name, _)| found.name == name)
    };
    let problem = |found: &Type| Problem {
        what: format!("`{}` describes a contract's type again", found.name),
        place: found.place(),
        why: "a type is told once, in its contract; what is told twice drifts apart",
        mend: "use the contract's type; what HTTP really shows differently goes into xtask/src/tidy/names.rs"
            .to_owned(),
    };
    types.iter().filter(is_twin).map(problem).collect()
}

impl Type<'_> {
    fn place(&self) -> String {
        self.source.line(self.name.span())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(files: &[(&str, &str)]) -> Vec<String> {
        let sources: Vec<Source> =
            files.iter().map(|(path, text)| Source::new((*path).to_owned(), (*text).to_owned())).collect();
        check(&sources).iter().map(|problem| format!("{}: {}", problem.place, problem.what)).collect()
    }

    #[test]
    fn two_public_types_of_one_name_are_found() {
        let cache = ("kernel/cache/src/lib.rs", "mod a {\n    pub struct Entry;\n}\n");
        assert_eq!(
            told(&[cache, ("kernel/store/src/row.rs", "pub enum Entry {}\n")]),
            ["kernel/cache/src/lib.rs:2: `Entry` is also the name of a type in kernel/store/src/row.rs:1"]
        );
        let not_public = "pub(crate) struct Entry;\n#[cfg(test)]\nmod tests {\n    pub struct Entry;\n}\n";
        assert!(told(&[cache, ("kernel/store/src/row.rs", not_public)]).is_empty());
        assert!(told(&[cache, ("kernel/store/tests/row.rs", "pub struct Entry;\n")]).is_empty());
        assert!(told(&[cache, ("bench/src/row.rs", "pub struct Entry;\n")]).is_empty());
        let settings = "pub struct Settings;\n";
        assert!(told(&[("kernel/a/src/lib.rs", settings), ("kernel/b/src/lib.rs", settings)]).is_empty());
    }

    #[test]
    fn a_second_description_of_a_contract_type_is_found() {
        let contract = ("services/order/contract/src/order.rs", "#[derive(JsonSchema)]\npub struct Order;\n");
        let edge = |text| told(&[contract, ("edge/gateway/src/orders.rs", text)]);
        let problem = "edge/gateway/src/orders.rs:2: `Order` describes a contract's type again";
        assert_eq!(edge("#[derive(Debug, JsonSchema)]\nstruct Order;\n"), [problem]);
        assert_eq!(edge("#[derive(Debug, utoipa::ToSchema)]\npub(crate) struct Order;\n"), [problem]);
        assert!(edge("#[derive(Serialize)]\nstruct Order;\n").is_empty(), "what a template shows");
        assert!(edge("#[derive(JsonSchema)]\nstruct Other;\n").is_empty());
    }
}
