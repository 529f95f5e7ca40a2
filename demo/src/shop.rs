//! What the sample shop says of itself, where neither the merchant nor the settings file says something.

use bus::Bus;
use message::{Fault, Patch};
use shop_contract::{ChangeShop, SettingLayer, ShopChange, ShopSettings};

use crate::catalogue;

/// The shop's name.
const NAME: &str = "Lateen";

/// Stands beside the shop's name.
const TAGLINE: &str = "goods for a small life";

/// The large line of the front page.
const HEADLINE: &str = "Good things, and not too many of them";

/// The two sentences below [`HEADLINE`].
const INTRO: &str = "A small shop for kitchen, table, desk and the way between them. Each thing is chosen to be used \
                         daily and mended when it breaks.";

/// The footer's last line.
const NOTICE: &str = "A demonstration: nothing is really sold, no money moves.";

/// India's tax on goods and services.
const TAX_NAME: &str = "GST";

/// India, and the countries that a parcel from there often goes to, by name (ISO 3166-1 alpha-2).
const COUNTRIES: [&str; 24] = [
    "IN", "AU", "BD", "BT", "CA", "DE", "ES", "FR", "GB", "IE", "IT", "JP", "LK", "MV", "MY", "NL", "NP",
    "NZ", "PT", "SE", "SG", "AE", "US", "ZA",
];

/// The time zone of [`HOME`].
const TIME_ZONE: &str = "Asia/Kolkata";

/// The country of the sample shop.
const HOME: &str = "IN";

/// Sets the sample shop's values. They count only while the demo is on. The same again changes nothing.
pub async fn describe(bus: &Bus) -> Result<ShopSettings, Fault> {
    let change = change().map_err(Fault::internal)?;
    let refused = |error| Fault::internal(format!("the sample shop's settings were refused: {error}"));
    bus.ask(&ChangeShop { change, layer: SettingLayer::Sample }).await.map_err(refused)
}

fn change() -> Result<ShopChange, message::Invalid> {
    let countries = COUNTRIES.iter().map(|code| code.parse()).collect::<Result<_, _>>()?;
    Ok(ShopChange {
        name: Patch::Set(NAME.parse()?),
        tagline: Patch::Set(TAGLINE.parse()?),
        headline: Patch::Set(HEADLINE.parse()?),
        intro: Patch::Set(INTRO.parse()?),
        notice: Patch::Set(NOTICE.parse()?),
        tax_name: Patch::Set(TAX_NAME.parse()?),
        countries: Patch::Set(countries),
        home_country: Patch::Set(HOME.parse()?),
        currency: Patch::Set(catalogue::CURRENCY.parse()?),
        time_zone: Patch::Set(TIME_ZONE.parse()?),
        ..ShopChange::default()
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_sample_shop_describes_itself_in_values_that_are_allowed() {
        assert!(!super::change().unwrap().is_empty());
    }
}
