//! The words of the shop's pages: those that the merchant has set, and the demo's for the others while the demo is on.

use demo::shop as lateen;
use storefront::{Destination, Wording};

use crate::settings;

/// The words about the shop on its pages.
pub(crate) fn wording(shop: &settings::Shop) -> Wording {
    let neutral = Wording::new(shop.name.as_str());
    let choose = |set: &str, demo: &str, neutral: String| match set {
        "" if shop.demo => demo.to_owned(),
        "" => neutral,
        set => set.to_owned(),
    };
    Wording {
        tagline: choose(&shop.tagline, lateen::TAGLINE, neutral.tagline),
        headline: choose(&shop.headline, lateen::HEADLINE, neutral.headline),
        intro: choose(&shop.intro, lateen::INTRO, neutral.intro),
        tax_name: choose(&shop.tax_name, lateen::TAX_NAME, neutral.tax_name),
        notice: if shop.demo { lateen::NOTICE.to_owned() } else { String::new() },
        ..Wording::new(shop.name.as_str())
    }
}

/// The countries that the checkout offers.
pub(crate) fn destinations(shop: &settings::Shop) -> Vec<Destination> {
    match shop.countries.as_slice() {
        [] if shop.demo => lateen::COUNTRIES.iter().filter_map(|code| code.parse().ok()).collect(),
        [] => Destination::all().collect(),
        set => set.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::tests::settings_with;

    fn shop(variables: &[(&str, &str)]) -> settings::Shop {
        settings_with(variables).unwrap().shop
    }

    #[test]
    fn the_demo_speaks_until_the_merchant_does() {
        let demo = shop(&[]);
        assert_eq!(wording(&demo).tagline, "goods for a small life");
        assert!(wording(&demo).notice.contains("nothing is really sold"));
        assert_eq!(destinations(&demo).len(), lateen::COUNTRIES.len());

        let own =
            shop(&[("CARAVEL_SHOP_TAGLINE", "tea and rest"), ("CARAVEL_SHOP_COUNTRIES", "[\"LK\", \"IN\"]")]);
        assert_eq!(
            (wording(&own).tagline.as_str(), wording(&own).tax_name.as_str()),
            ("tea and rest", "GST")
        );
        assert_eq!(destinations(&own)[0].name, "Sri Lanka");
    }

    #[test]
    fn a_shop_that_sells_says_nothing_of_the_demo() {
        let real = shop(&[("CARAVEL_SHOP_DEMO", "false"), ("CARAVEL_SHOP_NAME", "Harbour")]);
        let Wording { name, tagline, headline, intro, notice, tax_name, .. } = wording(&real);
        assert_eq!((name.as_str(), tax_name.as_str()), ("Harbour", "Tax"));
        assert!([tagline, headline, intro, notice].iter().all(String::is_empty));
        assert_eq!(destinations(&real).len(), Destination::all().count());
    }
}
