//! The OpenAPI document, and what it must agree with.

use std::collections::BTreeSet;

use gateway::operation::{Content, Operation};
use message::Example as _;
use payment_contract::PaymentProvider;
use serde_json::Value;

use crate::{KEY, Send as _, Shop};

fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    let of = |(path, methods): (&String, &Value)| {
        let methods = methods.as_object().unwrap().iter();
        methods
            .map(|(method, operation)| (method.clone(), path.clone(), operation.clone()))
            .collect::<Vec<_>>()
    };
    paths.iter().flat_map(of).collect()
}

#[test]
fn every_operation_is_documented_and_nothing_else() {
    let documented: BTreeSet<_> =
        operations(&gateway::openapi()).into_iter().map(|(method, path, _)| (method, path)).collect();
    let served: BTreeSet<_> = gateway::operations()
        .into_iter()
        .map(|operation| (operation.method.to_owned(), operation.path.to_owned()))
        .collect();
    assert_eq!(documented, served);
}

/// What an example of a body is refused for, or `None`.
fn refusal(content: &Content) -> Option<String> {
    let example = content.example?();
    match (content.rewrite)(example.to_string().as_bytes()) {
        Ok(again) => {
            let again: Value = serde_json::from_slice(&again).unwrap();
            (again != example).then(|| format!("{again} is not {example}"))
        }
        Err(problem) => Some(format!("{problem:?}")),
    }
}

#[test]
fn every_example_is_accepted_by_what_reads_it_and_comes_back_as_it_was() {
    for Operation { id, signature, .. } in gateway::operations() {
        let answers = signature.answers.iter().filter_map(|answer| answer.content.as_ref());
        for content in signature.body.iter().chain(answers) {
            assert_eq!(refusal(content), None, "{id}");
        }
    }
}

#[test]
fn every_refusal_is_one_of_the_codes_and_documented_with_its_status() {
    let document = gateway::openapi();
    for Operation { id, method, path, signature, .. } in gateway::operations() {
        for code in signature.refusals {
            assert!(gateway::problems::all().any(|known| known == code), "{id}: {}", code.name);
            let response = &document["paths"][path][method]["responses"][code.status.as_str()];
            let description = response["description"].as_str().unwrap();
            assert!(
                description.contains(&format!("`{}`: {}", code.name, code.meaning)),
                "{id}: {description}"
            );
        }
    }
}

#[test]
fn every_operation_says_what_it_is() {
    let document = gateway::openapi();
    assert_eq!(document["openapi"], "3.1.0");
    let tags: Vec<_> = document["tags"].as_array().unwrap().iter().map(|tag| tag["name"].clone()).collect();
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations(&document) {
        let place = format!("{method} {path}");
        assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{place}");
        assert!(operation["description"].as_str().is_some_and(|text| text.ends_with('.')), "{place}");
        assert!(operation["tags"].as_array().unwrap().iter().all(|tag| tags.contains(tag)), "{place}");
        assert!(ids.insert(operation["operationId"].to_string()), "{place}");
        for name in path.split('{').skip(1).filter_map(|rest| rest.split('}').next()) {
            let parameters = operation["parameters"].as_array().unwrap();
            assert!(
                parameters.iter().any(|parameter| parameter["name"] == name && parameter["in"] == "path"),
                "{place}"
            );
        }
        for (status, response) in operation["responses"].as_object().unwrap() {
            assert!(
                response["description"].as_str().is_some_and(|text| !text.is_empty()),
                "{place} {status}"
            );
            if status.starts_with('4') || status == "default" {
                let problem = &response["content"]["application/problem+json"]["schema"]["$ref"];
                assert_eq!(problem, "#/components/schemas/Problem", "{place} {status}");
            }
        }
        if !["get", "delete"].contains(&method.as_str())
            && !path.ends_with("/cancel")
            && !path.ends_with("/replay")
            && !path.ends_with("/media")
        {
            assert!(
                operation["requestBody"]["content"]["application/json"]["example"].is_object(),
                "{place}"
            );
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => fields.iter().for_each(|(name, value)| match value {
                Value::String(reference) if name == "$ref" => {
                    found.insert(reference.clone());
                }
                value => references(value, found),
            }),
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    let document = gateway::openapi();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.len() > 20);
    for reference in found {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
    for scheme in ["admin", "order_token"] {
        assert_eq!(document["components"]["securitySchemes"][scheme]["scheme"], "bearer");
    }
}

#[test]
fn clients_find_no_schema_that_they_do_not_know() {
    let text = gateway::openapi().to_string();
    for unknown in ["$defs", "\"const\":\"", "[`", "unevaluatedProperties"] {
        assert!(!text.contains(unknown), "{unknown}");
    }
}

#[tokio::test]
async fn the_document_is_served() {
    let shop = Shop::open();
    let answer = shop.get("/api/openapi.json").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    assert_eq!(answer.json(), gateway::openapi());
}

/// Every operation of the table answers, and with what the document says that it may.
#[tokio::test]
async fn every_operation_answers_as_documented() {
    let shop = Shop::build(true, |settings| settings.providers = vec![PaymentProvider::example()]);
    shop.mount(crate::shop::service());
    let document = gateway::openapi();
    for Operation { method, path, .. } in gateway::operations() {
        let documented = document["paths"][path][method]["responses"].as_object().unwrap();
        let filled =
            path.replace("{variant_id}", "kettle").replace("{id}", "Nothing").replace("{file}", "none");
        for key in ["", "wrong", KEY] {
            let request = shop.request(method, &filled);
            let request = if key.is_empty() { request } else { request.bearer_auth(key) };
            let status = request.answer().await.status.to_string();
            assert!(documented.contains_key(&status), "{method} {path} {status}");
        }
    }
}

#[tokio::test]
async fn unknown_paths_and_methods_are_problems() {
    let shop = Shop::open();
    for path in [
        "/api",
        "/api/",
        "/api/v1",
        "/api/v1/boats",
        "/api/v2/products",
        "/api/v1/products/a/b",
        "/health",
        "/health/x",
    ] {
        let answer = shop.get(path).await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "not-found"), "{path}");
    }
    for (method, path, allowed) in [
        ("DELETE", "/api/v1/products", "GET,HEAD,POST"),
        ("PUT", "/api/v1/orders/order_1", "GET,HEAD,PATCH"),
        ("GET", "/api/v1/orders/order_1/cancel", "POST"),
        ("POST", "/metrics", "GET,HEAD"),
        ("BREW", "/api/v1/collections", "GET,HEAD"),
    ] {
        let answer = shop.request(method, path).answer().await;
        assert_eq!((answer.status, answer.code().as_str()), (405, "method-not-allowed"), "{method} {path}");
        let mut allow: Vec<_> = answer.header("allow").split(',').map(str::trim).collect();
        allow.sort_unstable();
        assert_eq!(allow.join(","), allowed, "{method} {path}");
    }
}

#[tokio::test]
async fn health_and_figures() {
    let shop = Shop::open();
    assert_eq!(shop.get("/health/live").await.status, 200);
    let ready = shop.get("/health/ready").await;
    assert_eq!((ready.status, ready.text.as_str()), (200, r#"{"order":true}"#));
    let metrics = shop.get("/metrics").await;
    assert_eq!((metrics.status, metrics.text.as_str()), (200, "orders_placed_total 1\n"));
    assert!(metrics.header("content-type").starts_with("text/plain; version=0.0.4"));
    let down = Shop::open_with(false).get("/health/ready").await;
    assert_eq!((down.status, down.header("cache-control")), (503, "no-store"));
}
