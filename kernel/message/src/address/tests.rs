use serde_json::{Value, json};

use super::*;

fn address(fields: &Value) -> Address {
    let mut whole = json!({ "name": "Jo Doe", "line1": "1 Main St" });
    whole.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    serde_json::from_value(whole).unwrap()
}

/// The fields that are wrong, and whether each is missing.
fn wrong(fields: &Value) -> Vec<(String, bool)> {
    let errors = address(fields).check("/shipping_address").into_iter();
    errors
        .map(|error| {
            let field = error.pointer.strip_prefix("/shipping_address/").unwrap().to_owned();
            (field, error.detail.starts_with("is required in "))
        })
        .collect()
}

#[test]
fn each_country_has_its_rules() {
    for good in [
        json!({ "country": "US", "city": "Fort Wayne", "region": "IN", "postal_code": "46802" }),
        json!({ "country": "US", "city": "Fort Wayne", "region": "indiana", "postal_code": "46802-1234" }),
        json!({ "country": "PL", "city": "Warsaw", "postal_code": "00-123" }),
        json!({ "country": "IN", "city": "Kochi", "region": "Kerala", "postal_code": "682001" }),
        json!({ "country": "IN", "city": "Kochi", "region": "IN-KL", "postal_code": "६८२००१" }),
        json!({ "country": "IN", "city": "Kochi", "postal_code": "682001" }),
        json!({ "country": "HK", "region": "Hong Kong Island" }),
        json!({ "country": "AE", "region": "Dubai" }),
        json!({ "country": "SG", "postal_code": "048616" }),
        json!({ "country": "IE", "city": "Dublin" }),
        json!({ "country": "IE", "city": "Dublin", "postal_code": "D02 AF30" }),
        json!({ "country": "GB", "city": "London", "postal_code": "sw1a 2aa" }),
        json!({ "country": "NL", "city": "Amsterdam", "postal_code": "1012 JS" }),
        json!({ "country": "JP", "region": "東京都", "postal_code": "１００－０００１" }),
        json!({ "country": "CA", "city": "Montréal", "region": "Québec", "postal_code": "h3z2y7" }),
        json!({ "country": "AU", "city": "Sydney", "region": "New South Wales", "postal_code": "2000" }),
        json!({ "country": "TV", "city": "Funafuti", "postal_code": "00000" }),
    ] {
        assert_eq!(wrong(&good), [], "{good}");
    }
    let (missing, invalid) = (true, false);
    for (bad, fields) in [
        (json!({ "country": "US" }), vec![("city", missing), ("region", missing), ("postal_code", missing)]),
        (
            json!({ "country": "US", "city": "X", "region": "ZZ", "postal_code": "ABCDE" }),
            vec![("region", invalid), ("postal_code", invalid)],
        ),
        (json!({ "country": "PL", "city": "Warsaw", "postal_code": "0213" }), vec![("postal_code", invalid)]),
        (json!({ "country": "PL" }), vec![("city", missing), ("postal_code", missing)]),
        (
            json!({ "country": "IN", "city": "Kochi", "postal_code": "68200" }),
            vec![("region", missing), ("postal_code", invalid)],
        ),
        (
            json!({ "country": "GB", "city": "London", "postal_code": "12345" }),
            vec![("postal_code", invalid)],
        ),
        (json!({ "country": "DE", "city": "Berlin", "postal_code": "1011" }), vec![("postal_code", invalid)]),
        (json!({ "country": "HK" }), vec![("region", missing)]),
        (json!({ "country": "AE", "region": "Kerala" }), vec![("region", invalid)]),
        (json!({ "country": "IE", "city": "Cork", "postal_code": "1" }), vec![("postal_code", invalid)]),
    ] {
        let fields: Vec<_> =
            fields.into_iter().map(|(field, is_missing)| (field.to_owned(), is_missing)).collect();
        assert_eq!(wrong(&bad), fields, "{bad}");
    }
    let german = address(&json!({ "country": "DE", "city": "Berlin", "postal_code": "1011" }));
    let detail = &german.check("")[0].detail;
    assert_eq!(detail, "expected a postal code of Germany, such as 26133");
}

