//! Time zones, and times as people of a zone read them.

use std::{borrow::Cow, fmt, str::FromStr, sync::OnceLock};

use jiff::tz::TimeZoneDatabase;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::{Example, Invalid, Timestamp};

/// The longest name of a zone.
const MAX_NAME: usize = 64;

/// A time zone by its IANA name: `Asia/Kolkata`. The zones of the world are compiled in, so every process knows the same.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeZone(jiff::tz::TimeZone);

impl TimeZone {
    /// Coordinated Universal Time.
    pub const UTC: Self = Self(jiff::tz::TimeZone::UTC);

    /// The IANA name, in the database's spelling.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }
}

/// The zones that are compiled in; a zone is parsed once.
fn zones() -> &'static TimeZoneDatabase {
    static ZONES: OnceLock<TimeZoneDatabase> = OnceLock::new();
    ZONES.get_or_init(TimeZoneDatabase::bundled)
}

impl FromStr for TimeZone {
    type Err = Invalid;

    /// Capitals do not matter.
    fn from_str(name: &str) -> Result<Self, Invalid> {
        let expected = || {
            Invalid::new("expected the IANA name of a time zone, such as Asia/Kolkata, Europe/Berlin or UTC")
        };
        if name.len() > MAX_NAME {
            return Err(expected());
        }
        let zone = zones().get(name).ok().filter(|zone| !zone.is_unknown() && zone.iana_name().is_some());
        zone.map(Self).ok_or_else(expected)
    }
}

impl TryFrom<String> for TimeZone {
    type Error = Invalid;

    fn try_from(name: String) -> Result<Self, Invalid> {
        name.parse()
    }
}

impl From<TimeZone> for String {
    fn from(zone: TimeZone) -> Self {
        zone.name().to_owned()
    }
}

impl PartialEq for TimeZone {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for TimeZone {}

impl Default for TimeZone {
    fn default() -> Self {
        Self::UTC
    }
}

impl fmt::Display for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl JsonSchema for TimeZone {
    fn schema_name() -> Cow<'static, str> {
        "TimeZone".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A time zone by its IANA name: `Asia/Kolkata`.",
            "maxLength": MAX_NAME,
        })
    }
}

impl Example for TimeZone {
    fn example() -> Self {
        crate::example::valid("Asia/Kolkata".parse())
    }
}

impl Timestamp {
    /// For people, in the time of `zone` and with its name: `27 November 2026, 19:40 IST`. A zone without a name of
    /// letters is named by its distance from UTC: `UTC+5:45`.
    pub fn for_people_in(self, zone: &TimeZone) -> String {
        let Ok(time) = jiff::Timestamp::from_microsecond(self.as_micros()) else {
            return self.to_string();
        };
        let words = time.to_zoned(zone.0.clone()).strftime("%-d %B %Y, %H:%M").to_string();
        let info = zone.0.to_offset_info(time);
        let name = info.abbreviation();
        if name.bytes().all(|letter| letter.is_ascii_alphabetic()) {
            format!("{words} {name}")
        } else {
            format!("{words} {}", distance(info.offset().seconds()))
        }
    }
}

/// `UTC`, `UTC−3`, `UTC+5:45`.
fn distance(seconds: i32) -> String {
    let minutes = seconds.abs() / 60;
    let sign = if seconds < 0 { "−" } else { "+" };
    match (minutes / 60, minutes % 60) {
        (0, 0) => "UTC".to_owned(),
        (hours, 0) => format!("UTC{sign}{hours}"),
        (hours, minutes) => format!("UTC{sign}{hours}:{minutes:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(time: &str, zone: &str) -> String {
        time.parse::<Timestamp>().unwrap().for_people_in(&zone.parse().unwrap())
    }

    #[test]
    fn a_time_is_shown_in_its_zone_and_names_it() {
        assert_eq!(shown("2026-11-27T14:10:00Z", "Asia/Kolkata"), "27 November 2026, 19:40 IST");
        assert_eq!(shown("2026-11-27T14:10:00Z", "UTC"), "27 November 2026, 14:10 UTC");
        assert_eq!(shown("2026-11-27T14:10:00Z", "Asia/Kathmandu"), "27 November 2026, 19:55 UTC+5:45");
        assert_eq!(shown("2026-11-27T02:10:00Z", "America/Sao_Paulo"), "26 November 2026, 23:10 UTC−3");
    }

    #[test]
    fn summer_time_begins_and_ends_with_the_zone() {
        assert_eq!(shown("2026-03-29T00:59:59Z", "Europe/Berlin"), "29 March 2026, 01:59 CET");
        assert_eq!(shown("2026-03-29T01:00:00Z", "Europe/Berlin"), "29 March 2026, 03:00 CEST");
        // The hour that comes twice says which of the two it is.
        assert_eq!(shown("2026-10-25T00:30:00Z", "Europe/Berlin"), "25 October 2026, 02:30 CEST");
        assert_eq!(shown("2026-10-25T01:30:00Z", "Europe/Berlin"), "25 October 2026, 02:30 CET");
        // Far ahead, where the table ends and the rule goes on; and in the south.
        assert_eq!(shown("2050-07-01T12:00:00Z", "America/New_York"), "1 July 2050, 08:00 EDT");
        assert_eq!(shown("2026-01-10T00:00:00Z", "Australia/Sydney"), "10 January 2026, 11:00 AEDT");
    }

    #[test]
    fn a_zone_is_known_by_name() {
        assert_eq!("asia/kolkata".parse::<TimeZone>().unwrap().name(), "Asia/Kolkata");
        assert_eq!(TimeZone::default().name(), "UTC");
        for good in ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+12"] {
            let zone: TimeZone = serde_json::from_value(good.into()).unwrap();
            assert_eq!(serde_json::to_value(&zone).unwrap(), good);
        }
        let long = "A".repeat(10_000);
        for bad in ["", "IST+5", "Europe/Atlantis", "../etc/passwd", "Etc/Unknown", "+05:30", " UTC", &long] {
            assert!(bad.parse::<TimeZone>().is_err(), "{bad}");
        }
    }
}
