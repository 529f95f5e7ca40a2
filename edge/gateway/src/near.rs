//! What a client meant that asked for a path that does not exist.

use std::sync::LazyLock;

use http::Uri;
use web::problem::{NOT_FOUND, Problem};

use crate::routes;

/// The paths of all operations.
static PATHS: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| routes::operations().into_iter().map(|operation| operation.path).collect());

/// How many letters of a segment may be wrong.
const MOST_WRONG: usize = 2;
/// The longest segment that is compared, in bytes.
const LONGEST: usize = 64;

/// The answer for a path that no operation has: with the one that is near, if there is one.
pub(crate) fn nothing(uri: &Uri) -> Problem {
    let problem = Problem::new(&NOT_FOUND);
    match near(uri.path(), &PATHS) {
        Some(near) => {
            problem.detail(format!("There is nothing at this URL; near is {near}.")).with("near", near)
        }
        None => problem,
    }
}

/// The path of `paths` that differs least, with the client's own values in its variable parts.
fn near(path: &str, paths: &[&str]) -> Option<String> {
    let asked: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    // Without the version, too.
    let versioned: Vec<&str> = match asked.as_slice() {
        ["api", rest @ ..] => ["api", "v1"].into_iter().chain(rest.iter().copied()).collect(),
        _ => Vec::new(),
    };
    let candidates = paths.iter().flat_map(|path| [(path, &asked), (path, &versioned)]);
    let found =
        candidates.filter_map(|(path, asked)| compare(path, asked)).min_by_key(|(wrong, _)| *wrong)?;
    Some(found.1)
}

/// How many letters are wrong, and the path with the variable parts of `asked`.
fn compare(path: &str, asked: &[&str]) -> Option<(usize, String)> {
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    if segments.len() != asked.len() || asked.iter().any(|segment| segment.len() > LONGEST) {
        return None;
    }
    let (mut wrong, mut filled) = (0, String::new());
    for (right, asked) in segments.into_iter().zip(asked) {
        let asked = asked.trim_end_matches(|last: char| !last.is_ascii_alphanumeric());
        filled.push('/');
        if right.starts_with('{') {
            if asked.is_empty() {
                return None;
            }
            filled.push_str(asked);
            continue;
        }
        let distance = distance(right, &asked.to_ascii_lowercase());
        if distance > MOST_WRONG {
            return None;
        }
        wrong += distance;
        filled.push_str(right);
    }
    Some((wrong, filled))
}

/// How many letters must be put in, taken out or replaced.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (line, letter) in a.chars().enumerate() {
        let mut next = vec![line + 1];
        for ((other, above), diagonal) in b.iter().zip(row.iter().skip(1)).zip(&row) {
            let left = next.last().copied().unwrap_or_default();
            next.push((diagonal + usize::from(letter != *other)).min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_nearly_right_is_found() {
        let paths =
            ["/api/v1/products", "/api/v1/products/{key}", "/api/v1/orders/{id}/history", "/health/ready"];
        for (asked, found) in [
            ("/api/v1/products/", Some("/api/v1/products")),
            ("/api/v1/product", Some("/api/v1/products")),
            ("/api/v1/Products", Some("/api/v1/products")),
            ("/api/v1/products)", Some("/api/v1/products")),
            ("/api/v1/prodcuts/copper-kettle/", Some("/api/v1/products/copper-kettle")),
            ("/api/v2/products", Some("/api/v1/products")),
            ("/api/products", Some("/api/v1/products")),
            ("/api/v1/orders/order_1/histroy", Some("/api/v1/orders/order_1/history")),
            ("/health/redy", Some("/health/ready")),
            ("/api/v1/wishlists", None),
            ("/api/v1", None),
            ("/api", None),
            ("/api/v1/products/a/b", None),
        ] {
            assert_eq!(near(asked, &paths).as_deref(), found, "{asked}");
        }
        assert_eq!(near(&format!("/api/v1/{}", "x".repeat(9000)), &paths), None);
    }
}
