//! The settings. Each is named once, below; the effective values, a layer of values and a change of them are made of it.

use message::{Address, Country, Currency, Email, Patch, ShortText, TimeZone};
use product_contract::FileKey;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{LinkTarget, ShopLine, ShopName, ShopText, StockThreshold, TaxName};

/// Makes the three types of a list of settings: those that always have a value, with the built-in one, and those that may
/// have none.
macro_rules! settings {
    (
        always { $($(#[doc = $doc:literal])+ $field:ident: $ty:ty = $built_in:expr;)+ }
        perhaps { $($(#[doc = $perhaps_doc:literal])+ $perhaps:ident: $perhaps_ty:ty;)+ }
    ) => {
        /// What the merchant says of the shop: the values that count now.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(default)]
        pub struct ShopSettings {
            /// Grows by one with every change; 0 before the first.
            pub version: i64,
            /// The names of the settings that the merchant has set. The values of the others come from the file
            /// `caravel.toml`, from the sample shop, or are built in.
            pub set: Vec<String>,
            $($(#[doc = $doc])+ pub $field: $ty,)+
            $($(#[doc = $perhaps_doc])+ pub $perhaps: Option<$perhaps_ty>,)+
        }

        /// The values of one layer: those of the merchant, of the file, or of the sample shop.
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct ShopValues {
            $($(#[doc = $doc])+ #[serde(skip_serializing_if = "Option::is_none")] pub $field: Option<$ty>,)+
            $($(#[doc = $perhaps_doc])+ #[serde(skip_serializing_if = "Option::is_none")] pub $perhaps: Option<$perhaps_ty>,)+
        }

        /// A change of settings: those that are not named stay, `null` resets one to its default, which is the value of the
        /// file `caravel.toml` or the built-in one.
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        pub struct ShopChange {
            /// The version that the settings have. If they have another one, the change is refused; `null` for any.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub expected_version: Option<i64>,
            $($(#[doc = $doc])+ #[serde(skip_serializing_if = "Patch::is_keep")] pub $field: Patch<$ty>,)+
            $($(#[doc = $perhaps_doc])+ #[serde(skip_serializing_if = "Patch::is_keep")] pub $perhaps: Patch<$perhaps_ty>,)+
        }

        /// The built-in values.
        impl Default for ShopSettings {
            fn default() -> Self {
                Self {
                    version: 0,
                    set: Vec::new(),
                    $($field: $built_in,)+
                    $($perhaps: None,)+
                }
            }
        }

        impl ShopSettings {
            /// The values that count: of the merchant, else of the first of `others` that has one, else built in.
            pub fn effective(version: i64, merchant: &ShopValues, others: &[&ShopValues]) -> Self {
                Self {
                    version,
                    set: merchant.names(),
                    $($field: merchant.$field.clone()
                        .or_else(|| others.iter().find_map(|layer| layer.$field.clone()))
                        .unwrap_or_else(|| $built_in),)+
                    $($perhaps: merchant.$perhaps.clone()
                        .or_else(|| others.iter().find_map(|layer| layer.$perhaps.clone())),)+
                }
            }
        }

        impl ShopValues {
            /// The names of the settings that have a value here.
            pub fn names(&self) -> Vec<String> {
                let mut names = Vec::new();
                $(if self.$field.is_some() { names.push(stringify!($field).to_owned()); })+
                $(if self.$perhaps.is_some() { names.push(stringify!($perhaps).to_owned()); })+
                names
            }

            /// Reads stored values. One that a stricter rule of today does not allow any more is left out and named.
            pub fn read_stored(mut fields: serde_json::Map<String, serde_json::Value>) -> (Self, Vec<&'static str>) {
                let (mut values, mut dropped) = (Self::default(), Vec::new());
                $(if let Some(value) = fields.remove(stringify!($field)) {
                    values.$field = serde_json::from_value(value).ok();
                    if values.$field.is_none() { dropped.push(stringify!($field)); }
                })+
                $(if let Some(value) = fields.remove(stringify!($perhaps)) {
                    values.$perhaps = serde_json::from_value(value).ok();
                    if values.$perhaps.is_none() { dropped.push(stringify!($perhaps)); }
                })+
                (values, dropped)
            }
        }

        impl ShopChange {
            /// Makes the change in a layer.
            pub fn apply(self, layer: &mut ShopValues) {
                $(self.$field.apply(&mut layer.$field);)+
                $(self.$perhaps.apply(&mut layer.$perhaps);)+
            }
        }
    };
}

settings! {
    always {
        /// The shop's name.
        name: ShopName = ShopName::default();
        /// The half sentence that goes with the name.
        tagline: ShopLine = ShopLine::default();
        /// The large line of the front page; empty: the name.
        headline: ShopLine = ShopLine::default();
        /// A few sentences below the headline.
        intro: ShopText = ShopText::default();
        /// A line that stands on every page: holidays, late parcels.
        notice: ShopLine = ShopLine::default();
        /// The texts of the footer, one a paragraph: at most 10.
        footer: Vec<ShopLine> = Vec::new();
        /// The links that the law asks for, in the order in which the footer shows them: at most 20.
        legal_links: Vec<LegalLink> = Vec::new();
        /// The countries that the shop ships to, in the order in which the checkout offers them, each once. Empty: to all
        /// countries.
        countries: Vec<Country> = Vec::new();
        /// The currency in which new goods are priced unless they say otherwise. A change of it converts nothing: each price
        /// keeps its own currency.
        currency: Currency = default_currency();
        /// The time zone in which people read times.
        time_zone: TimeZone = TimeZone::default();
        /// What the tax is called.
        tax_name: TaxName = TaxName::default();
        /// The sender of the mails.
        mail_from: MailSender = MailSender::default();
        /// From how many pieces down a stock is low: pages say how many are left, lists of low stock name it. 0: never.
        low_stock_threshold: StockThreshold = StockThreshold::default();
    }
    perhaps {
        /// The logo, a file of `product`; `null` for none.
        logo: FileKey;
        /// The country of the shop, which the checkout chooses at first; `null` for none.
        home_country: Country;
        /// The number under which the shop pays its tax; `null` for none.
        tax_number: ShortText;
        /// The seller's postal address; `null` for none.
        address: Address;
        /// The e-mail address at which buyers reach the shop; `null` for none.
        email: Email;
    }
}

/// A link that the law asks for: terms, privacy, imprint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LegalLink {
    /// Its words.
    pub title: ShortText,
    /// Where it leads.
    pub href: LinkTarget,
}

/// The sender of mails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MailSender {
    /// The sender's name; `null`: the shop's.
    #[serde(default)]
    pub name: Option<ShortText>,
    /// The sender's e-mail address.
    pub email: Email,
}

/// `shop@localhost`.
impl Default for MailSender {
    fn default() -> Self {
        Self { name: None, email: message::example::valid("shop@localhost".parse()) }
    }
}

impl ShopSettings {
    /// The effective values of the file and the sample shop, before the merchant's are known.
    pub fn unset(layers: &[&ShopValues]) -> Self {
        Self::effective(0, &ShopValues::default(), layers)
    }

    /// Whether the shop ships to this country.
    pub fn ships_to(&self, country: &Country) -> bool {
        self.countries.is_empty() || self.countries.contains(country)
    }

    /// The name of the mails' sender.
    pub fn sender_name(&self) -> &str {
        self.mail_from.name.as_ref().map_or(self.name.as_str(), ShortText::as_str)
    }
}

impl ShopChange {
    /// Whether it changes nothing, whatever the values are.
    pub fn is_empty(&self) -> bool {
        *self == Self { expected_version: self.expected_version, ..Self::default() }
    }
}

/// The euro.
fn default_currency() -> Currency {
    message::example::valid("EUR".parse())
}
