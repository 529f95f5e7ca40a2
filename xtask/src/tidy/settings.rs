//! Settings are read by their types, from the one root; by its key a setting is read nowhere else.

use syn::visit::{self, Visit};
use syn::{Expr, ExprLit, ExprMethodCall, Lit};

use super::Problem;
use super::sources::Source;

/// The root of all settings, which reads them once, from the root of the tree.
const ROOT: &str = "apps/caravel/src/settings";

/// Finds every `section("…")` and every `get("section.key")` outside the root.
pub(super) fn check(sources: &[Source]) -> Vec<Problem> {
    let is_reader = |source: &&Source| {
        let folders = ["apps/", "services/", "edge/", "adapters/", "demo/"];
        source.is_product()
            && folders.iter().any(|folder| source.path.starts_with(folder))
            && !source.path.starts_with(ROOT)
    };
    let mut problems = Vec::new();
    for source in sources.iter().filter(is_reader) {
        Calls { source, problems: &mut problems }.visit_file(&source.code);
    }
    problems
}

struct Calls<'a> {
    source: &'a Source,
    problems: &'a mut Vec<Problem>,
}

impl<'ast> Visit<'ast> for Calls<'_> {
    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        visit::visit_expr_method_call(self, call);
        let Some(Expr::Lit(ExprLit { lit: Lit::Str(key), .. })) = call.args.first() else { return };
        let (method, key_text) = (call.method.to_string(), key.value());
        // Rows, headers and JSON are also read by names; those have no section.
        let is_key = match method.as_str() {
            "section" => true,
            "get" => is_full_key(&key_text),
            _ => false,
        };
        if is_key {
            self.problems.push(Problem {
                what: format!("`{method}(\"{key_text}\")` reads settings by a key"),
                place: self.source.line(key.span()),
                why: "a key is checked when it is read, a field when it is compiled; all settings are read once, at the start",
                mend: format!("hand on the field of the typed root, see {ROOT}"),
            });
        }
    }
}

/// Whether this may be `section.key`.
fn is_full_key(key: &str) -> bool {
    let mut parts = key.split('.');
    let is_word = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    parts.clone().count() > 1 && parts.all(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(path: &str, call: &str) -> Vec<String> {
        let text = format!("fn f() {{\n    let a = {call};\n}}\n");
        let problems = check(&[Source::new(path.to_owned(), text)]);
        problems.iter().map(|problem| format!("{}: {}", problem.place, problem.what)).collect()
    }

    #[test]
    fn a_setting_is_read_by_its_key_in_the_root_only() {
        let (edges, section) = ("apps/caravel/src/edges.rs", "shop.settings.section(\"web\")?");
        assert_eq!(
            told(edges, section),
            ["apps/caravel/src/edges.rs:2: `section(\"web\")` reads settings by a key"]
        );
        let get = "settings.get::<Secret>(\"notification.smtp_url\")?.is_empty()";
        assert_eq!(told(edges, get).len(), 1);
        assert!(told("apps/caravel/src/settings/check.rs", section).is_empty());
        assert!(told("apps/caravel/src/settings.rs", section).is_empty());
        assert!(told("services/order/src/queries.rs", "row.get(\"created_at\")?").is_empty());
    }
}
