//! What a product's variants differ in, as its page offers them: option by option, or as one list where the variants do
//! not form a grid.

use std::collections::{BTreeMap, HashMap};

use product_contract::{Product, Variant};

use crate::words;

/// The largest number of options that can be chosen one by one.
const MOST_OPTIONS: usize = 3;

/// The choices of a product with several variants.
pub(crate) struct Choices<'a> {
    /// What is chosen, one after the other; none where there is a single variant.
    pub(crate) groups: Vec<ChoiceGroup<'a>>,
    /// The variants by the place of their value in each group.
    by_places: BTreeMap<Vec<usize>, &'a Variant>,
}

/// One thing to choose.
pub(crate) struct ChoiceGroup<'a> {
    /// The field's name in the form: `option1`, or `variant` where whole variants are chosen.
    pub(crate) field: &'static str,
    /// What is chosen: "Colour".
    pub(crate) label: &'a str,
    /// What can be chosen, in the order in which variants name it.
    pub(crate) values: Vec<ChoiceValue>,
}

/// One value of a group.
pub(crate) struct ChoiceValue {
    /// What the form sends.
    pub(crate) value: String,
    /// What the shopper reads.
    pub(crate) words: String,
}

/// The values of the form's fields `option1` to `option3`, as far as they are given.
pub(crate) type Chosen<'a> = [Option<&'a str>; MOST_OPTIONS];

/// The names of the form's fields.
const FIELDS: [&str; MOST_OPTIONS] = ["option1", "option2", "option3"];

impl<'a> Choices<'a> {
    pub(crate) fn of(product: &'a Product) -> Self {
        Self::by_option(&product.variants).unwrap_or_else(|| Self::by_variant(&product.variants))
    }

    /// The places of the variant's values, group by group.
    pub(crate) fn places(&self, variant: &Variant) -> Option<&[usize]> {
        let found = self.by_places.iter().find(|(_, known)| known.id == variant.id);
        found.map(|(places, _)| places.as_slice())
    }

    /// The variant at these places.
    pub(crate) fn at(&self, places: &[usize]) -> Option<&'a Variant> {
        self.by_places.get(places).copied()
    }

    /// The variants with their places.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&[usize], &'a Variant)> {
        self.by_places.iter().map(|(places, variant)| (places.as_slice(), *variant))
    }

    /// The variant with the values that a form has sent.
    pub(crate) fn find(&self, chosen: &Chosen<'_>) -> Option<&'a Variant> {
        let place = |group: &ChoiceGroup<'_>| {
            let (_, value) = FIELDS.iter().zip(chosen).find(|(field, _)| **field == group.field)?;
            let value = (*value)?;
            group.values.iter().position(|known| known.value == value)
        };
        let places: Option<Vec<_>> = self.groups.iter().map(place).collect();
        self.at(&places?)
    }

    /// `None` unless all variants have the same options, each combination once.
    fn by_option(variants: &'a [Variant]) -> Option<Self> {
        let first = variants.first().filter(|_| variants.len() > 1)?;
        if !(1..=MOST_OPTIONS).contains(&first.options.len()) {
            return None;
        }
        let group = |(option, field)| ChoiceGroup { field, label: option, values: Vec::new() };
        let names = first.options.iter().map(|option| option.name.as_str());
        let mut groups: Vec<_> = names.zip(FIELDS).map(group).collect();
        let mut known: Vec<HashMap<&str, usize>> = vec![HashMap::new(); groups.len()];
        let mut by_places = BTreeMap::new();
        for variant in variants {
            if variant.options.len() != groups.len() {
                return None;
            }
            let mut places = Vec::with_capacity(groups.len());
            for ((option, group), known) in variant.options.iter().zip(&mut groups).zip(&mut known) {
                if option.name.as_str() != group.label {
                    return None;
                }
                let place = *known.entry(option.value.as_str()).or_insert_with(|| {
                    let value = option.value.as_str().to_owned();
                    group.values.push(ChoiceValue { words: value.clone(), value });
                    group.values.len() - 1
                });
                places.push(place);
            }
            if by_places.insert(places, variant).is_some() {
                return None;
            }
        }
        Some(Self { groups, by_places })
    }

    fn by_variant(variants: &'a [Variant]) -> Self {
        if let [only] = variants {
            return Self { groups: Vec::new(), by_places: [(Vec::new(), only)].into() };
        }
        let by_places = variants.iter().enumerate().map(|(place, variant)| (vec![place], variant)).collect();
        let value = |variant: &'a Variant| ChoiceValue {
            value: variant.id.to_string(),
            words: words::variant(variant),
        };
        let values = variants.iter().map(value).collect();
        let groups = vec![ChoiceGroup { field: "variant", label: "Which one", values }];
        Self { groups, by_places }
    }
}

#[cfg(test)]
mod tests {
    use message::Example as _;
    use product_contract::OptionValue;

    use super::*;

    fn product(variants: &[&[(&str, &str)]]) -> Product {
        let variant = |(number, options): (usize, &&[(&str, &str)])| Variant {
            id: message::Id::from_uuid(format!("00000000-0000-7000-8000-{number:012}").parse().unwrap()),
            options: options.iter().map(|(name, value)| option(name, value)).collect(),
            ..Variant::example()
        };
        Product { variants: variants.iter().enumerate().map(variant).collect(), ..Product::example() }
    }

    fn option(name: &str, value: &str) -> OptionValue {
        OptionValue::new(name, value).unwrap()
    }

    #[test]
    fn variants_that_form_a_grid_are_chosen_option_by_option() {
        let shirt = product(&[
            &[("Colour", "sea"), ("Size", "M")],
            &[("Colour", "sea"), ("Size", "L")],
            &[("Colour", "clay"), ("Size", "L")],
        ]);
        let choices = Choices::of(&shirt);
        let values: Vec<Vec<_>> = choices
            .groups
            .iter()
            .map(|group| group.values.iter().map(|value| &*value.words).collect())
            .collect();
        assert_eq!(values, [vec!["sea", "clay"], vec!["M", "L"]]);
        assert_eq!(choices.find(&[Some("clay"), Some("L"), None]).unwrap().id, shirt.variants[2].id);
        for missing in
            [[Some("clay"), Some("M"), None], [Some("clay"), None, None], [Some("red"), Some("M"), None]]
        {
            assert!(choices.find(&missing).is_none(), "{missing:?}");
        }
        assert_eq!(choices.places(&shirt.variants[2]), Some([1, 1].as_slice()));
    }

    #[test]
    fn other_variants_are_chosen_from_a_list() {
        let twice: &[&[(&str, &str)]] = &[&[("Size", "M")], &[("Size", "M")]];
        let mixed: &[&[(&str, &str)]] = &[&[("Size", "M")], &[("Colour", "sea")], &[]];
        let four: &[(&str, &str)] = &[("a", "1"), ("b", "1"), ("c", "1"), ("d", "1")];
        let wide: &[&[(&str, &str)]] = &[four, four];
        for variants in [twice, mixed, wide] {
            let product = product(variants);
            let choices = Choices::of(&product);
            assert_eq!(choices.groups.len(), 1);
            assert_eq!(
                (choices.groups[0].field, choices.groups[0].values.len()),
                ("variant", variants.len())
            );
        }
        assert!(Choices::of(&product(&[&[("Size", "M")]])).groups.is_empty(), "one is no choice");
    }
}
