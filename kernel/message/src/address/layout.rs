//! An address in lines, as its country writes it.

use super::{Address, rules};
use crate::ShortText;

/// Puts the fields into the country's layout. A letter stands for a field, a slash for the end of a line, everything else
/// for itself, between two fields that are there:
///
/// | N | O | A | C | S | Z |
/// |---|---|---|---|---|---|
/// | name | company | street | city | region | postal code |
pub(super) fn lines(address: &Address) -> Vec<String> {
    let layout = rules::layout(&address.country, is_east_asian(address.line1.as_str()));
    let names = if layout.contains('N') { "" } else { "N/O/" };
    let mut lines: Vec<_> =
        names.split('/').chain(layout.split('/')).flat_map(|line| set(line, address)).collect();
    // A country without postal codes has no place for the one that somebody gave.
    if let Some(code) = address.postal_code.as_ref().filter(|_| !layout.contains('Z')) {
        lines.push(code.to_string());
    }
    lines.push(address.country.name().to_owned());
    lines
}

/// The line or lines that a line of the layout becomes.
fn set(line: &str, address: &Address) -> Vec<String> {
    if line == "A" {
        return street(address).map(ToString::to_string).collect();
    }
    let (mut text, mut between, mut is_first) = (String::new(), String::new(), true);
    for letter in line.chars() {
        match field(letter, address) {
            None => between.push(letter),
            // What stands before the first field belongs to it: 〒100-0001.
            Some(Some(value)) if is_first || !text.is_empty() => {
                text.extend([between.as_str(), value.as_str()]);
            }
            Some(Some(value)) => text.push_str(&value),
            Some(None) => {}
        }
        if field(letter, address).is_some() {
            between.clear();
            is_first = false;
        }
    }
    if text.is_empty() { Vec::new() } else { vec![text] }
}

/// The value of a field, if the letter stands for one.
#[expect(clippy::option_option, reason = "outside whether it is a field, inside whether it is there")]
fn field(letter: char, address: &Address) -> Option<Option<String>> {
    let text = |text: &Option<ShortText>| text.as_ref().map(ToString::to_string);
    Some(match letter {
        'N' => Some(address.name.to_string()),
        'O' => text(&address.company),
        'A' => Some(street(address).map(ShortText::as_str).collect::<Vec<_>>().join(", ")),
        'C' => text(&address.city),
        'S' => text(&address.region),
        'Z' => text(&address.postal_code),
        _ => return None,
    })
}

fn street(address: &Address) -> impl Iterator<Item = &ShortText> {
    [Some(&address.line1), address.line2.as_ref()].into_iter().flatten()
}

/// Whether it is written in Chinese, Japanese or Korean letters, for which these countries have another order.
fn is_east_asian(text: &str) -> bool {
    text.chars().any(|letter| {
        matches!(letter, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{20000}'..='\u{323af}')
    })
}
