//! Reads every section once: whoever made a mistake is told before anything runs.

use std::collections::BTreeMap;

use runtime::settings::{Errors, Problem, Settings, Source};

use super::{Bus, Data, Database, Fleet, Limits, Redis, Run, Shop, Web};
use crate::{fleet, keys::Keys};

/// A hundred per cent.
const WHOLE: u32 = 10_000;

/// What stands alone in a log filter.
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

pub(crate) fn check(settings: &Settings) -> Result<(), Errors> {
    settings.section::<Shop>("shop")?;
    settings.section::<Web>("web")?;
    settings.section::<Limits>("limits")?;
    settings.section::<Redis>("redis")?;
    settings.section::<Data>("data")?;
    settings.section::<Database>("database")?;
    settings.section::<Bus>("bus")?;
    settings.section::<rabbitmq::Settings>("rabbitmq")?;
    #[cfg(feature = "sqs")]
    settings.section::<sqs::Settings>("sqs")?;
    settings.section::<Run>("run")?;
    settings.section::<order::Settings>("order")?;
    settings.section::<payment::Settings>("payment")?;
    settings.section::<notification::Settings>("notification")?;
    settings.section::<runtime::traces::Settings>("traces")?;
    settings.section::<runtime::logs::Settings>("log")?;
    Keys::check(settings)?;
    tax_rates(settings)?;
    log_filter(settings)?;
    fleet::check(settings, &settings.section::<Fleet>("fleet")?)
}

/// What is wrong with one setting, and where it was set.
pub(crate) fn problem(settings: &Settings, key: &str, why: impl std::fmt::Display) -> Errors {
    let entry = settings.entries().into_iter().find(|entry| entry.key == key);
    let source = entry.map_or(Source::Default, |entry| entry.source);
    Problem { source, message: format!("`{key}`: {why}") }.into()
}

fn tax_rates(settings: &Settings) -> Result<(), Errors> {
    let rates: BTreeMap<String, u32> = settings.section("order.tax.rates")?;
    match rates.into_iter().find(|(_, rate)| *rate > WHOLE) {
        Some((class, rate)) => {
            let why = format!("{rate} basis points are {} %; the most is {WHOLE}, 1800 is 18 %", rate / 100);
            Err(problem(settings, &format!("order.tax.rates.{class}"), why))
        }
        None => Ok(()),
    }
}

/// A word that is no level is a part's name to the filter, and then nothing else is logged.
fn log_filter(settings: &Settings) -> Result<(), Errors> {
    let filter: String = settings.get("log.filter")?;
    let wrong = filter.split(',').map(str::trim).find(|directive| {
        let level = directive.rsplit_once('=').map_or(*directive, |(_, level)| level);
        !LEVELS.iter().any(|known| known.eq_ignore_ascii_case(level))
    });
    match wrong {
        Some(directive) => {
            let why = format!("{directive:?} names no level; write for example info, or info,order=debug");
            Err(problem(settings, "log.filter", why))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use crate::settings::{DEFAULTS, check};
    use runtime::settings::Settings;

    /// What is said of one variable.
    fn said(variable: &str, value: &str) -> Option<String> {
        let settings =
            Settings::builder(DEFAULTS).variables([(variable.into(), value.into())]).load().unwrap();
        check(&settings).err().map(|error| error.to_string())
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place_and_a_way_out() {
        for (variable, value, told) in [
            ("CARAVEL_SHOP_NAME", "", "needs a name"),
            (
                "CARAVEL_WEB_LISTEN",
                "127.0.0.1",
                "port is missing; write IP address and port, such as 127.0.0.1:8080",
            ),
            ("CARAVEL_WEB_LISTEN", "localhost:80", "not an address; write"),
            ("CARAVEL_RUN_HEALTH", "9000", "not an address; write"),
            ("CARAVEL_ORDER_TAX_RATES_STANDARD", "10001", "10001 basis points are 100 %"),
            ("CARAVEL_LOG_FILTER", "infoo", "\"infoo\" names no level"),
            ("CARAVEL_LOG_FILTER", "info,order=loud", "\"order=loud\" names no level"),
            ("CARAVEL_LOG_FILTER", "", "names no level"),
            ("CARAVEL_KEYS_SECRET", "abc", "expected 64 hexadecimal digits"),
            ("CARAVEL_KEYS_ADMIN", "short", "expected at least 32"),
            ("CARAVEL_FLEET_WORKERS_ODER", "2", "`order`"),
            ("CARAVEL_FLEET_WORKERS_ORDER", "1000", "at most"),
            ("CARAVEL_DATABASE_URL", "mysql://x", "database.url"),
        ] {
            let said = said(variable, value).unwrap_or_else(|| panic!("{variable}={value} is accepted"));
            assert!(said.contains(told) && said.contains(variable), "{variable}={value}: {said}");
            assert!(!variable.contains("KEYS") || !said.contains(value), "{said}");
        }
    }

    #[test]
    fn what_is_right_is_taken() {
        let key = "0123456789abcdefABCDEF0123456789abcdef0123456789abcdef0123456789";
        for (variable, value) in [
            ("CARAVEL_WEB_LISTEN", "[::]:80"),
            ("CARAVEL_RUN_HEALTH", "0.0.0.0:9000"),
            ("CARAVEL_ORDER_TAX_RATES_STANDARD", "10000"),
            ("CARAVEL_LOG_FILTER", "Warn,order::placement=DEBUG, off"),
            ("CARAVEL_KEYS_SECRET", key),
            ("CARAVEL_KEYS_ADMIN", key),
            ("CARAVEL_FLEET_WORKERS_EDGE", "0"),
        ] {
            assert_eq!(said(variable, value), None, "{variable}={value}");
        }
    }
}
