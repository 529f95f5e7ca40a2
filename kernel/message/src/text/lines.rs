//! What a line of text may hold.

use std::ops::RangeInclusive;

use unicode_properties::{
    GeneralCategory,
    GeneralCategoryGroup::{Mark, Other, Separator},
    UnicodeGeneralCategory as _,
};

use crate::Invalid;

/// Whether [`one_line`] accepts the text.
pub fn is_one_line(text: &str, length: RangeInclusive<usize>) -> bool {
    one_line(text, length).is_ok()
}

/// Checks that `text` has so many characters, all on one line, one of them visible, and no blanks at its ends.
///
/// # Errors
///
/// What is expected instead.
pub fn one_line(text: &str, length: RangeInclusive<usize>) -> Result<(), Invalid> {
    check_length(text, &length, "characters on one line")?;
    if text.is_empty() {
        return Ok(());
    }
    let expected = if text.contains(is_line_end) {
        "one line"
    } else if text.contains('\t') {
        "blanks instead of tabs"
    } else if text.contains(char::is_control) {
        "no control characters"
    } else {
        check_visible(text)?;
        if text.trim() == text {
            return Ok(());
        }
        "no blanks at the ends"
    };
    Err(Invalid::new(format!("expected {expected}")))
}

/// Checks that `text` has so many characters, one of them visible. It may have several lines, tabs, and blanks at its
/// ends.
///
/// # Errors
///
/// What is expected instead.
pub fn several_lines(text: &str, length: RangeInclusive<usize>) -> Result<(), Invalid> {
    check_length(text, &length, "characters")?;
    if text.contains(|letter: char| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t')) {
        return Err(Invalid::new("expected no control characters but line ends and tabs"));
    }
    if text.is_empty() { Ok(()) } else { check_visible(text) }
}

/// A pasted line as its author meant it: tabs, line ends and several blanks become one blank, those at the ends go, and
/// so do characters that only a copy brought along (of the writing direction, byte order marks, zero-width blanks).
pub fn mended(text: &str) -> String {
    let is_copied = |letter: &char| turns(*letter) || matches!(letter, '\u{200b}' | '\u{feff}');
    let text: String = text.chars().filter(|letter| !is_copied(letter)).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a character alone shows anything: not a blank, a control, a joiner, a mark on another letter, or a letter
/// that only fills a place.
pub(crate) fn is_visible(letter: char) -> bool {
    let is_filler = matches!(
        letter,
        '\u{115f}' | '\u{1160}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}' | '\u{1d159}' | '\u{13441}' | '\u{13442}'
            // Not assigned, and to be ignored when they are (Default_Ignorable_Code_Point).
            | '\u{2065}' | '\u{fff0}'..='\u{fff8}' | '\u{e0000}'..='\u{e0fff}'
    );
    let shows = match letter.general_category_group() {
        Mark | Separator => false,
        // Private letters and those that are newer than the table may show something.
        Other => !matches!(letter.general_category(), GeneralCategory::Control | GeneralCategory::Format),
        _ => true,
    };
    shows && !is_filler
}

/// Whether a character changes the writing direction of what follows.
pub(crate) fn turns(letter: char) -> bool {
    matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn check_length(text: &str, length: &RangeInclusive<usize>, what: &str) -> Result<(), Invalid> {
    let (least, most) = (*length.start(), *length.end());
    let count = text.chars().count();
    if length.contains(&count) {
        return Ok(());
    }
    let most = grouped(most);
    let expected = if least == 0 { format!("at most {most}") } else { format!("{least} to {most}") };
    let given = if count == 0 { String::new() } else { format!(", not {}", grouped(count)) };
    Err(Invalid::new(format!("expected {expected} {what}{given}")))
}

/// `2,000`
fn grouped(number: usize) -> String {
    if number < 1000 { number.to_string() } else { format!("{},{:03}", number / 1000, number % 1000) }
}

fn check_visible(text: &str) -> Result<(), Invalid> {
    if let Some(letter) = text.chars().find(|letter| turns(*letter)) {
        let code = u32::from(letter);
        let expected = "expected no characters that turn the writing direction";
        return Err(Invalid::new(format!("{expected} (U+{code:04X})")));
    }
    if text.chars().any(is_visible) {
        return Ok(());
    }
    Err(Invalid::new("expected at least one visible character"))
}

fn is_line_end(letter: char) -> bool {
    matches!(letter, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}
