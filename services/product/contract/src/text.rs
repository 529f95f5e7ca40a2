//! Names that cannot hold a wrong value.

use message::text::is_one_line;
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark, is_nfc};

/// The most characters of a [`Slug`].
const MAX_SLUG: usize = 255;

message::checked_text! {
    /// A word or words for paths, in any script: small letters, digits and single hyphens, at most 255 characters (NFC).
    pub struct Slug {
        fits: is_slug,
        expected: "small letters of any script, digits and single hyphens, at most 255, such as copper-kettle",
        schema: { "pattern": r"^[^\sA-Z!-/:-@\[-`{-~]+(-[^\sA-Z!-/:-@\[-`{-~]+)*$", "maxLength": 255 },
    }

    /// A merchant's code for a variant, as another system writes it: any text of 1 to 255 characters on one line.
    pub struct Sku {
        fits: |text| is_one_line(text.trim_matches(' '), 1..=255) && text.chars().count() <= 255,
        expected: "1 to 255 characters on one line",
        schema: { "pattern": r"^.*\S.*$", "maxLength": 255 },
    }

    /// A product's name: 1 to 255 characters on one line, without blanks at the ends.
    pub struct Title {
        fits: |text| is_one_line(text, 1..=255),
        expected: "1 to 255 characters on one line, without blanks at the ends",
        schema: { "pattern": r"^\S(.*\S)?$", "maxLength": 255 },
    }

    /// A brand, an option's name or its value: 1 to 255 characters on one line, without blanks at the ends.
    pub struct Label {
        fits: |text| is_one_line(text, 1..=255),
        expected: "1 to 255 characters on one line, without blanks at the ends",
        schema: { "pattern": r"^\S(.*\S)?$", "maxLength": 255 },
    }

    /// The collection that a product belongs to: at most 80 characters on one line.
    pub struct Collection {
        fits: |text| is_one_line(text, 0..=80),
        expected: "at most 80 characters on one line, without blanks at the ends",
        schema: { "pattern": r"^(\S(.*\S)?)?$", "maxLength": 80 },
    }

    /// The name of a tax rate of the settings: `standard` unless another is given.
    pub struct TaxClass {
        fits: is_tax_class,
        expected: "the name of a tax class, such as standard",
        schema: { "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": 120 },
    }
}

impl Slug {
    /// The slug that `text` becomes when its capitals are made small and its letters composed (NFC); `None` if that is no
    /// slug. For addresses that somebody typed or another program wrote.
    pub fn normalised(text: &str) -> Option<Self> {
        // Composed once more: a small letter can compose where its capital did not.
        text.nfc().collect::<String>().to_lowercase().nfc().collect::<String>().try_into().ok()
    }
}

impl Sku {
    /// The SKU without blanks and capitals: two SKUs with the same key look the same to people.
    pub fn key(&self) -> String {
        let letters = self.as_str().chars().filter(|letter| !letter.is_whitespace());
        letters.flat_map(char::to_lowercase).collect()
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
    let is_small = |letter: char| letter.to_lowercase().eq([letter]);
    let is_part = |letter: char| letter.is_alphanumeric() && is_small(letter) || is_combining_mark(letter);
    // A mark belongs to a letter before it.
    let is_word = |word: &str| word.starts_with(char::is_alphanumeric) && word.chars().all(is_part);
    text.chars().count() <= MAX_SLUG && is_nfc(text) && text.split('-').all(is_word)
}

fn is_tax_class(text: &str) -> bool {
    let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.len() <= 120 && text.split('-').all(|word| !word.is_empty() && word.bytes().all(letters))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testing::check_schema;

    use super::*;

    #[test]
    fn slugs_are_words_of_any_script_with_single_hyphens() {
        let long = "é".repeat(255);
        for good in [
            "a",
            "copper-kettle",
            "k2-4",
            "10",
            "café",
            "乾燥にんにく",
            "新米-令和４年度",
            "केतली-तांबा",
            "straße",
            "οδός",
            "ด้วย",
            "مصباح-٣",
            "iphone-½",
            long.as_str(),
        ] {
            assert!(good.parse::<Slug>().is_ok(), "{good}");
        }
        let too_long = "a".repeat(256);
        for bad in [
            "",
            "-",
            "a-",
            "-a",
            "a--b",
            "A",
            "É",
            "a b",
            "a/b",
            "a_b",
            "a.b",
            "a%62",
            "a?b",
            "cafe\u{301}",
            "\u{301}a",
            "a-\u{301}",
            "a\u{200b}b",
            "a\u{202e}b",
            "🫖",
            too_long.as_str(),
        ] {
            assert!(bad.parse::<Slug>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn what_somebody_typed_becomes_a_slug_if_it_can() {
        let normalised = |text| Slug::normalised(text).map(|slug| slug.to_string());
        assert_eq!(normalised("Cafe\u{301}-NOIR").as_deref(), Some("café-noir"));
        assert_eq!(normalised("copper-kettle").as_deref(), Some("copper-kettle"));
        for nothing in ["", "a b", "First)", "a_b", "İ"] {
            let found = normalised(nothing);
            assert!(found.is_none() || found.as_deref() == Some("i\u{307}"), "{nothing}: {found:?}");
        }
    }

    #[test]
    fn skus_are_what_other_systems_write() {
        for good in ["A-1", "Shoes - DZR - 41", "RedRose+Ring", "A,B", "Ä-1", "#12", "'10", " A ", "🫖"] {
            assert!(good.parse::<Sku>().is_ok(), "{good}");
        }
        for bad in ["", "  ", "a\nb", "a\tb", "a\u{0}"] {
            assert!(bad.parse::<Sku>().is_err(), "{bad:?}");
        }
        let key = |text: &str| text.parse::<Sku>().unwrap().key();
        assert_eq!(key(" Ab-1 c"), key("aB-1C"));
        assert_ne!(key("AB-1"), key("AB1"));
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
        let classes = [json!("a"), json!("k2-4"), long(120)];
        let no_classes =
            [json!(""), json!("-"), json!("a-"), json!("a--b"), json!("A"), json!("a b"), long(121)];
        check_schema::<TaxClass>(&classes, &no_classes);
        let slugs = [json!("a"), json!("k2-4"), json!("café"), json!("乾燥-にんにく"), long(255)];
        let no_slugs =
            [json!(""), json!("a-"), json!("a--b"), json!("A"), json!("a b"), json!("a_b"), long(256)];
        check_schema::<Slug>(&slugs, &no_slugs);
        check_schema::<Sku>(
            &[json!("A-1_b./"), json!("ä b"), json!(" a"), long(255)],
            &[json!(""), json!(" "), json!("a\nb"), long(256)],
        );
        let lines = [json!("a"), json!("a b"), json!("مصباح"), long(255)];
        let no_lines = [json!(""), json!(" a"), json!("a "), json!("a\nb"), long(256), json!(1)];
        check_schema::<Title>(&lines, &no_lines);
        check_schema::<Label>(&lines, &no_lines);
        check_schema::<Collection>(
            &[json!(""), json!("a b"), long(80)],
            &[json!(" "), json!("a\nb"), long(81)],
        );
    }
}
