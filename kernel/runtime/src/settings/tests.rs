//! The errors are compared word for word: they are the interface of this module for everybody who runs a shop.

use std::collections::BTreeMap;
use std::ffi::OsString;

use serde::Deserialize;

use super::{Broken, Errors, Loader, Secret, Source, Values};

const DEFAULTS: &str = r#"
# How the shop is reached.

# Where the shop listens.
listen = "127.0.0.1:8080"

[order]
# Minutes an unpaid order keeps its stock.
# After that it is cancelled.
hold_minutes = 15
# Orders in one commit.
batch = 500
markup = 1.5
instant = false
# Hosts that may ask.
hosts = ["localhost"]

# Tax in percent by tax class (open).
[order.tax]
standard = 18.0

[smtp]
# The password at the mail server (secret).
password = ""
format = "html"
"#;

#[derive(Debug, Deserialize)]
struct Order {
    hold_minutes: u32,
    batch: u16,
    markup: f64,
    instant: bool,
    hosts: Vec<String>,
    tax: BTreeMap<String, f64>,
}

#[derive(Debug, Deserialize)]
struct Settings {
    order: Order,
}

fn loader() -> Loader {
    Loader::new(DEFAULTS)
}

fn order(values: &Values) -> Result<Order, Errors> {
    Ok(values.read::<Settings>(|_| Vec::new())?.order)
}

fn variables(pairs: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    pairs.iter().map(|(name, value)| (name.into(), value.into())).collect()
}

fn with_variables(pairs: &[(&str, &str)]) -> Result<Values, Errors> {
    loader().variables(variables(pairs)).load()
}

fn with_file(text: &str) -> Result<Values, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("caravel.toml");
    std::fs::write(&path, text).unwrap();
    let folder = format!("{}/", folder.path().display());
    loader().file(&path).load().map_err(|errors| errors.to_string().replace(&folder, ""))
}

#[test]
fn the_defaults_alone_make_settings() {
    let order = order(&loader().load().unwrap()).unwrap();
    assert_eq!((order.hold_minutes, order.batch, order.instant), (15, 500, false));
    assert!((order.markup - 1.5).abs() < f64::EPSILON);
    assert_eq!(order.hosts, ["localhost"]);
    assert_eq!(order.tax, BTreeMap::from([("standard".to_owned(), 18.0)]));
}

#[test]
fn a_later_layer_wins_and_is_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("caravel.toml");
    std::fs::write(&path, "[order]\nhold_minutes = 20\nbatch = 20\nmarkup = 2\n").unwrap();
    let settings = loader()
        .file(&path)
        .variables(variables(&[
            ("CARAVEL_ORDER_HOLD_MINUTES", "30"),
            ("CARAVEL_ORDER_BATCH", "30"),
            ("HOME", "/"),
        ]))
        .overrides([("order.hold_minutes".into(), "40".into(), "--hold".into())])
        .load()
        .unwrap();
    let order = order(&settings).unwrap();
    assert_eq!((order.hold_minutes, order.batch), (40, 30));
    assert!((order.markup - 2.0).abs() < f64::EPSILON, "a whole number serves as a float");

    let entries = settings.entries();
    let source = |key: &str| entries.iter().find(|entry| entry.key == key).unwrap().source.clone();
    assert_eq!(source("order.hold_minutes"), Source::CommandLine("--hold".into()));
    assert_eq!(source("order.batch"), Source::Variable("CARAVEL_ORDER_BATCH".into()));
    assert_eq!(source("order.markup"), Source::File { path, line: Some(4) });
    assert_eq!(source("listen"), Source::Default);
}

#[test]
fn the_listing_keeps_the_order_and_the_words_of_the_default_text() {
    let entries = loader().load().unwrap().entries();
    let keys: Vec<_> = entries.iter().map(|entry| entry.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "listen",
            "order.hold_minutes",
            "order.batch",
            "order.markup",
            "order.instant",
            "order.hosts",
            "order.tax.standard",
            "smtp.password",
            "smtp.format"
        ]
    );
    assert_eq!(entries[0].comment, "Where the shop listens.");
    assert_eq!(entries[0].value, "\"127.0.0.1:8080\"");
    assert_eq!(entries[1].comment, "Minutes an unpaid order keeps its stock.\nAfter that it is cancelled.");
    assert_eq!(entries[3].comment, "");
}

#[test]
fn variables_take_the_type_of_the_default() {
    let values = with_variables(&[
        ("CARAVEL_ORDER_INSTANT", "true"),
        ("CARAVEL_ORDER_MARKUP", "3"),
        ("CARAVEL_ORDER_HOSTS", "a.example, b.example"),
        ("CARAVEL_ORDER_TAX_REDUCED", "5"),
    ]);
    let order = order(&values.unwrap()).unwrap();
    assert!(order.instant);
    assert!((order.markup - 3.0).abs() < f64::EPSILON);
    assert_eq!(order.hosts, ["a.example", "b.example"]);
    assert_eq!(
        order.tax.into_iter().collect::<Vec<_>>(),
        [("reduced".into(), 5.0), ("standard".into(), 18.0)]
    );
}

