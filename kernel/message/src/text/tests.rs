use super::*;
use crate::{Value as Column, stored, value::FromValue as _};

#[test]
fn short_texts_keep_every_script() {
    let joined = ["می\u{200c}خواهم", "क्\u{200d}ष", "👩\u{200d}👧", "e\u{301}", "א\u{200f}"];
    for good in ["मीरा", "😀", "שלום", "O'Neil"].into_iter().chain(joined) {
        assert!(good.parse::<ShortText>().is_ok(), "{good}");
    }
    for bad in ["", " a", "a\tb", "a\u{7}", "a\u{2028}b"] {
        assert!(bad.parse::<ShortText>().is_err(), "{bad:?}");
    }
}

#[test]
fn something_in_a_line_is_visible() {
    for invisible in [
        "\u{200b}",
        "\u{2060}\u{200d}",
        "\u{2800}",
        "\u{3164}",
        "\u{115f}\u{1160}",
        "\u{ffa0}",
        "\u{feff}",
        "\u{ad}",
        "\u{34f}",
        "\u{301}",
        "\u{fe0f}",
        "\u{180e}",
        "\u{e0041}",
        "\u{200c}",
        "\u{61c}",
        "\u{17b4}",
        "\u{2065}",
        "\u{2062}",
        "\u{1d159}",
        "\u{200e} \u{200e}",
    ] {
        let refused = invisible.parse::<ShortText>().unwrap_err().to_string();
        assert_eq!(refused, "expected at least one visible character", "{invisible:?}");
        assert!(invisible.parse::<LongText>().is_err(), "{invisible:?}");
    }
}

#[test]
fn nothing_turns_the_writing_direction_of_what_follows() {
    for turning in ('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}') {
        let text = format!("Mira{turning} Nair");
        let refused = text.parse::<ShortText>().unwrap_err().to_string();
        assert!(
            refused.starts_with("expected no characters that turn the writing direction (U+20"),
            "{refused}"
        );
        assert!(text.parse::<LongText>().is_err());
        assert_eq!(mended(&text), "Mira Nair");
    }
}

#[test]
fn a_refusal_says_which_rule_is_broken() {
    for (text, expected) in [
        ("", "expected 1 to 200 characters on one line"),
        ("a\tb", "expected blanks instead of tabs"),
        ("a\nb", "expected one line"),
        ("a\u{0}b", "expected no control characters"),
        (" a", "expected no blanks at the ends"),
        (&"a".repeat(1201), "expected 1 to 200 characters on one line, not 1,201"),
    ] {
        assert_eq!(text.parse::<ShortText>().unwrap_err().to_string(), expected);
    }
}

#[test]
fn pasted_lines_are_mended() {
    for (pasted, mended_to) in [
        ("14\tLake Road ", "14 Lake Road"),
        (" 14  Lake\r\nRoad", "14 Lake Road"),
        ("\u{202a}+91 484 221 0000\u{202c}", "+91 484 221 0000"),
        ("\u{feff}Mira\u{200b} Nair", "Mira Nair"),
        ("می\u{200c}خواهم", "می\u{200c}خواهم"),
    ] {
        assert_eq!(mended(pasted), mended_to);
    }
}

#[test]
fn long_texts_have_lines() {
    for good in ["a", "Ring twice.\nThe dog\tis kind.\r\n", " indented"] {
        assert!(good.parse::<LongText>().is_ok(), "{good:?}");
    }
    let long = "a".repeat(2001);
    for bad in ["", "\n", "a\u{0}", &long] {
        assert!(bad.parse::<LongText>().is_err(), "{bad:?}");
    }
}

#[test]
fn locales_are_language_tags() {
    for good in
        ["en", "en-IN", "zh-Hant-TW", "es-419", "de-CH-1996", "sl-rozaj-biske", "de-u-co-phonebk", "x-shop"]
    {
        assert!(good.parse::<Locale>().is_ok(), "{good}");
    }
    for bad in
        ["", "e", "a-tongue", "en-", "-en", "en--IN", "en-IN-", "12", "en-u", "de-419-DE", "en IN", "日本"]
    {
        assert!(bad.parse::<Locale>().is_err(), "{bad}");
    }
    assert!(
        "en_IN".parse::<Locale>().unwrap_err().to_string().ends_with("such as en or en-IN, with hyphens")
    );
}

#[test]
fn what_is_stored_is_read_as_it_was_written() {
    let json = "\"\u{200b}\"";
    assert!(serde_json::from_str::<ShortText>(json).is_err());
    let stored: ShortText = stored::as_written(|| serde_json::from_str(json)).unwrap();
    assert_eq!(stored.as_str(), "\u{200b}");
    assert!(stored.recheck().is_err());
    assert_eq!(ShortText::from_value(Column::from("\u{200b}")), Ok(stored));
}
