//! How long a function is.

use syn::visit::{self, Visit};
use syn::{Block, ImplItemFn, ItemFn, Signature, TraitItemFn};

use super::Problem;
use super::sources::Source;

/// Lines of a function's body, without blank lines and comments: what fits on one screen.
const MOST_LINES: usize = 70;

/// Functions that are longer, each with the reason: the file, the function, why.
const EXCEPTIONS: [(&str, &str, &str); 0] = [];

/// Finds every function that is too long, tests included: they are read as often.
pub(super) fn check(sources: &[Source]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for source in sources {
        Functions { source, problems: &mut problems }.visit_file(&source.code);
    }
    problems
}

struct Functions<'a> {
    source: &'a Source,
    problems: &'a mut Vec<Problem>,
}

impl Functions<'_> {
    fn function(&mut self, signature: &Signature, body: &Block) {
        let name = signature.ident.to_string();
        let lines = lines(&self.source.text, body);
        let is_exception =
            EXCEPTIONS.iter().any(|(path, function, _)| *path == self.source.path && *function == name);
        if lines > MOST_LINES && !is_exception {
            self.problems.push(Problem {
                what: format!("`{name}` has {lines} lines, {MOST_LINES} are allowed"),
                place: self.source.line(signature.ident.span()),
                why: "a function fits on one screen",
                mend: "take the steps that have a name of their own into functions of their own".to_owned(),
            });
        }
    }
}

/// The lines between the braces that hold code.
fn lines(text: &str, body: &Block) -> usize {
    let (open, close) =
        (body.brace_token.span.open().start().line, body.brace_token.span.close().start().line);
    let between = text.lines().skip(open).take(close.saturating_sub(open + 1));
    between.map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).count()
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.function(&function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        self.function(&function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast TraitItemFn) {
        if let Some(body) = &function.default {
            self.function(&function.sig, body);
        }
        visit::visit_trait_item_fn(self, function);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The problems of a file with a function, a method and a method of a trait, of so many lines each.
    fn problems(lines: usize) -> Vec<String> {
        let body = "        step();\n".repeat(lines);
        let text = format!(
            "fn free() {{\n{body}\n        // A comment.\n}}\nimpl T {{\n    fn own() {{\n{body}    }}\n}}\n\
             trait U {{\n    fn given() {{\n{body}    }}\n    fn wanted();\n}}\n"
        );
        let sources = [Source::new("a/src/b.rs".to_owned(), text)];
        check(&sources).iter().map(|problem| format!("{}: {}", problem.place, problem.what)).collect()
    }

    #[test]
    fn a_long_function_is_found_where_it_stands() {
        assert_eq!(problems(MOST_LINES), Vec::<String>::new(), "blank lines and comments do not count");
        assert_eq!(
            problems(MOST_LINES + 1),
            [
                "a/src/b.rs:1: `free` has 71 lines, 70 are allowed",
                "a/src/b.rs:77: `own` has 71 lines, 70 are allowed",
                "a/src/b.rs:152: `given` has 71 lines, 70 are allowed"
            ]
        );
    }
}
