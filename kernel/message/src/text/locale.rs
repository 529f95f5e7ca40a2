//! Language tags (BCP 47, RFC 5646, 2.1).

use crate::Invalid;

/// Checks that `text` is a well-formed language tag; whether its parts are registered is not asked.
pub(super) fn check(text: &str) -> Result<(), Invalid> {
    let parts: Vec<_> = text.split('-').collect();
    if text.len() <= 35 && (is_language_tag(&parts) || is_private(&parts)) {
        return Ok(());
    }
    let expected = "expected a language tag (BCP 47), such as en or en-IN";
    Err(Invalid::new(if text.contains('_') {
        format!("{expected}, with hyphens")
    } else {
        expected.to_owned()
    }))
}

fn is_language_tag(parts: &[&str]) -> bool {
    let Some((language, mut rest)) = parts.split_first() else { return false };
    if !is_letters(language, 2, 8) {
        return false;
    }
    // A short language may be followed by up to three extensions of it; then come script, region and variants.
    for _ in 0..3 {
        if language.len() <= 3 {
            rest = skip(rest, |part| is_letters(part, 3, 3));
        }
    }
    rest = skip(rest, |part| is_letters(part, 4, 4));
    rest = skip(rest, |part| is_letters(part, 2, 2) || (part.len() == 3 && is_digits(part)));
    while let Some((part, after)) = rest.split_first() {
        let is_year = part.starts_with(|letter: char| letter.is_ascii_digit()) && is_word(part, 4, 4);
        if !is_year && !is_word(part, 5, 8) {
            break;
        }
        rest = after;
    }
    // Extensions: a single letter or digit, and what belongs to it.
    while let Some((single, after)) = rest.split_first() {
        if is_private(rest) {
            return true;
        }
        let count = after.iter().take_while(|part| is_word(part, 2, 8)).count();
        if !is_word(single, 1, 1) || count == 0 {
            return false;
        }
        rest = after.get(count..).unwrap_or_default();
    }
    true
}

fn is_private(parts: &[&str]) -> bool {
    parts.split_first().is_some_and(|(first, rest)| {
        first.eq_ignore_ascii_case("x") && !rest.is_empty() && rest.iter().all(|part| is_word(part, 1, 8))
    })
}

/// The parts after the first, if that is one.
fn skip<'a, 'p>(parts: &'a [&'p str], is_one: impl Fn(&str) -> bool) -> &'a [&'p str] {
    match parts.split_first() {
        Some((first, rest)) if is_one(first) => rest,
        _ => parts,
    }
}

fn is_word(part: &str, least: usize, most: usize) -> bool {
    (least..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn is_letters(part: &str, least: usize, most: usize) -> bool {
    (least..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn is_digits(part: &str) -> bool {
    part.bytes().all(|byte| byte.is_ascii_digit())
}
