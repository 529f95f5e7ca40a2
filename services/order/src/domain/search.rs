//! The words by which orders are found.

use std::collections::BTreeSet;

use order_contract::Order;

/// The most words of one search; more only find less.
pub const MAX_WORDS: usize = 8;

/// Longer words are cut: nobody types more of one.
const MAX_LETTERS: usize = 60;

/// A text's words as they are compared: in small letters, without what stands between them.
pub fn words(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| word.to_lowercase().chars().take(MAX_LETTERS).collect())
}

/// All words by which an order is found: its number, its buyer's name and e-mail address, the titles and SKUs of its lines,
/// and the e-mail address as a whole, as
/// addresses are compared.
pub fn terms(order: &Order) -> BTreeSet<String> {
    let mut terms: BTreeSet<_> = words(order.email.as_str()).collect();
    terms.insert(order.email.canonical());
    terms.insert(order.number.to_string());
    terms.extend(words(order.shipping_address.name.as_str()));
    for line in &order.lines {
        terms.extend(words(&line.title));
        terms.extend(line.sku.iter().flat_map(|sku| words(sku.as_str())));
    }
    terms
}

/// Whether a word stands for itself alone and not for what begins with it: numbers do.
pub fn is_whole(word: &str) -> bool {
    word.bytes().all(|letter| letter.is_ascii_digit())
}

/// Whether every one of these words is a word of the order, or, but for numbers, the beginning of one.
pub fn matches(order: &Order, words: &[String]) -> bool {
    if words.is_empty() {
        return true;
    }
    let terms = terms(order);
    words.iter().all(|word| {
        let first = terms.range(word.clone()..).next();
        first.is_some_and(|term| term == word || !is_whole(word) && term.starts_with(word.as_str()))
    })
}

#[cfg(test)]
mod tests {
    use message::Example as _;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_order_is_found_by_what_people_know_of_it() {
        let mut order = Order::example();
        order.shipping_address.name = "Zoë Müller-Straße".parse().unwrap();
        order.email = "Zoe.M@Example.ORG".parse().unwrap();
        let finds = |query: &str| matches(&order, &words(query).collect::<Vec<_>>());
        for query in
            ["zoë", "MÜLLER", "müller strasse zoë", "straße", "1042", "#1042", "zoe.m@example.org", "exam"]
        {
            assert_eq!(finds(query), query != "müller strasse zoë", "{query}");
        }
        assert!(finds("kettle copper") && finds("KETTLE-1") && finds("kett 1042"));
        assert!(!finds("104") && !finds("zoë 1043") && !finds("ettle"));
        assert!(terms(&order).contains(&order.email.canonical()));
    }

    proptest! {
        /// Whatever is typed: words have letters, and a text is found by itself and by the beginnings of its words.
        #[test]
        fn a_text_is_found_by_itself(title in ".{0,80}", cut in 1_usize..9) {
            let mut order = Order::example();
            order.lines[0].title = title.clone();
            let all: Vec<_> = words(&title).collect();
            prop_assert!(all.iter().all(|word| !word.is_empty() && word.chars().count() <= 180));
            prop_assert!(matches(&order, &all));
            let beginnings: Vec<String> = all
                .iter()
                .filter(|word| !word.bytes().any(|letter| letter.is_ascii_digit()))
                .map(|word| word.chars().take(cut).collect())
                .collect();
            prop_assert!(matches(&order, &beginnings));
        }
    }
}
