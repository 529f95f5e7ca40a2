use std::{
    borrow::Cow,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
};

use schemars::SchemaGenerator;
use serde::Deserialize;
use serde_json::json;

use super::*;

/// One word.
#[derive(Deserialize, JsonSchema)]
#[schemars(extend("pattern" = "^[a-z]+$", "maxLength" = 5))]
#[expect(dead_code, reason = "only its schema is looked at")]
struct Word(String);

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Rig {
    /// One mast.
    Sloop,
    /// Two masts.
    Ketch,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is looked at")]
struct Boat {
    name: Word,
    rig: Option<Rig>,
    #[schemars(range(min = 1, max = 9))]
    masts: i64,
    #[serde(default)]
    #[schemars(length(max = 2))]
    crew: Vec<Word>,
    tender: Option<Box<Boat>>,
    #[schemars(extend("pattern" = "^boat_[a-z0-9]+$"))]
    id: Option<String>,
}

fn mistakes(boat: &Value) -> Vec<String> {
    Schema::of::<Boat>().mistakes(boat, None).into_iter().map(|mistake| mistake.to_string()).collect()
}

#[test]
fn what_is_right_has_no_mistakes() {
    for right in [
        json!({"name": "vega", "masts": 2}),
        json!({"name": "vega", "masts": 2, "rig": "ketch", "crew": ["mira"], "id": "boat_1"}),
        json!({"name": "vega", "masts": 9, "rig": null, "tender": {"name": "dory", "masts": 1}}),
    ] {
        assert_eq!(mistakes(&right), Vec::<String>::new(), "{right}");
    }
}

#[test]
fn every_mistake_is_reported_with_its_place_and_what_is_expected() {
    assert_eq!(
        mistakes(&json!({
            "name": "Vega", "rig": "junk", "masts": 0, "crew": ["mira", 7, "noor", "x y"], "oars": 2, "id": "7",
            "tender": {"name": "dinghy", "masts": 1.5},
        })),
        [
            "/crew: expected 0 to 2 items, not 4",
            "/crew/1: expected text, not 7",
            "/id: expected an id that begins with boat_",
            "/masts: expected a whole number from 1 to 9, not 0",
            "/name: expected one word",
            "/oars: is not known here; known are crew, id, masts, name, rig, tender",
            "/rig: expected one of sloop, ketch, not junk",
            "/tender/masts: expected a whole number from 1 to 9, not 1.5",
            "/tender/name: expected one word",
        ]
    );
    assert_eq!(
        mistakes(&json!({"rig": 7})),
        ["/rig: expected one of sloop, ketch, not 7", "/name: is required", "/masts: is required"]
    );
    assert_eq!(mistakes(&json!([])), [": expected an object, not a list"]);
}

#[test]
fn the_parser_has_the_first_word_and_the_list_stays_short() {
    let schema = Schema::of::<Boat>();
    let first = FieldError::new("/masts", "expected a mast");
    let found = schema.mistakes(&json!({"name": 1, "masts": "none"}), Some(first.clone()));
    assert_eq!(found.iter().map(|mistake| mistake.pointer.as_str()).collect::<Vec<_>>(), ["/masts", "/name"]);
    assert_eq!(found.first(), Some(&first));
    let oars: Map<_, _> = (0..500).map(|number| (format!("oar{number}"), json!(1))).collect();
    assert_eq!(schema.mistakes(&oars.into(), None).len(), MOST_MISTAKES);
}

#[test]
fn the_schema_of_a_type_is_made_once_with_its_patterns() {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    struct Counted;
    impl JsonSchema for Counted {
        fn schema_name() -> Cow<'static, str> {
            "Counted".into()
        }
        fn json_schema(generator: &mut SchemaGenerator) -> schemars::Schema {
            MADE.fetch_add(1, SeqCst);
            Vec::<Boat>::json_schema(generator)
        }
    }
    for _ in 0..3 {
        let schema = Schema::of::<Counted>();
        assert_eq!(schema.mistakes(&json!([{"name": "Vega", "masts": 1}]), None).len(), 1);
        let mut patterns: Vec<_> = schema.patterns.keys().map(String::as_str).collect();
        patterns.sort_unstable();
        assert_eq!(patterns, ["^[a-z]+$", "^boat_[a-z0-9]+$"]);
    }
    assert_eq!(MADE.load(SeqCst), 1);
}

#[test]
fn of_a_list_that_is_too_long_nobody_reads_what_is_too_much() {
    let mut crew = vec![json!("mira"); 2];
    crew.resize(500, json!(7));
    assert_eq!(
        mistakes(&json!({"name": "vega", "masts": 1, "crew": crew})),
        ["/crew: expected 0 to 2 items, not 500"]
    );
}

#[test]
fn a_walk_ends_however_large_or_deep_a_value_is() {
    let mut fleet = vec![json!({"name": "vega", "masts": 1}); MOST_VALUES];
    fleet.push(json!(7));
    assert_eq!(Schema::of::<Vec<Boat>>().mistakes(&fleet.into(), None), []);

    // Each tender may be none: were it looked at twice, this would take years.
    let mut deep = json!({"name": 7, "masts": 1});
    for _ in 0..60 {
        deep = json!({"name": "vega", "masts": 1, "tender": deep});
    }
    let place = format!("{}/name", "/tender".repeat(60));
    assert_eq!(mistakes(&deep), [format!("{place}: expected text, not 7")]);
}
