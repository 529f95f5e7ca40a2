//! What the addresses of a country need.

use std::{
    collections::HashMap,
    sync::{LazyLock, OnceLock},
};

use regex_lite::Regex;

use super::Address;
use crate::Country;

/// A country a line: its code, the fields that it needs (A street, C city, S region, Z postal code), the form of its postal
/// codes (a regular expression; `-` where there are none, `*` where any is fine), one of them, its layout, and the one
/// that it has in its own letters, see [`layout`](super::layout).
const TABLE: &str = include_str!("rules.txt");

/// A region a line: the country, the region's code, its names and other codes.
const REGIONS: &str = include_str!("regions.txt");

/// Of a country that is not in the table.
static OTHERS: Rule =
    Rule { needs: "AC", form: "*", example: "", layout: "A/Z C", local: None, pattern: OnceLock::new() };

static RULES: LazyLock<HashMap<&str, Rule>> = LazyLock::new(|| TABLE.lines().filter_map(rule).collect());
static REGIONS_OF: LazyLock<HashMap<&str, Regions>> = LazyLock::new(regions);

struct Rule {
    needs: &'static str,
    form: &'static str,
    example: &'static str,
    layout: &'static str,
    local: Option<&'static str>,
    /// `form`, compiled when it is first needed.
    pattern: OnceLock<Option<Regex>>,
}

/// The regions of a country.
struct Regions {
    /// Every name and code, in the form that is compared.
    known: Vec<String>,
    /// The first of them, for people.
    example: &'static str,
}

fn rule(line: &'static str) -> Option<(&'static str, Rule)> {
    let mut columns = line.split("  ").map(str::trim).filter(|column| !column.is_empty());
    let code = columns.next().filter(|code| !code.starts_with('#'))?;
    let rule = Rule {
        needs: columns.next()?,
        form: columns.next()?,
        example: columns.next()?,
        layout: columns.next()?,
        local: columns.next(),
        pattern: OnceLock::new(),
    };
    Some((code, rule))
}

fn regions() -> HashMap<&'static str, Regions> {
    let mut regions: HashMap<_, Regions> = HashMap::new();
    for line in REGIONS.lines() {
        let mut columns = line.splitn(3, ' ');
        let (Some(country), Some(code), Some(names)) = (columns.next(), columns.next(), columns.next())
        else {
            continue;
        };
        let example = names.split(", ").next().unwrap_or(code);
        let of = regions.entry(country).or_insert_with(|| Regions { known: Vec::new(), example });
        of.known.extend([code].into_iter().chain(names.split(", ")).map(folded));
        of.known.push(folded(&format!("{country}{code}")));
    }
    regions
}

/// The form in which regions are compared: small letters and digits.
fn folded(text: &str) -> String {
    text.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn of(country: &Country) -> &'static Rule {
    RULES.get(country.as_str()).unwrap_or(&OTHERS)
}

/// The country's layout; `in_own_letters` the one that it has for these.
pub(super) fn layout(country: &Country, in_own_letters: bool) -> &'static str {
    let rule = of(country);
    rule.local.filter(|_| in_own_letters).unwrap_or(rule.layout)
}

/// The fields that the country needs.
pub(super) fn required(country: &Country) -> impl Iterator<Item = &'static str> {
    of(country).needs.chars().filter_map(|letter| match letter {
        'A' => Some("line1"),
        'C' => Some("city"),
        'S' => Some("region"),
        'Z' => Some("postal_code"),
        _ => None,
    })
}

/// The rules of its country that an address breaks: the field, and what is expected.
pub(super) fn broken(address: &Address) -> Vec<(&'static str, String)> {
    let country = &address.country;
    let has_good_code = address.postal_code.as_ref().is_some_and(|code| has_form(of(country), code.as_str()));
    let is_there = |field| match field {
        "city" => address.city.is_some(),
        // India's PIN codes begin with the state's number, and many leave the state out.
        "region" => address.region.is_some() || (country.as_str() == "IN" && has_good_code),
        "postal_code" => address.postal_code.is_some(),
        _ => true,
    };
    let missing = required(country).filter(|field| !is_there(field));
    let mut broken: Vec<_> =
        missing.map(|field| (field, format!("is required in {}", country.name()))).collect();
    if let (Some(region), Some(regions)) = (&address.region, REGIONS_OF.get(country.as_str()))
        && !regions.known.contains(&folded(region.as_str()))
    {
        broken.push((
            "region",
            format!("expected a region of {}, such as {}", country.name(), regions.example),
        ));
    }
    if address.postal_code.is_some() && !has_good_code {
        let example = of(country).example;
        broken.push((
            "postal_code",
            format!("expected a postal code of {}, such as {example}", country.name()),
        ));
    }
    broken
}

/// Whether a postal code has the country's form, however its letters and digits are typed.
fn has_form(rule: &'static Rule, code: &str) -> bool {
    if matches!(rule.form, "-" | "*") {
        return true;
    }
    let pattern = rule.pattern.get_or_init(|| Regex::new(&format!("^(?:{})$", rule.form)).ok());
    let code: String = code.chars().map(plain).collect();
    pattern.as_ref().is_none_or(|pattern| pattern.is_match(&code))
}

/// A digit or hyphen of another script or keyboard as ASCII has it, a letter as a capital.
fn plain(letter: char) -> char {
    let digit = [0x660, 0x6f0, 0x966, 0x9e6, 0xff10].into_iter().find_map(|zero| {
        let value = u32::from(letter).checked_sub(zero)?;
        char::from_digit(value, 10)
    });
    match letter {
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{30fc}' | '\u{ff0d}' => '-',
        '\u{a0}' | '\u{202f}' | '\u{3000}' => ' ',
        _ => digit.unwrap_or_else(|| letter.to_ascii_uppercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
        assert_eq!(RULES.len(), lines.count(), "a line without its five columns, or a country twice");
        for (code, rule) in RULES.iter() {
            assert!(code.parse::<Country>().is_ok(), "{code}");
            assert!(rule.needs.starts_with('A'), "{code}");
            assert!(has_form(rule, rule.example), "{code}: {} is not {}", rule.example, rule.form);
            assert!(rule.form.len() < 2 || Regex::new(rule.form).is_ok(), "{code}");
            assert!(rule.form != "-" || !rule.needs.contains('Z'), "{code} needs what it has not");
            assert!(rule.layout.contains('A') && rule.layout.contains('C'), "{code}: {}", rule.layout);
        }
        for country in Country::all() {
            assert!(RULES.contains_key(country.as_str()), "{country}");
        }
    }
}
