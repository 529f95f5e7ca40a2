//! The shop's settings over HTTP.

use axum::extract::State;
use edge_common::{decided, paths};
use message::{Address, Country, Currency, Email, Example, ShortText, TimeZone};
use product_contract::FileKey;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shop_contract::{
    ChangeShop, GetShop, LegalLink, MailSender, SettingLayer, ShopChange, ShopError, ShopLine, ShopName,
    ShopSettings, ShopText, StockThreshold, TaxName,
};
use web::problem::Problem;

use crate::{
    Gateway,
    access::{Admin, IsAdmin},
    answer::{Either, Private, Stored},
    body::{Body, Sent},
    operation::{Operation, Tag, get, patch},
    problems::{IntoProblem, Refusal, VERSION_CONFLICT, sentence},
    query::{Nothing, Query},
};

pub(crate) static TAG: Tag = Tag {
    name: "shop",
    about: "What the merchant says of the shop: names, texts, countries, currency, time zone.",
};

pub(crate) fn operations() -> [Operation; 2] {
    [
        get("get_shop", "/api/v1/shop", read).says(
            "Read the shop's settings",
            "The values that count now. Without the admin key only what the shop's pages show; with it all of them, with \
             their version and the names of those that you have set.",
        ),
        patch("change_shop", "/api/v1/shop", change)
            .says(
                "Change the shop's settings",
                "Settings that you do not name stay; `null` resets one to its default. Pages, mails and the checkout follow \
                 at once. A change of the currency converts nothing: products keep the currency of their prices.",
            )
            .refuses(&[&VERSION_CONFLICT]),
    ]
}

/// The shop's settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Shop")]
pub struct ShopResource {
    /// The shop's name.
    pub name: ShopName,
    /// The half sentence that goes with the name.
    pub tagline: ShopLine,
    /// The large line of the front page; empty: the name.
    pub headline: ShopLine,
    /// A few sentences below the headline.
    pub intro: ShopText,
    /// A line that stands on every page.
    pub notice: ShopLine,
    /// The texts of the footer, one a paragraph.
    pub footer: Vec<ShopLine>,
    /// The key of the logo's file; `null` for none.
    pub logo: Option<FileKey>,
    /// Where the logo is; it never changes. `null` for none.
    pub logo_url: Option<String>,
    /// The links that the law asks for, in the order in which they are shown.
    pub legal_links: Vec<LegalLink>,
    /// The countries that the shop ships to, in the order in which they are shown. Empty: to all countries.
    pub countries: Vec<Country>,
    /// The country of the shop, which a checkout chooses at first; `null` for none.
    pub home_country: Option<Country>,
    /// The currency in which new goods are priced unless they say otherwise.
    pub currency: Currency,
    /// The time zone in which people read times.
    pub time_zone: TimeZone,
    /// What the tax is called.
    pub tax_name: TaxName,
    /// What only the merchant reads.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub merchant: Option<MerchantSettings>,
}

/// The settings that only the merchant reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MerchantSettings {
    /// With the admin key: grows by one with every change.
    pub version: i64,
    /// With the admin key: the names of the settings that you have set; the values of the others are defaults.
    pub set: Vec<String>,
    /// With the admin key: the number under which the shop pays its tax; `null` for none.
    pub tax_number: Option<ShortText>,
    /// With the admin key: the seller's postal address; `null` for none.
    pub address: Option<Address>,
    /// With the admin key: the e-mail address at which buyers reach the shop; `null` for none.
    pub email: Option<Email>,
    /// With the admin key: the sender of the mails.
    pub mail_from: MailSender,
    /// With the admin key: from how many pieces down a stock is low.
    pub low_stock_threshold: StockThreshold,
}

impl ShopResource {
    /// What everybody reads.
    fn public(shop: ShopSettings) -> Self {
        Self { merchant: None, ..Self::from(shop) }
    }
}

impl From<ShopSettings> for ShopResource {
    fn from(shop: ShopSettings) -> Self {
        let ShopSettings {
            version,
            set,
            name,
            tagline,
            headline,
            intro,
            notice,
            footer,
            legal_links,
            countries,
            currency,
            time_zone,
            tax_name,
            mail_from,
            low_stock_threshold,
            logo,
            home_country,
            tax_number,
            address,
            email,
        } = shop;
        let merchant =
            MerchantSettings { version, set, tax_number, address, email, mail_from, low_stock_threshold };
        Self {
            name,
            tagline,
            headline,
            intro,
            notice,
            footer,
            logo_url: logo.as_ref().map(paths::media),
            logo,
            legal_links,
            countries,
            home_country,
            currency,
            time_zone,
            tax_name,
            merchant: Some(merchant),
        }
    }
}

impl Example for ShopResource {
    fn example() -> Self {
        ShopSettings::example().into()
    }
}

impl Sent for ShopChange {}

impl IntoProblem for ShopError {
    fn into_problem(self) -> Problem {
        match self {
            Self::VersionConflict { current } => {
                Problem::new(&VERSION_CONFLICT).detail(sentence(&self)).with("version", current)
            }
            Self::Invalid(errors) => Problem::invalid(errors),
            Self::Fault(fault) => fault.into(),
        }
    }
}

/// What everybody reads comes from this process's copy, so that it is there without the service.
async fn read(
    State(gateway): State<Gateway>,
    IsAdmin(is_admin): IsAdmin,
    _: Query<Nothing>,
) -> Result<Private<ShopResource>, Refusal> {
    let shop = if is_admin {
        gateway.ask(&GetShop {}).await?.into()
    } else {
        ShopResource::public((*gateway.0.shop.known()).clone())
    };
    Ok(Private::of(&shop)?)
}

async fn change(
    State(gateway): State<Gateway>,
    _: Admin,
    _: Query<Nothing>,
    Body(change): Body<ShopChange>,
) -> Result<Either<Private<ShopResource>, Stored<ShopResource>>, Refusal> {
    let shop = gateway.ask(&ChangeShop { change, layer: SettingLayer::Merchant }).await?;
    // Whoever made the change reads it here, even before its event has come round.
    gateway.0.shop.learn(shop.clone());
    Ok(if decided::orders_follow_the_shop(&gateway.0.bus).await {
        Either::One(Private::of(&shop.into())?)
    } else {
        Either::Other(Stored::at("/api/v1/shop", &shop.into())?)
    })
}
