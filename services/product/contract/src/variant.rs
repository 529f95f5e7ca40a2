//! What is bought: the variants of a product.

use message::{Country, Entity, Example, Id, Invalid, Money, example::valid};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Barcode, CustomsCode, FileKey, Grams, Label, Size, Sku, TaxClass, empty::text_or_none};

/// The id of a [`Variant`].
pub type VariantId = Id<Variant>;

/// One way to buy a product: a size, a colour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Variant {
    /// Its id.
    pub id: VariantId,
    /// The merchant's own code for it; other variants may have the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<Sku>,
    /// Its barcode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub barcode: Option<Barcode>,
    /// What distinguishes it from the product's other variants; empty if there is only one.
    pub options: Vec<OptionValue>,
    /// The price of one.
    pub price: Money,
    /// The price that it had before, or that others ask. It is shown if it is above `price`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compare_at_price: Option<Money>,
    /// What the merchant pays for one. Never for shoppers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Money>,
    /// The tax class, which decides the rate.
    pub tax_class: TaxClass,
    /// One of the product's pictures, if this variant has one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<FileKey>,
    /// Whether it is sent in a parcel.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub needs_shipping: bool,
    /// The weight of one, packed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<Grams>,
    /// The size of one, packed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<Size>,
    /// The country that it was made in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Country>,
    /// Its code in the customs tariff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customs_code: Option<CustomsCode>,
    /// How many can be sold: a copy of the level that `order` published last.
    pub available: i64,
}

impl Entity for Variant {
    const PREFIX: &'static str = "variant";
}

impl Variant {
    /// The price to strike through beside the price; only one above it is shown.
    pub fn price_before(&self) -> Option<Money> {
        self.compare_at_price
            .filter(|before| before.currency == self.price.currency && before.amount > self.price.amount)
    }
}

/// A variant to be created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVariant {
    /// Its id, if the caller chose one.
    #[serde(default)]
    pub id: Option<VariantId>,
    /// The merchant's own code for it; other variants may have the same.
    #[serde(default, deserialize_with = "text_or_none", skip_serializing_if = "Option::is_none")]
    pub sku: Option<Sku>,
    /// Its barcode.
    #[serde(default, deserialize_with = "text_or_none", skip_serializing_if = "Option::is_none")]
    pub barcode: Option<Barcode>,
    /// At most 10 that distinguish it from the product's other variants.
    #[serde(default)]
    pub options: Vec<OptionValue>,
    /// The price of one, not negative.
    pub price: Money,
    /// The price that it had before, or that others ask. It is shown if it is above `price`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compare_at_price: Option<Money>,
    /// What the merchant pays for one. Never for shoppers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Money>,
    /// The tax class, which decides the rate.
    #[serde(default)]
    pub tax_class: TaxClass,
    /// One of the product's pictures, if this variant has one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<FileKey>,
    /// Whether it is sent in a parcel.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub needs_shipping: bool,
    /// The weight of one, packed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<Grams>,
    /// The size of one, packed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<Size>,
    /// The country that it was made in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Country>,
    /// Its code in the customs tariff.
    #[serde(default, deserialize_with = "text_or_none", skip_serializing_if = "Option::is_none")]
    pub customs_code: Option<CustomsCode>,
}

impl NewVariant {
    /// A variant with this price and nothing else; it is sent in a parcel.
    pub fn new(price: Money) -> Self {
        Self {
            id: None,
            sku: None,
            barcode: None,
            options: Vec::new(),
            price,
            compare_at_price: None,
            cost: None,
            tax_class: TaxClass::default(),
            picture: None,
            needs_shipping: true,
            weight: None,
            size: None,
            origin: None,
            customs_code: None,
        }
    }

    /// The variant that this becomes under `id`, with nothing in stock.
    pub fn into_variant(self, id: VariantId) -> Variant {
        let Self {
            id: _,
            sku,
            barcode,
            options,
            price,
            compare_at_price,
            cost,
            tax_class,
            picture,
            needs_shipping,
            weight,
            size,
            origin,
            customs_code,
        } = self;
        Variant {
            id,
            sku,
            barcode,
            options,
            price,
            compare_at_price,
            cost,
            tax_class,
            picture,
            needs_shipping,
            weight,
            size,
            origin,
            customs_code,
            available: 0,
        }
    }
}

/// One property of a variant: `Colour`, `Sand`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OptionValue {
    /// What is chosen.
    pub name: Label,
    /// The choice.
    pub value: Label,
}

impl OptionValue {
    /// The option `name` with this value.
    pub fn new(name: &str, value: &str) -> Result<Self, Invalid> {
        Ok(Self { name: name.parse()?, value: value.parse()? })
    }
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_yes(value: &bool) -> bool {
    *value
}

/// One with everything that a variant can have.
impl Example for Variant {
    fn example() -> Self {
        Self { available: 12, ..NewVariant::example().into_variant(Example::example()) }
    }
}

/// One with everything that a variant can have.
impl Example for NewVariant {
    fn example() -> Self {
        let price = Money::example();
        Self {
            id: Example::example(),
            sku: Some(valid("KETTLE-1".parse())),
            barcode: Example::example(),
            options: Example::example(),
            price,
            compare_at_price: Some(Money { amount: 299_900, ..price }),
            cost: Some(Money { amount: 131_000, ..price }),
            tax_class: TaxClass::default(),
            picture: Example::example(),
            needs_shipping: true,
            weight: Example::example(),
            size: Example::example(),
            origin: Some(valid("IN".parse())),
            customs_code: Example::example(),
        }
    }
}

impl Example for OptionValue {
    fn example() -> Self {
        valid(Self::new("Finish", "Hammered"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_variant_from_before_reads_and_a_new_one_writes_no_more_than_it_has() {
        let before = json!({
            "id": VariantId::example(), "sku": "K-1", "options": [], "price": {"amount": 1, "currency": "INR"},
            "tax_class": "standard", "available": 2,
        });
        let variant: Variant = serde_json::from_value(before.clone()).unwrap();
        assert!(variant.needs_shipping);
        assert_eq!(serde_json::to_value(&variant).unwrap(), before);
    }

    #[test]
    fn an_empty_cell_is_no_code() {
        let body = json!({
            "sku": "", "barcode": " ", "customs_code": null, "price": {"amount": 1, "currency": "INR"},
        });
        let variant: NewVariant = serde_json::from_value(body).unwrap();
        assert_eq!(variant, NewVariant::new(Money::new(1, message::Currency::INR)));
    }

    #[test]
    fn a_price_before_is_above_the_price() {
        let shown = |amount, before| {
            let money = |amount| Money::new(amount, message::Currency::INR);
            let new = NewVariant { compare_at_price: Some(money(before)), ..NewVariant::new(money(amount)) };
            new.into_variant(Example::example()).price_before().map(|price| price.amount)
        };
        assert_eq!((shown(5, 6), shown(5, 5), shown(5, 0)), (Some(6), None, None));
    }
}
