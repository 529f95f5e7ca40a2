//! The rules; no async, no SQL.

use std::{collections::HashSet, hash::Hash};

use message::FieldError;
use shop_contract::{SettingLayer, ShopChange, ShopSettings, ShopValues};

use crate::Settings;

/// The most countries: all there are, and some to spare.
const MAX_COUNTRIES: usize = 300;

/// The most legal links.
const MAX_LINKS: usize = 20;

/// The most texts of the footer.
const MAX_TEXTS: usize = 10;

/// What is kept of the shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shop {
    pub(crate) version: i64,
    pub(crate) merchant: ShopValues,
    pub(crate) sample: ShopValues,
    /// The effective values of this version, if they were published and can be read.
    pub(crate) published: Option<ShopSettings>,
}

impl Shop {
    /// The values that count.
    pub(crate) fn effective(&self, settings: &Settings) -> ShopSettings {
        let mut layers = vec![&settings.file];
        if settings.demo {
            layers.push(&self.sample);
        }
        ShopSettings::effective(self.version, &self.merchant, &layers)
    }

    /// The next version after a change, or nothing if all stays as it is.
    pub(crate) fn changed(
        &self,
        change: ShopChange,
        layer: SettingLayer,
        settings: &Settings,
    ) -> Option<Self> {
        let mut after = self.clone();
        change.apply(match layer {
            SettingLayer::Merchant => &mut after.merchant,
            SettingLayer::Sample => &mut after.sample,
        });
        (after != *self).then(|| after.clone().republished(settings).unwrap_or(after))
    }

    /// The next version if the effective values are not the published ones.
    pub(crate) fn republished(mut self, settings: &Settings) -> Option<Self> {
        let effective = self.effective(settings);
        if self.published.as_ref() == Some(&effective) {
            return None;
        }
        self.version += 1;
        self.published = Some(ShopSettings { version: self.version, ..effective });
        Some(self)
    }
}

/// What no type can see by itself; pointers are into the change.
pub(crate) fn mistakes(change: &ShopChange) -> Vec<FieldError> {
    let mut mistakes = Vec::new();
    if let Some(countries) = change.countries.value() {
        mistakes.extend(too_many("/countries", countries.len(), MAX_COUNTRIES));
        mistakes.extend(repeated("/countries", countries, "expected each country once"));
    }
    if let Some(links) = change.legal_links.value() {
        mistakes.extend(too_many("/legal_links", links.len(), MAX_LINKS));
    }
    if let Some(texts) = change.footer.value() {
        mistakes.extend(too_many("/footer", texts.len(), MAX_TEXTS));
        let empty = texts.iter().enumerate().filter(|(_, text)| text.as_str().is_empty());
        mistakes.extend(empty.map(|(at, _)| FieldError::new(format!("/footer/{at}"), "expected a text")));
    }
    mistakes
}

fn too_many(pointer: &str, count: usize, most: usize) -> Option<FieldError> {
    (count > most).then(|| FieldError::new(pointer, format!("expected at most {most}, got {count}")))
}

fn repeated<T: Hash + Eq>(pointer: &str, values: &[T], expected: &str) -> Vec<FieldError> {
    let mut seen = HashSet::with_capacity(values.len());
    let again = values.iter().enumerate().filter(|(_, value)| !seen.insert(*value));
    again.map(|(at, _)| FieldError::new(format!("{pointer}/{at}"), expected)).collect()
}

#[cfg(test)]
mod tests {
    use message::Patch;
    use proptest::prelude::*;

    use super::*;

    fn values(name: Option<u8>, threshold: Option<u8>) -> ShopValues {
        ShopValues {
            name: name.map(|number| format!("shop {number}").parse().unwrap()),
            low_stock_threshold: threshold.map(|number| i64::from(number).try_into().unwrap()),
            ..ShopValues::default()
        }
    }

    #[expect(clippy::option_option, reason = "not sent, null, or a value")]
    fn patch<T>(sent: Option<Option<u8>>, value: impl Fn(u8) -> T) -> Patch<T> {
        sent.map_or(Patch::Keep, |sent| sent.map_or(Patch::Reset, |number| Patch::Set(value(number))))
    }

    proptest! {
        /// The model: four plain values, of which the first counts.
        #[test]
        fn the_merchant_counts_before_the_file_before_the_sample_before_what_is_built_in(
            file in any::<Option<u8>>(),
            demo: bool,
            changes in prop::collection::vec((any::<bool>(), any::<Option<Option<u8>>>()), 0..12),
        ) {
            let settings = Settings { file: values(None, file), demo };
            let mut shop = Shop { version: 0, merchant: ShopValues::default(), sample: ShopValues::default(), published: None };
            let (mut merchant, mut sample) = (None, None);
            for (is_sample, sent) in changes {
                let threshold = patch(sent, |number| i64::from(number).try_into().unwrap());
                let change = ShopChange { low_stock_threshold: threshold, ..ShopChange::default() };
                let (layer, model) = if is_sample { (SettingLayer::Sample, &mut sample) } else { (SettingLayer::Merchant, &mut merchant) };
                let differs = sent.is_some_and(|sent| sent != *model);
                if let Some(sent) = sent { *model = sent; }
                let before = (shop.version, shop.effective(&settings));
                let after = shop.changed(change, layer, &settings);
                prop_assert_eq!(after.is_some(), differs);
                shop = after.unwrap_or(shop);
                let now = shop.effective(&settings);
                let expected = merchant.or(file).or(sample.filter(|_| demo)).unwrap_or(5);
                prop_assert_eq!(now.low_stock_threshold.get(), i64::from(expected));
                prop_assert_eq!(now.set.len(), usize::from(merchant.is_some()));
                let same = ShopSettings { version: before.0, ..now.clone() } == before.1 && shop.published.is_some() && before.0 > 0;
                prop_assert_eq!(shop.version == before.0, same || !differs);
                prop_assert!(!differs || shop.published == Some(now));
            }
        }
    }

    #[test]
    fn another_file_is_another_version() {
        let settings = |name| Settings { file: values(Some(name), None), demo: false };
        let shop = Shop {
            version: 0,
            merchant: ShopValues::default(),
            sample: ShopValues::default(),
            published: None,
        };
        let first = shop.republished(&settings(1)).unwrap();
        assert_eq!((first.version, first.clone().republished(&settings(1))), (1, None));
        let second = first.republished(&settings(2)).unwrap();
        assert_eq!((second.version, second.published.unwrap().name.as_str()), (2, "shop 2"));
    }

    #[test]
    fn each_mistake_is_named_with_its_place() {
        let change: ShopChange = serde_json::from_value(serde_json::json!({
            "countries": ["IN", "LK", "IN"],
            "footer": ["one", ""],
            "legal_links": vec![serde_json::json!({"title": "Terms", "href": "/terms"}); 21],
        }))
        .unwrap();
        let pointers: Vec<_> = mistakes(&change).into_iter().map(|mistake| mistake.pointer).collect();
        assert_eq!(pointers, ["/countries/2", "/legal_links", "/footer/1"]);
    }
}
