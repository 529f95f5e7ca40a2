//! The wrong settings, each with its origin and a way out.

use runtime::settings::Errors;

use super::*;

/// The names of services that these tests know.
const SERVICES: [&str; 4] = ["product", "order", "payment", "notification"];

/// The defaults with these variables.
pub(crate) fn settings_with(variables: &[(&str, &str)]) -> Result<Settings, Errors> {
    let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    read(&Options::default().loader(DEFAULTS).variables(variables).load()?, &SERVICES)
}

/// The defaults, on this data folder.
pub(crate) fn settings_on(folder: &std::path::Path) -> Settings {
    settings_with(&[("CARAVEL_DATA_FOLDER", folder.to_str().unwrap())]).unwrap()
}

#[test]
fn the_defaults_are_valid_and_are_what_the_services_have_by_themselves() {
    let settings = settings_with(&[]).unwrap();
    let order = order::Settings { locations: settings.order.locations.clone(), ..order::Settings::default() };
    assert_eq!(format!("{:?}", settings.order), format!("{order:?}"));
    assert_eq!(settings.payment, payment::Settings::default());
    let notification = notification::Settings::default();
    assert_eq!(format!("{:?}", settings.notification), format!("{notification:?}"));
    let broker = rabbitmq::Settings::at("".parse().unwrap());
    assert_eq!(format!("{:?}", settings.rabbitmq), format!("{broker:?}"));
    #[cfg(feature = "sqs")]
    assert_eq!(settings.sqs, sqs::Settings::default());
}

