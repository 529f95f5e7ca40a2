//! The words of the demo shop's pages, for whatever the merchant has not set in `[shop]`.

/// Stands beside the shop's name.
pub const TAGLINE: &str = "goods for a small life";

/// The large line of the front page.
pub const HEADLINE: &str = "Good things, and not too many of them";

/// The two sentences below [`HEADLINE`].
pub const INTRO: &str = "A small shop for kitchen, table, desk and the way between them. Each thing is chosen to be used \
                         daily and mended when it breaks.";

/// The footer's last line.
pub const NOTICE: &str = "A demonstration: nothing is really sold, no money moves.";

/// India's tax on goods and services.
pub const TAX_NAME: &str = "GST";

/// India, and the countries that a parcel from there often goes to, by name (ISO 3166-1 alpha-2).
pub const COUNTRIES: [&str; 24] = [
    "IN", "AU", "BD", "BT", "CA", "DE", "ES", "FR", "GB", "IE", "IT", "JP", "LK", "MV", "MY", "NL", "NP",
    "NZ", "PT", "SE", "SG", "AE", "US", "ZA",
];
