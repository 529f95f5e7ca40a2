//! The currencies of ISO 4217.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::Error};

use crate::{Invalid, stored};

/// The codes that are money (list one of ISO 4217, with the amendments until 2026), by first letter.
const MONEY: &[&str] = &[
    "AED AFN ALL AMD AOA ARS AUD AWG AZN",
    "BAM BBD BDT BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD",
    "CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK",
    "DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF",
    "IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT",
    "LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN",
    "NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF",
    "SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS",
    "UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG",
];

/// Codes of the standard that are not money: metals, units of account, tests.
const NO_MONEY: &str = "XAD XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX";

/// Codes that were money, and what came after them.
const WITHDRAWN: &[(&str, &str)] = &[
    ("ANG", "XCG"),
    ("ATS", "EUR"),
    ("BEF", "EUR"),
    ("BGN", "EUR"),
    ("BYR", "BYN"),
    ("CUC", "CUP"),
    ("DEM", "EUR"),
    ("EEK", "EUR"),
    ("ESP", "EUR"),
    ("FRF", "EUR"),
    ("GHC", "GHS"),
    ("HRK", "EUR"),
    ("ITL", "EUR"),
    ("LTL", "EUR"),
    ("LVL", "EUR"),
    ("MRO", "MRU"),
    ("NLG", "EUR"),
    ("SKK", "EUR"),
    ("SLL", "SLE"),
    ("STD", "STN"),
    ("TRL", "TRY"),
    ("VEF", "VES"),
    ("ZMK", "ZMW"),
    ("ZWL", "ZWG"),
];

/// An ISO 4217 code of money: `INR`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(into = "String")]
#[schemars(with = "String", extend("pattern" = pattern()))]
pub struct Currency([u8; 3]);

impl Currency {
    /// The Indian rupee, the currency of the sample shop.
    pub const INR: Self = Self(*b"INR");

    /// All currencies.
    pub fn all() -> impl Iterator<Item = Self> {
        MONEY.iter().flat_map(|line| line.split(' ')).filter_map(|code| Self::stored(code).ok())
    }

    /// The three letters.
    pub fn code(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The number of digits after the decimal point.
    pub fn exponent(self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG" | b"RWF"
            | b"UGX" | b"UYI" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            b"CLF" | b"UYW" => 4,
            _ => 2,
        }
    }

    /// The symbol that people know it by wherever they are: `₹`, `CA$`.
    pub fn symbol(self) -> Option<&'static str> {
        Some(match &self.0 {
            b"INR" => "₹",
            b"EUR" => "€",
            b"USD" => "$",
            b"GBP" => "£",
            b"JPY" => "¥",
            b"AUD" => "A$",
            b"BRL" => "R$",
            b"CAD" => "CA$",
            b"CNY" => "CN¥",
            b"HKD" => "HK$",
            b"ILS" => "₪",
            b"KRW" => "₩",
            b"MXN" => "MX$",
            b"NGN" => "₦",
            b"NZD" => "NZ$",
            b"PHP" => "₱",
            b"TRY" => "₺",
            b"TWD" => "NT$",
            b"UAH" => "₴",
            b"VND" => "₫",
            _ => return None,
        })
    }

    /// A code that was checked when it was written: three capitals.
    pub(crate) fn stored(code: &str) -> Result<Self, Invalid> {
        <[u8; 3]>::try_from(code.as_bytes())
            .ok()
            .filter(|letters| letters.iter().all(u8::is_ascii_uppercase))
            .map(Self)
            .ok_or_else(|| Invalid::new(EXPECTED))
    }
}

const EXPECTED: &str = "expected the three capital letters of a currency (ISO 4217), such as INR";

impl FromStr for Currency {
    type Err = Invalid;

    fn from_str(code: &str) -> Result<Self, Invalid> {
        let is_listed = |list: &str, code: &str| list.split(' ').any(|listed| listed == code);
        let is_money = |code: &str| MONEY.iter().any(|line| is_listed(line, code));
        if is_money(code) {
            return Self::stored(code);
        }
        let successor = WITHDRAWN.iter().find(|(withdrawn, _)| *withdrawn == code);
        Err(Invalid::new(if is_listed(NO_MONEY, code) {
            format!("{EXPECTED}; {code} is in the list, but no money")
        } else if let Some((_, successor)) = successor {
            format!("{EXPECTED}; {code} was replaced by {successor}")
        } else if is_money(&code.to_uppercase()) {
            format!("{EXPECTED}: {}", code.to_uppercase())
        } else {
            EXPECTED.to_owned()
        }))
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        if stored::is_stored() { Self::stored(&code) } else { code.parse() }.map_err(D::Error::custom)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// The pattern of the codes; an `enum` would make a type of 164 constants of it in generated clients.
fn pattern() -> String {
    format!("^({})$", MONEY.join(" ").replace(' ', "|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: &str) -> String {
        code.parse::<Currency>().unwrap_err().to_string()
    }

    #[test]
    fn the_list_is_that_of_iso_4217() {
        let all: Vec<_> = Currency::all().collect();
        assert!(all.is_sorted());
        assert_eq!(all.len(), 164);
        for (exponent, count) in [(0, 17), (3, 7), (4, 2)] {
            assert_eq!(all.iter().filter(|currency| currency.exponent() == exponent).count(), count);
        }
        assert!(all.iter().all(|currency| currency.code().parse() == Ok(*currency)));
    }

    #[test]
    fn what_is_no_money_is_refused_with_a_reason() {
        for code in ["XXX", "XTS", "XAU", "XAG", "XPT", "XPD", "XBA", "XDR", "XSU", "XUA"] {
            assert_eq!(refused(code), format!("{EXPECTED}; {code} is in the list, but no money"));
        }
        assert!(refused("HRK").ends_with("HRK was replaced by EUR"));
        assert!(refused("inr").ends_with(": INR"));
        for code in ["ZZZ", "BTC", "IN", "INRS", "", "I₹"] {
            assert_eq!(refused(code), EXPECTED, "{code}");
        }
    }

    #[test]
    fn a_stored_code_is_read_as_it_was_written() {
        assert!(serde_json::from_str::<Currency>("\"ZZZ\"").is_err());
        let old: Currency = stored::as_written(|| serde_json::from_str("\"ZZZ\"")).unwrap();
        assert_eq!(old.code(), "ZZZ");
    }
}