#[test]
fn what_is_stored_is_read_and_checked_only_when_asked() {
    let json = r#"{"name":"\u200b","line1":"4","city":"K","postal_code":"6","country":"UK"}"#;
    assert!(serde_json::from_str::<Address>(json).is_err());
    let old: Address = crate::stored::as_written(|| serde_json::from_str(json)).unwrap();
    let pointers: Vec<_> = old.check("").into_iter().map(|error| error.pointer).collect();
    assert_eq!(pointers, ["/name", "/country"]);
    assert_eq!(old.lines().last().unwrap(), "UK");
}

#[test]
fn a_name_has_one_of_two_forms() {
    let named = |fields: Value| {
        let mut whole = json!({ "line1": "1 Main St", "country": "IE", "city": "Cork" });
        whole.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        serde_json::from_value::<Address>(whole).map(|address| address.name.to_string())
    };
    assert_eq!(named(json!({ "name": "Mira Nair" })).unwrap(), "Mira Nair");
    assert_eq!(named(json!({ "first_name": "Mira", "last_name": "Nair" })).unwrap(), "Mira Nair");
    assert_eq!(named(json!({ "last_name": "Nair" })).unwrap(), "Nair");
    assert_eq!(named(json!({ "name": "M. Nair", "first_name": "Mira" })).unwrap(), "M. Nair");
    assert!(named(json!({})).unwrap_err().to_string().starts_with("missing field `name`"));
    assert!(named(json!({ "name": "" })).is_err());
    assert!(named(json!({ "name": null })).is_err());
    // It is written with its name, and read again as it was.
    let address = address(&json!({ "country": "IE", "city": "Cork", "phone": "+353 21 000 0000" }));
    assert_eq!(serde_json::from_value::<Address>(serde_json::to_value(&address).unwrap()).unwrap(), address);
}

#[test]
fn phones_are_numbers() {
    for good in ["+91 484 221 0000", "(020) 7946-0958", "112", "555.0100 x12"] {
        assert!(good.parse::<Phone>().is_ok(), "{good}");
    }
    for bad in ["", "12", "call me", "1+2345", "+", "123456789012345678901"] {
        assert!(bad.parse::<Phone>().is_err(), "{bad}");
    }
}

#[test]
fn lines_stand_as_the_country_writes_them() {
    for (fields, lines) in [
        (
            json!({ "country": "IN", "line2": "Flat 3", "city": "Kochi", "region": "Kerala", "postal_code": "682001" }),
            vec!["Jo Doe", "1 Main St", "Flat 3", "Kochi 682001", "Kerala", "India"],
        ),
        (
            json!({ "country": "US", "city": "Fort Wayne", "region": "IN", "postal_code": "46802", "company": "Doe & Co" }),
            vec!["Jo Doe", "Doe & Co", "1 Main St", "Fort Wayne, IN 46802", "United States"],
        ),
        (
            json!({ "country": "US", "city": "Fort Wayne", "postal_code": "46802" }),
            vec!["Jo Doe", "1 Main St", "Fort Wayne 46802", "United States"],
        ),
        (
            json!({ "country": "DE", "city": "Berlin", "postal_code": "10115" }),
            vec!["Jo Doe", "1 Main St", "10115 Berlin", "Germany"],
        ),
        (
            json!({ "country": "GB", "city": "London", "postal_code": "EC1Y 8SY" }),
            vec!["Jo Doe", "1 Main St", "London", "EC1Y 8SY", "United Kingdom"],
        ),
        (
            json!({ "country": "JP", "line1": "千代田1-1", "city": "千代田区", "region": "東京都", "postal_code": "100-0001" }),
            vec!["〒100-0001", "東京都 千代田区", "千代田1-1", "Jo Doe", "Japan"],
        ),
        (
            json!({ "country": "BR", "city": "Salvador", "region": "BA", "postal_code": "40301-110" }),
            vec!["Jo Doe", "1 Main St", "Salvador-BA", "40301-110", "Brazil"],
        ),
        (
            json!({ "country": "AE", "region": "Dubai", "postal_code": "00000" }),
            vec!["Jo Doe", "1 Main St", "Dubai", "00000", "United Arab Emirates"],
        ),
        (
            json!({ "country": "SG", "postal_code": "048616" }),
            vec!["Jo Doe", "1 Main St", "048616", "Singapore"],
        ),
    ] {
        assert_eq!(address(&fields).lines(), lines, "{fields}");
    }
}