/// A variable, a wrong value, the key that is named, and words of the message.
const WRONG: &[(&str, &str, &str, &str)] = &[
    ("CARAVEL_SHOP_NAME", "", "shop.name", "such as Lateen"),
    ("CARAVEL_SHOP_NAME", "two\nlines", "shop.name", "such as Lateen"),
    ("CARAVEL_SHOP_COUNTRIES", "[\"XX\"]", "shop.countries", "such as IN"),
    ("CARAVEL_SHOP_INTAKE", "never", "shop.intake", "the default is \"when_asked\""),
    (
        "CARAVEL_WEB_LISTEN",
        "127.0.0.1",
        "web.listen",
        "the port is missing; write IP address and port, such as 127.0.0.1:8080",
    ),
    ("CARAVEL_WEB_LISTEN", "localhost:80", "web.listen", "not a listen address; write"),
    (
        "CARAVEL_WEB_CONNECTIONS",
        "0",
        "web.connections",
        "0 is out of range; expected a whole number of at least 1; the default is 8192",
    ),
    ("CARAVEL_WEB_TRUSTED_PROXIES", "proxy.example", "web.trusted_proxies", "10.0.0.0/8"),
    (
        "CARAVEL_LIMITS_ORDERS_PER_MINUTE",
        "-1",
        "limits.orders_per_minute",
        "expected a whole number from 0 to",
    ),
    ("CARAVEL_REDIS_URL", "127.0.0.1:6379/hidden", "redis.url", "redis://user:password@host:port/database"),
    ("CARAVEL_REDIS_BUDGET_MS", "0", "redis.budget_ms", "the default is 50"),
    ("CARAVEL_DATA_FOLDER", "", "data.folder", "such as ./caravel-data"),
    ("CARAVEL_KEYS_ADMIN", "hidden", "keys.admin", "at least 32 letters"),
    ("CARAVEL_KEYS_SECRET", "hidden", "keys.secret", "`openssl rand -hex 32`"),
    ("CARAVEL_DATABASE_URL", "mysql://hidden", "database.url", "postgres://user:password@host:5432/name"),
    ("CARAVEL_DATABASE_URL", "127.0.0.1/hidden", "database.url", "postgres://user:password@host:5432/name"),
    ("CARAVEL_DATABASE_URLS_ORDER", "hidden", "database.urls.order", "postgres://"),
    (
        "CARAVEL_DATABASE_URLS_ODER",
        "postgres://hidden/x",
        "database.urls.oder",
        "there is no service `oder`; there are product, order",
    ),
    (
        "CARAVEL_DATABASE_READ_URLS_ODER",
        "postgres://hidden/x",
        "database.read_urls.oder",
        "there are product, order",
    ),
    ("CARAVEL_DATABASE_PER_SERVICE", "table", "database.per_service", "expected `schema` or `database`"),
    (
        "CARAVEL_DATABASE_SQLITE_READERS",
        "0",
        "database.sqlite_readers",
        "from 1 to 4294967295; the default is 4",
    ),
    ("CARAVEL_BUS_IN_FLIGHT", "0", "bus.in_flight", "the default is 10000"),
    ("CARAVEL_RABBITMQ_URL", "hidden:5672", "rabbitmq.url", "amqp://user:password@host:5672/vhost"),
    ("CARAVEL_RABBITMQ_PREFETCH", "70000", "rabbitmq.prefetch", "from 1 to 65535; the default is 64"),
    ("CARAVEL_RUN_HEALTH", "9000", "run.health", "not a listen address; write"),
    ("CARAVEL_RUN_THREADS", "100000", "run.threads", "from 0 to 1024"),
    ("CARAVEL_FLEET_WORKERS_ODER", "2", "fleet.workers.oder", "order, payment, notification, edge"),
    ("CARAVEL_FLEET_WORKERS_ORDER", "1000", "fleet.workers.order", "at most 256, such as 2"),
    ("CARAVEL_FLEET_UNRESPONSIVE_SECONDS", "0", "fleet.unresponsive_seconds", "the default is 30"),
    ("CARAVEL_ORDER_HOLD_MINUTES", "0", "order.hold_minutes", "from 1 to 525600; the default is 15"),
    ("CARAVEL_ORDER_QUEUE", "0", "order.queue", "the default is 4096"),
    ("CARAVEL_ORDER_BATCH", "-5", "order.batch", "the default is 500"),
    ("CARAVEL_ORDER_LOCATIONS", "main,", "order.locations", "the default is [\"main\"]"),
    (
        "CARAVEL_ORDER_PAYMENT_PROVIDERS",
        "test,cash",
        "order.payment_providers",
        "there is no payment provider \"cash\"; there are: test",
    ),
    ("CARAVEL_ORDER_PAYMENT_PROVIDERS", "", "order.payment_providers", "there are: test"),
    (
        "CARAVEL_ORDER_TAX_RATES_STANDARD",
        "10001",
        "order.tax.rates.standard",
        "10001 basis points are 100 %; expected at most 10000, such as 1800 for 18 %",
    ),
    ("CARAVEL_ORDER_TAX_RATES_BOOKS", "20000", "order.tax.rates.books", "such as 1800 for 18 %"),
    ("CARAVEL_PAYMENT_CAPTURE", "later", "payment.capture", "the default is \"automatic\""),
    ("CARAVEL_PAYMENT_TRIES", "0", "payment.tries", "the default is 2"),
    ("CARAVEL_PAYMENT_ANSWER_WITHIN_MS", "0", "payment.answer_within_ms", "the default is 5000"),
    (
        "CARAVEL_NOTIFICATION_SMTP_URL",
        "mail.hidden",
        "notification.smtp_url",
        "smtp://user:password@host:port",
    ),
    ("CARAVEL_NOTIFICATION_FROM", "Lateen", "notification.from", "such as Lateen <shop@example.org>"),
    ("CARAVEL_NOTIFICATION_CONNECTIONS", "0", "notification.connections", "the default is 8"),
    (
        "CARAVEL_NOTIFICATION_SHOP_URL",
        "shop.example.org",
        "notification.shop_url",
        "such as https://shop.example.org",
    ),
    ("CARAVEL_LOG_FORMAT", "xml", "log.format", "the default is \"text\""),
    (
        "CARAVEL_LOG_FILTER",
        "infoo",
        "log.filter",
        "\"infoo\" names no level; write for example info, or info,order=debug",
    ),
    ("CARAVEL_LOG_FILTER", "info,order=loud", "log.filter", "\"order=loud\" names no level"),
    ("CARAVEL_LOG_FILTER", "", "log.filter", "names no level"),
    (
        "CARAVEL_TRACES_ENDPOINT",
        "collector:4318",
        "traces.endpoint",
        "such as http://127.0.0.1:4318/v1/traces",
    ),
    ("CARAVEL_TRACES_SAMPLE", "1.5", "traces.sample", "expected a number from 0 to 1"),
];

