//! The lines that a new service adds to files that exist. Each edit takes a text and gives the new one.

/// Stands in `apps/caravel/src/services.rs` below the last service.
pub(super) const MARKER: &str = "// `cargo xtask new-service` mounts the next one here.";

/// Adds both crates to `[workspace.dependencies]`, each below the last of its kind.
pub(super) fn workspace(text: &str, name: &str) -> Result<String, String> {
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

/// Lets the app depend on the service, below the services that it depends on already.
pub(super) fn app(text: &str, name: &str, services: &[String]) -> Result<String, String> {
    let line = format!("{name}.workspace = true");
    let is_service =
        |line: &str| services.iter().any(|service| line == format!("{service}.workspace = true"));
    below_last(text, &line, is_service)
        .ok_or_else(|| "apps/caravel/Cargo.toml depends on no service".to_owned())
}

/// Mounts the service above the marker.
pub(super) fn services(text: &str, line: &str) -> Result<String, String> {
    let mut found = false;
    let mut out = String::with_capacity(text.len() + line.len() + 16);
    for existing in text.split_inclusive('\n') {
        if existing.trim() == MARKER {
            found = true;
            let indent: String = existing.chars().take_while(|c| c.is_whitespace() && *c != '\n').collect();
            out.extend([indent.as_str(), line, "\n"]);
        }
        out.push_str(existing);
    }
    if found {
        Ok(out)
    } else {
        Err(format!("apps/caravel/src/services.rs has no line that says\n    {MARKER}"))
    }
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
    }

    #[test]
    fn the_app_depends_on_it() {
        let text =
            "[dependencies]\nproduct.workspace = true\nseeder.workspace = true\ngateway.workspace = true\n";
        let services = ["product".to_owned(), "seeder".to_owned()];
        assert_eq!(
            app(text, "wishlist", &services).unwrap(),
            "[dependencies]\nproduct.workspace = true\nseeder.workspace = true\nwishlist.workspace = true\ngateway.workspace = true\n"
        );
        assert!(app(text, "wishlist", &[]).is_err());
    }

    #[test]
    fn it_is_mounted_above_the_marker() {
        let text = format!("fn all() {{\n    product();\n    {MARKER}\n}}\n");
        assert_eq!(
            services(&text, "wishlist();").unwrap(),
            format!("fn all() {{\n    product();\n    wishlist();\n    {MARKER}\n}}\n")
        );
        assert!(services("fn all() {}\n", "wishlist();").unwrap_err().contains(MARKER));
    }
}
