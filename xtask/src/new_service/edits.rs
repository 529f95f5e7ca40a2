//! The lines that a new service adds to files that exist. Each edit takes a text and gives the new one.

/// Begins the line below the last service in the files that list them. What follows it on that line is how a service
/// is listed there, with `{{name}}` for its name, so that only that file knows.
pub(super) const MARKER: &str = "// new-service: ";

/// Adds both crates to `[workspace.dependencies]`, each below the last of its kind.
pub(super) fn workspace(text: &str, name: &str) -> Result<String, String> {
    let taken = format!("{name} = ");
    if text.lines().any(|line| line.starts_with(&taken)) {
        return Err(format!("`{name}` is a crate that Cargo.toml names already; take another name"));
    }
    let contract = format!("{name}-contract = {{ path = \"services/{name}/contract\" }}");
    let service = format!("{name} = {{ path = \"services/{name}\" }}");
    let text = below_last(text, &contract, |line| {
        line.contains("path = \"services/") && line.contains("/contract\"")
    });
    let text = text.and_then(|text| {
        below_last(&text, &service, |line| {
            line.contains("path = \"services/") && !line.contains("/contract\"")
        })
    });
    text.ok_or_else(|| "Cargo.toml lists no services in [workspace.dependencies]".to_owned())
}

/// Lets the app depend on the service and its contract, below those that it depends on already.
pub(super) fn app(text: &str, name: &str, services: &[String]) -> Result<String, String> {
    let is_of = |suffix: &'static str| {
        move |line: &str| services.iter().any(|service| line == format!("{service}{suffix}.workspace = true"))
    };
    below_last(text, &format!("{name}.workspace = true"), is_of(""))
        .and_then(|text| below_last(&text, &format!("{name}-contract.workspace = true"), is_of("-contract")))
        .ok_or_else(|| "apps/caravel/Cargo.toml depends on no service".to_owned())
}

/// Lets a crate depend on the service's contract, below the contracts that it depends on already.
pub(super) fn edge(path: &str, text: &str, name: &str) -> Result<String, String> {
    below_last(text, &format!("{name}-contract.workspace = true"), |line| {
        line.ends_with("-contract.workspace = true")
    })
    .ok_or_else(|| format!("{path} depends on no contract"))
}

/// Lists the service above each marker in the file at `path`, in the way that the marker says.
pub(super) fn at_markers(path: &str, text: &str, fill: impl Fn(&str) -> String) -> Result<String, String> {
    let mut all = String::with_capacity(text.len() + 200);
    let mut is_listed = false;
    for line in text.lines() {
        if let Some((indent, listing)) =
            line.split_once(MARKER).filter(|(indent, _)| indent.trim().is_empty())
        {
            all.push_str(indent);
            all.push_str(&fill(listing));
            all.push('\n');
            is_listed = true;
        }
        all.push_str(line);
        all.push('\n');
    }
    if is_listed { Ok(all) } else { Err(no_marker(path)) }
}

fn no_marker(path: &str) -> String {
    format!(
        "{path} has no line that says how to list a service, such as\n    {MARKER}{{{{name}}}}::service(db),"
    )
}

fn below_last(text: &str, line: &str, is_kind: impl Fn(&str) -> bool) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let last = lines.iter().rposition(|line| is_kind(line.trim()))?;
    let (above, below) = lines.split_at(last + 1);
    let mut all = above.to_vec();
    all.push(line);
    all.extend(below);
    Some(all.join("\n") + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_crates_join_the_workspace() {
        let text = "\
[workspace.dependencies]
product-contract = { path = \"services/product/contract\" }
product = { path = \"services/product\" }
gateway = { path = \"edge/gateway\" }
";
        assert_eq!(
            workspace(text, "wishlist").unwrap(),
            "\
[workspace.dependencies]
product-contract = { path = \"services/product/contract\" }
wishlist-contract = { path = \"services/wishlist/contract\" }
product = { path = \"services/product\" }
wishlist = { path = \"services/wishlist\" }
gateway = { path = \"edge/gateway\" }
"
        );
        assert!(workspace("[workspace]\n", "wishlist").is_err());
        assert!(workspace("bytes = \"1\"\n", "bytes").unwrap_err().contains("take another name"));
    }

    #[test]
    fn the_app_depends_on_it() {
        let text = "[dependencies]\nproduct.workspace = true\npayment.workspace = true\ngateway.workspace = true\n\
                    product-contract.workspace = true\n";
        let services = ["product".to_owned(), "payment".to_owned()];
        assert_eq!(
            app(text, "wishlist", &services).unwrap(),
            "[dependencies]\nproduct.workspace = true\npayment.workspace = true\nwishlist.workspace = true\ngateway.workspace = true\n\
             product-contract.workspace = true\nwishlist-contract.workspace = true\n"
        );
        assert!(app(text, "wishlist", &[]).is_err());
    }

    #[test]
    fn an_edge_depends_on_the_contract() {
        let text = "[dependencies]\norder-contract.workspace = true\naxum.workspace = true\n";
        assert_eq!(
            edge("edge/gateway/Cargo.toml", text, "wishlist").unwrap(),
            "[dependencies]\norder-contract.workspace = true\nwishlist-contract.workspace = true\naxum.workspace = true\n"
        );
        assert!(edge("edge/gateway/Cargo.toml", "[dependencies]\n", "wishlist").is_err());
    }

    #[test]
    fn it_is_listed_above_every_marker() {
        let text = "mod product;\n// new-service: mod {{name}};\n\nfn all() {\n    mount(product::service);\n    \
                    // new-service: mount({{name}}::service);\n}\n";
        assert_eq!(
            at_markers("services.rs", text, |line| line.replace("{{name}}", "wishlist")).unwrap(),
            "\
mod product;
mod wishlist;
// new-service: mod {{name}};

fn all() {
    mount(product::service);
    mount(wishlist::service);
    // new-service: mount({{name}}::service);
}
"
        );
        let refused = at_markers("services.rs", "fn all() {}\n", str::to_owned).unwrap_err();
        assert!(refused.ends_with("    // new-service: {{name}}::service(db),"), "{refused}");
    }
}