#[test]
fn lists_can_be_written_as_in_toml_and_can_be_empty() {
    let hosts = |value: &str| -> Vec<String> {
        order(&with_variables(&[("CARAVEL_ORDER_HOSTS", value)]).unwrap()).unwrap().hosts
    };
    assert_eq!(hosts(r#"["a,b", "c"]"#), ["a,b", "c"]);
    assert!(hosts("").is_empty());
}

#[test]
fn every_mistake_in_a_file_is_reported_at_once_with_its_line() {
    let errors = with_file(
        r#"listen = 8080
[order]
hold_minuts = 20
batch = "many"
tax = 18
format = "html"
[odrer]
batch = 3
[smtp]
password = "hunter2 "
[smtp.format]
kind = "text"
"#,
    )
    .unwrap_err();
    assert_eq!(
        errors,
        "8 settings are wrong:
  caravel.toml:1: `listen` must be text, found a whole number
  caravel.toml:3: unknown key `order.hold_minuts`; did you mean `order.hold_minutes`?
  caravel.toml:4: `order.batch` must be a whole number, found text
  caravel.toml:5: `order.tax` is a section, not a value
  caravel.toml:6: unknown key `order.format`; did you mean `smtp.format`?
  caravel.toml:7: unknown section `odrer`; did you mean `order`?
  caravel.toml:10: the value of `smtp.password` ends with white space; remove it
  caravel.toml:11: `smtp.format` must be text, found a section"
    );
}

#[test]
fn a_file_that_is_not_toml_names_the_line_and_shows_no_value() {
    let errors = with_file("listen = \"a\"\n[smtp]\npassword = hunter2 hunter3\n").unwrap_err();
    assert!(errors.contains("caravel.toml:3: this is not valid TOML: "), "{errors}");
    assert!(!errors.contains("hunter"), "{errors}");
    let errors = with_file("listen = \"a\"\nlisten = \"b\"\n").unwrap_err();
    assert_eq!(errors, "a setting is wrong: caravel.toml:2: this is not valid TOML: duplicate key");
}

#[test]
fn a_named_file_must_exist_and_a_usual_one_need_not() {
    let errors = loader().file("/nowhere/caravel.toml").load().unwrap_err().to_string();
    assert_eq!(
        errors,
        "a setting is wrong: /nowhere/caravel.toml: cannot be read: No such file or directory (os error 2)"
    );
    assert!(loader().file_if_present("/nowhere/caravel.toml").load().is_ok());
}

#[test]
fn mistakes_in_variables_are_named_with_what_was_meant() {
    let errors = with_variables(&[
        ("CARAVEL_ORDER_HOLD_MINUTS", "20"),
        ("CARAVEL_ORDER_BATCH", "12.5"),
        ("CARAVEL_ORDER_INSTANT", "yes"),
        ("CARAVEL_ORDER_TAX_REDUCED", "low"),
        ("CARAVEL_SOMETHING_ELSE", "1"),
        ("CARAVEL_LISTEN", " 127.0.0.1:80"),
    ])
    .unwrap_err();
    assert_eq!(
        errors.to_string(),
        r#"6 settings are wrong:
  CARAVEL_LISTEN: the value of `listen` begins with white space; remove it
  CARAVEL_ORDER_BATCH: `order.batch` must be a whole number, found "12.5"
  CARAVEL_ORDER_HOLD_MINUTS: no setting has this name; did you mean CARAVEL_ORDER_HOLD_MINUTES?
  CARAVEL_ORDER_INSTANT: `order.instant` must be true or false, found "yes"
  CARAVEL_ORDER_TAX_REDUCED: `order.tax.reduced` must be a number, found "low"
  CARAVEL_SOMETHING_ELSE: no setting has this name"#
    );
}

#[test]
fn mistakes_on_the_command_line_name_the_option() {
    let errors = loader()
        .overrides([
            ("order.batch".into(), "all".into(), "--batch".into()),
            ("order.size".into(), "1".into(), "--set order.size".into()),
        ])
        .load()
        .unwrap_err();
    assert_eq!(
        errors.to_string(),
        "2 settings are wrong:
  --batch: `order.batch` must be a whole number, found \"all\"
  --set order.size: unknown key `order.size`"
    );
}

#[test]
fn reserved_variables_and_the_service_links_of_kubernetes_are_left_alone() {
    let settings = loader()
        .reserve("CARAVEL_CONFIG")
        .variables(variables(&[
            ("CARAVEL_CONFIG", "/etc/caravel.toml"),
            ("CARAVEL_SERVICE_HOST", "10.0.0.1"),
            ("CARAVEL_SERVICE_PORT", "80"),
            ("CARAVEL_SERVICE_PORT_HTTP", "80"),
            ("CARAVEL_PORT", "tcp://10.0.0.1:80"),
            ("CARAVEL_ORDER_PORT_80_TCP_ADDR", "10.0.0.1"),
        ]))
        .load();
    assert!(settings.is_ok(), "{settings:?}");
    assert!(with_variables(&[("CARAVEL_SMPT_PORT", "25")]).is_err());
}

#[test]
fn a_secret_is_never_printed() {
    #[derive(Debug, Deserialize)]
    struct Settings<T> {
        smtp: Smtp<T>,
    }
    #[derive(Debug, Deserialize)]
    struct Smtp<T> {
        password: T,
    }
    let values = with_variables(&[("CARAVEL_SMTP_PASSWORD", "hunter2")]).unwrap();
    let settings: Settings<Secret> = values.read(|_| Vec::new()).unwrap();
    let smtp = settings.smtp;
    assert_eq!(smtp.password.expose(), "hunter2");
    assert_eq!(format!("{smtp:?} {}", smtp.password), "Smtp { password: Secret(…) } …");
    assert!(!format!("{values:?}").contains("hunter2"));
    let entry = values.entries().into_iter().find(|entry| entry.key == "smtp.password").unwrap();
    assert_eq!((entry.value.as_str(), entry.secret), ("(secret, set)", true));

    let refused = values.read::<Settings<std::net::IpAddr>>(|_| Vec::new()).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "a setting is wrong: CARAVEL_SMTP_PASSWORD: the value of `smtp.password` is not accepted; \
         what it is: The password at the mail server."
    );
    let spaced = with_variables(&[("CARAVEL_SMTP_PASSWORD", "hunter2 ")]).unwrap_err();
    assert_eq!(
        spaced.to_string(),
        "a setting is wrong: CARAVEL_SMTP_PASSWORD: the value of `smtp.password` ends with white space; remove it"
    );
}

#[test]
fn every_value_that_the_type_refuses_is_reported_with_its_origin_and_the_default() {
    #[derive(Debug, Deserialize)]
    struct Settings {
        #[expect(dead_code, reason = "never gets a value")]
        listen: std::net::SocketAddr,
        order: Order,
        smtp: Smtp,
    }
    #[derive(Debug, Deserialize)]
    struct Order {
        #[expect(dead_code, reason = "never gets a value")]
        batch: std::num::NonZeroU16,
        hosts: Vec<std::net::IpAddr>,
        tax: BTreeMap<char, f64>,
    }
    #[derive(Debug, Deserialize)]
    struct Smtp {
        format: String,
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("caravel.toml");
    std::fs::write(&path, "[order.tax]\nlow = 2\nzero = 3\n").unwrap();
    let values = Loader::new(DEFAULTS.replace("localhost", "::1").replace("standard", "s").leak())
        .file(&path)
        .variables(variables(&[
            ("CARAVEL_ORDER_BATCH", "70000"),
            ("CARAVEL_ORDER_HOSTS", "::1,b"),
            ("CARAVEL_SMTP_FORMAT", "pdf"),
        ]))
        .overrides([("listen".into(), "80".into(), "--listen".into())])
        .load()
        .unwrap();
    let rules = |settings: &Settings| {
        assert!(settings.order.hosts.len() == 1 && settings.order.tax.len() == 1, "the defaults stand in");
        vec![Broken { key: "smtp.format".into(), why: format!("no {} mails", settings.smtp.format) }]
    };
    let refused =
        values.read(rules).unwrap_err().to_string().replace(&path.display().to_string(), "caravel.toml");
    assert_eq!(
        refused,
        r#"6 settings are wrong:
  --listen: `listen`: invalid socket address syntax; the default is "127.0.0.1:8080"
  CARAVEL_ORDER_BATCH: `order.batch`: 70000 is out of range; expected a whole number from 1 to 65535; the default is 500
  CARAVEL_ORDER_HOSTS: `order.hosts`: invalid IP address syntax; the default is ["::1"]
  caravel.toml:2: `order.tax.low`: invalid value: string "low", expected a character
  caravel.toml:3: `order.tax.zero`: invalid value: string "zero", expected a character
  CARAVEL_SMTP_FORMAT: `smtp.format`: no pdf mails; the default is "html""#
    );
}

#[test]
fn defaults_that_contradict_themselves_are_refused() {
    let broken = Loader::new("a = 1\nb =\n").load().unwrap_err().to_string();
    assert!(broken.starts_with("a setting is wrong: default: line 2 is not valid TOML: "), "{broken}");
    let ambiguous = Loader::new("a_b = 1\n[a]\nb = 2\n").load().unwrap_err().to_string();
    assert_eq!(
        ambiguous,
        "a setting is wrong: default: `a_b` and `a.b` would share the variable CARAVEL_A_B"
    );
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_text_is_reported() {
    use std::os::unix::ffi::OsStringExt as _;
    let errors =
        loader().variables([("CARAVEL_LISTEN".into(), OsString::from_vec(vec![0xff]))]).load().unwrap_err();
    assert_eq!(
        errors.to_string(),
        "a setting is wrong: CARAVEL_LISTEN: the value of `listen` is not valid UTF-8"
    );
}
