//! The name of a service, in the forms that its code needs.

/// A name that is free and can stand in Rust, SQL and paths.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Name {
    /// `wishlist`: crate, folder, prefix of its ids and messages.
    pub(super) word: String,
    /// `wishlists`: its path in the API.
    plural: String,
    /// `Wishlist`: its type.
    capitalized: String,
}

impl Name {
    /// One word of lower-case letters that is neither taken nor a word of the language.
    pub(super) fn parse(word: &str, taken: &[String]) -> Result<Self, String> {
        let mut letters = word.chars();
        let first = letters.next().filter(char::is_ascii_lowercase);
        let Some(first) = first.filter(|_| letters.clone().all(|c| c.is_ascii_lowercase())) else {
            return Err(format!(
                "{word:?} is not a name for a service: take one word in lower case, such as `wishlist`"
            ));
        };
        if RESERVED.split_whitespace().any(|name| name == word) || taken.iter().any(|name| name == word) {
            return Err(format!("`{word}` already means something else; take another name"));
        }
        Ok(Self {
            word: word.to_owned(),
            plural: plural(word),
            capitalized: format!("{}{}", first.to_ascii_uppercase(), letters.as_str()),
        })
    }

    /// A template with this name in it.
    pub(super) fn fill(&self, template: &str) -> String {
        let text = template.replace("{{name}}", &self.word).replace("{{names}}", &self.plural);
        text.replace("{{Name}}", &self.capitalized)
    }
}

fn plural(word: &str) -> String {
    let vowel = |letter: char| "aeiou".contains(letter);
    match word.strip_suffix('y') {
        Some(stem) if !stem.ends_with(vowel) => format!("{stem}ies"),
        _ if ["s", "x", "ch", "sh"].iter().any(|end| word.ends_with(end)) => format!("{word}es"),
        _ => format!("{word}s"),
    }
}

/// Words of Rust and SQL, and what the templates call other things.
const RESERVED: &str = "
    as async await box break const continue crate dyn else enum extern false fn for gen if impl in let loop match mod
    move mut pub ref return self static struct super trait true try type union unsafe use where while yield
    all and any array between by case cast check column constraint create cross current default delete desc distinct do
    drop end except exists fetch foreign from full grant group having index inner insert intersect into is join key
    left like limit natural not null of offset on only or order outer over primary references right row rows select set
    some table then to transaction unique update user using values view when window with
    alloc core serde std thiserror tokio tracing
    aggregate changed cx db domain entity event fault get handlers id inbox invalid migration option outbox place
    queries rename request result router service state string testshop timestamp title tx version
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_free_word() {
        let taken = ["order".to_owned()];
        let name = Name::parse("wishlist", &taken).unwrap();
        assert_eq!(
            name.fill("struct {{Name}}; // {{name}} of {{names}}"),
            "struct Wishlist; // wishlist of wishlists"
        );
        for wrong in ["", "Wishlist", "wish_list", "wish-list", "wish list", "../wish", "wish1"] {
            assert!(Name::parse(wrong, &taken).unwrap_err().contains("take one word"), "{wrong}");
        }
        for wrong in ["order", "match", "serde", "user", "title"] {
            assert!(Name::parse(wrong, &taken).unwrap_err().contains("already means something"), "{wrong}");
        }
    }

    #[test]
    fn more_than_one_is_said_as_people_say_it() {
        for (one, many) in
            [("wishlist", "wishlists"), ("category", "categories"), ("tax", "taxes"), ("day", "days")]
        {
            assert_eq!(plural(one), many);
        }
    }
}
