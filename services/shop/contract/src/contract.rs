//! The list of `shop`'s messages, with an example of each.

use message::{Contract, Example, Fault, FieldError, contract::valid};

use crate::{
    ChangeShop, GetShop, LegalLink, MailSender, SettingLayer, ShopChange, ShopChanged, ShopError,
    ShopSettings, StockThreshold,
};

/// What `shop` answers and emits.
pub fn contract() -> Contract {
    let shop = ShopSettings::example();
    let fault = Fault::unavailable("the database is starting");
    let wrong = FieldError::new("/countries/1", "expected each country once");
    let change = ChangeShop { change: ShopChange::example(), layer: SettingLayer::Merchant };
    Contract::new(
        "shop",
        "What the merchant says of the shop: names, texts, countries, currency, time zone, tax.",
    )
    .request(&GetShop {}, &shop, &ShopError::Fault(fault))
    .request(&change, &shop, &ShopError::Invalid(vec![wrong]))
    .event(&ShopChanged { shop })
}

impl Example for ShopSettings {
    fn example() -> Self {
        let set = [
            "name",
            "tagline",
            "legal_links",
            "countries",
            "currency",
            "time_zone",
            "tax_name",
            "tax_number",
        ];
        Self {
            version: 3,
            set: set.map(str::to_owned).to_vec(),
            name: valid("Lateen".parse()),
            tagline: valid("goods for a small life".parse()),
            headline: Example::example(),
            intro: valid("A small shop for kitchen, table and desk.".parse()),
            notice: valid("We are away until Monday; parcels leave then.".parse()),
            footer: vec![valid("Made and packed in Kochi.".parse())],
            legal_links: Example::example(),
            countries: ["IN", "LK", "NP"].map(|code| valid(code.parse())).to_vec(),
            currency: message::Currency::INR,
            time_zone: Example::example(),
            tax_name: valid("GST".parse()),
            mail_from: Example::example(),
            low_stock_threshold: StockThreshold::default(),
            logo: Example::example(),
            home_country: Some(valid("IN".parse())),
            tax_number: Some(valid("32AAAAA0000A1Z5".parse())),
            address: Example::example(),
            email: Some(valid("hello@lateen.example".parse())),
        }
    }
}

impl Example for ShopChange {
    fn example() -> Self {
        let shop = ShopSettings::example();
        Self {
            expected_version: Some(2),
            name: shop.name.into(),
            countries: shop.countries.into(),
            time_zone: shop.time_zone.into(),
            legal_links: shop.legal_links.into(),
            notice: message::Patch::Reset,
            ..Self::default()
        }
    }
}

impl Example for LegalLink {
    fn example() -> Self {
        Self { title: valid("Terms".parse()), href: valid("https://lateen.example/terms".parse()) }
    }
}

impl Example for MailSender {
    fn example() -> Self {
        Self { name: Some(valid("Lateen".parse())), email: valid("shop@lateen.example".parse()) }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn lists_every_message_and_keeps_to_its_schemas() {
        testing::check_contract(&super::contract(), crate::MESSAGES);
    }
}