#[test]
fn what_is_wrong_is_named_with_its_origin_and_an_example() {
    for &(variable, value, key, example) in WRONG {
        let refused = settings_with(&[(variable, value)])
            .err()
            .unwrap_or_else(|| panic!("{variable}={value} is accepted"));
        let [mistake] = refused.mistakes() else { panic!("{variable}={value}: {refused}") };
        assert_eq!(mistake.source.to_string(), variable, "{mistake}");
        assert!(mistake.message.contains(&format!("`{key}`")), "{mistake}");
        assert!(mistake.message.contains(example), "{variable}={value}: {mistake}");
        assert!(!mistake.message.contains("hidden"), "{mistake}");
    }
}

#[test]
fn several_wrong_settings_are_named_at_once_with_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("caravel.toml");
    std::fs::write(&file, "[shop]\nname = \"\"\n[order.tax.rates]\nstandard = 20000\n").unwrap();
    let options = Options { config: Some(file), data: Some(PathBuf::new()), listen: None };
    let variables = [
        ("CARAVEL_ORDER_HOLD_MINUTES".into(), "0".into()),
        ("CARAVEL_FLEET_WORKERS_ODER".into(), "1".into()),
    ];
    let refused =
        read(&options.loader(DEFAULTS).variables(variables).load().unwrap(), &SERVICES).unwrap_err();
    let sources: Vec<_> = refused.mistakes().iter().map(|mistake| mistake.source.to_string()).collect();
    let file = |line: u8| folder.path().join(format!("caravel.toml:{line}")).display().to_string();
    assert_eq!(
        sources,
        [&file(2), "--data", "CARAVEL_FLEET_WORKERS_ODER", "CARAVEL_ORDER_HOLD_MINUTES", &file(4)],
        "{refused}"
    );
    assert!(refused.to_string().starts_with("5 settings are wrong:\n"), "{refused}");
}

#[test]
fn what_is_right_is_accepted() {
    let key = "0123456789abcdefABCDEF0123456789abcdef0123456789abcdef0123456789";
    for (variable, value) in [
        ("CARAVEL_WEB_LISTEN", "[::]:80"),
        ("CARAVEL_RUN_HEALTH", "0.0.0.0:9000"),
        ("CARAVEL_ORDER_HOLD_MINUTES", "1"),
        ("CARAVEL_ORDER_TAX_RATES_STANDARD", "10000"),
        ("CARAVEL_NOTIFICATION_SHOP_URL", "https://shop.example.org/"),
        ("CARAVEL_LOG_FILTER", "Warn,order::placement=DEBUG, off"),
        ("CARAVEL_KEYS_SECRET", key),
        ("CARAVEL_KEYS_ADMIN", key),
        ("CARAVEL_FLEET_WORKERS_EDGE", "0"),
        ("CARAVEL_REDIS_URL", "rediss://u:p@host:6380/1"),
    ] {
        settings_with(&[(variable, value)]).unwrap_or_else(|error| panic!("{variable}={value}: {error}"));
    }
}

#[test]
fn one_process_and_several_need_different_settings() {
    let intake = settings_with(&[("CARAVEL_SHOP_INTAKE", "always")]).unwrap();
    let refused = intake.check_for_one_process().unwrap_err().to_string();
    assert!(refused.contains("CARAVEL_SHOP_INTAKE: `shop.intake` must be when_asked"), "{refused}");
    settings_with(&[]).unwrap().check_for_one_process().unwrap();

    let database = ("CARAVEL_DATABASE_URL", "postgres://host/shop");
    let broker = ("CARAVEL_RABBITMQ_URL", "amqp://host");
    for (variables, needed) in [(&[broker][..], "database.url"), (&[database], "rabbitmq.url")] {
        let refused = settings_with(variables).unwrap().check_for_several_processes(&SERVICES).unwrap_err();
        assert!(refused.contains(needed), "{refused}");
    }
    settings_with(&[database, broker]).unwrap().check_for_several_processes(&SERVICES).unwrap();
    settings_with(&[broker]).unwrap().check_for_several_processes(&[]).unwrap();
}
