//! Names that cannot hold a wrong value.

use message::text::is_one_line;

message::checked_text! {
    /// A word or words for paths: lower-case letters, digits and single hyphens, at most 120.
    pub struct Slug {
        fits: is_slug,
        expected: "lower-case letters, digits and single hyphens, at most 120, such as copper-kettle",
        schema: { "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": 120 },
    }

    /// A merchant's code for a variant: 1 to 64 letters, digits, `-`, `_`, `.` or `/`.
    pub struct Sku {
        fits: is_sku,
        expected: "1 to 64 letters, digits, hyphens, underscores, dots or slashes",
        schema: { "pattern": "^[A-Za-z0-9_./-]+$", "maxLength": 64 },
    }

    /// A product's name: 1 to 200 characters on one line, without blanks at the ends.
    pub struct Title {
        fits: |text| is_one_line(text, 1..=200),
        expected: "1 to 200 characters on one line, without blanks at the ends",
        schema: { "pattern": r"^\S(.*\S)?$", "maxLength": 200 },
    }

    /// The collection that a product belongs to: at most 80 characters on one line.
    pub struct Collection {
        fits: |text| is_one_line(text, 0..=80),
        expected: "at most 80 characters on one line, without blanks at the ends",
        schema: { "pattern": r"^(\S(.*\S)?)?$", "maxLength": 80 },
    }

    /// The name of a tax rate of the settings: `standard` unless another is given.
    pub struct TaxClass {
        fits: is_slug,
        expected: "the name of a tax class, such as standard",
        schema: { "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": 120 },
    }
}

/// No collection.
impl Default for Collection {
    fn default() -> Self {
        Self(String::new())
    }
}

impl Default for TaxClass {
    fn default() -> Self {
        Self("standard".to_owned())
    }
}

fn is_slug(text: &str) -> bool {
    let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.len() <= 120 && text.split('-').all(|word| !word.is_empty() && word.bytes().all(letters))
}

fn is_sku(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testing::check_schema;

    use super::*;

    #[test]
    fn slugs_are_words_with_single_hyphens() {
        for good in ["a", "copper-kettle", "k2-4", "10"] {
            assert!(good.parse::<Slug>().is_ok(), "{good}");
        }
        let long = "a".repeat(121);
        for bad in ["", "-", "a-", "-a", "a--b", "A", "ä", "a b", "a/b", long.as_str()] {
            assert!(bad.parse::<Slug>().is_err(), "{bad}");
        }
    }

    #[test]
    fn titles_are_one_clean_line_in_any_script() {
        for good in ["Kettle", "केतली", "🫖 tea", "مصباح"] {
            assert!(good.parse::<Title>().is_ok(), "{good}");
        }
        for bad in ["", " ", " a", "a\nb", "a\u{0}"] {
            assert!(bad.parse::<Title>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn schemas_allow_what_is_read() {
        let long = |count| json!("a".repeat(count));
        let slugs = [json!("a"), json!("k2-4"), long(120)];
        let no_slugs =
            [json!(""), json!("-"), json!("a-"), json!("a--b"), json!("A"), json!("a b"), long(121)];
        check_schema::<Slug>(&slugs, &no_slugs);
        check_schema::<TaxClass>(&slugs, &no_slugs);
        check_schema::<Sku>(&[json!("A-1_b./"), long(64)], &[json!(""), json!("ä"), json!("a b"), long(65)]);
        let titles = [json!("a"), json!("a b"), json!("مصباح"), long(200)];
        check_schema::<Title>(
            &titles,
            &[json!(""), json!(" a"), json!("a "), json!("a\nb"), long(201), json!(1)],
        );
        check_schema::<Collection>(
            &[json!(""), json!("a b"), long(80)],
            &[json!(" "), json!("a\nb"), long(81)],
        );
    }
}
