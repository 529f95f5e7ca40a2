//! Every kind of page and every end of an order, in every size of window, light and dark: nothing is wider than the window,
//! nothing jumps while it loads, and axe finds nothing.
//!
//! One shop and one browser for all of them. Expired and deferred orders take too long to make here: their words are
//! tested in `edge/storefront`, and their pages are those of a cancelled order and of an error.

use std::fs;

use serde_json::{Value, json};
use testing::TestBackend;

use super::{
    driver::{Browser, JavaScript},
    shop_and_browser,
};
use crate::{
    api::{Api, Ask as _, basket, fresh_key, new_product, paid_by, text},
    clients::installed,
};

/// The widths of windows; up to 390 they are phones.
const WIDTHS: [u32; 5] = [320, 360, 390, 820, 1280];

/// The widths at which axe looks: what it finds differs by layout, and there are two.
const LOOKED_AT: [u32; 2] = [390, 1280];

/// How far the page moved by itself while it loaded (Layout Instability API), and how wide it is. What is folded is opened.
const MEASURE: &str = "
    return new Promise((done) => {
        let moved = 0;
        const observer = new PerformanceObserver((list) => {
            for (const shift of list.getEntries()) if (!shift.hadRecentInput) moved += shift.value;
        });
        observer.observe({ type: 'layout-shift', buffered: true });
        setTimeout(() => {
            observer.disconnect();
            for (const folded of document.querySelectorAll('details')) folded.open = true;
            done([moved, document.documentElement.scrollWidth]);
        }, 80);
    });";

/// What axe finds, in few words.
const LOOK: &str = "
    return axe.run(document, {
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
        resultTypes: ['violations'],
        iframes: false,
    }).then(({ violations }) => violations.map(
        ({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(' | ')}`));";

/// The ends of price and buy button, in heights of the window, before anything is scrolled.
const BUYING: &str = "
    const end = (part) => document.querySelector(part).getBoundingClientRect().bottom / innerHeight;
    return Math.max(end('[data-price]'), end('[data-buy]'));";

#[test]
fn every_page_fits_every_window_and_everybody() {
    testing::run(TestBackend::sqlite(), async |backend| {
        let (shop, browser) = shop_and_browser(&backend, JavaScript::On).await;
        let axe = installed("package.json").join("node_modules/axe-core/axe.min.js");
        browser.run_in_every_page(&fs::read_to_string(axe).unwrap()).await;
        let mut pages = pages(&shop.api).await;
        browser.open("/mailbox").await;
        browser.wait("main a[href^='/mailbox/']").await;
        let mail = browser
            .run("return document.querySelector('main a[href^=\"/mailbox/\"]').getAttribute('href')")
            .await;
        pages.push(("mail", text(&mail)));
        let mut wrong = Vec::new();
        for width in WIDTHS {
            if width <= 390 {
                browser.be_a_phone(width).await;
            } else {
                browser.be_a_desk(width, 900).await;
            }
            for (name, path) in &pages {
                browser.prefer_dark(false).await;
                browser.open(path).await;
                let place = format!("{name} at {width}");
                wrong.extend(
                    measured(&browser, name, width).await.into_iter().map(|what| format!("{place}: {what}")),
                );
                for dark in [false, true] {
                    browser.prefer_dark(dark).await;
                    if LOOKED_AT.contains(&width) {
                        let found = browser.run(LOOK).await;
                        let found = found.as_array().unwrap().iter().map(text);
                        wrong.extend(found.map(|what| format!("{place}, dark: {dark}: {what}")));
                        browser.screenshot(&format!("matrix-{name}-{width}-{dark}.png")).await;
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    });
}

/// What is wrong with the size of the page that is open.
async fn measured(browser: &Browser, name: &str, width: u32) -> Vec<String> {
    let mut wrong = Vec::new();
    if name == "product" {
        let end = browser.run(BUYING).await.as_f64().unwrap();
        if end > 1.5 {
            wrong.push(format!("price or button end after {end:.2} screens"));
        }
    }
    let measured = browser.run(MEASURE).await;
    let moved = measured[0].as_f64().unwrap();
    if moved > 0.001 {
        wrong.push(format!("moves by {moved}"));
    }
    if measured[1].as_u64().unwrap() > u64::from(width) {
        wrong.push(format!("is {} wide", measured[1]));
    }
    wrong
}

/// Every kind of page, by name and path.
async fn pages(api: &Api) -> Vec<(&'static str, String)> {
    let products = api.list("/api/v1/products?limit=100").await;
    let variants = |product: &Value| product["variants"].as_array().unwrap().len();
    let product = products.iter().max_by_key(|product| variants(product)).unwrap();
    let slug = text(&product["slug"]);
    let sold = product["variants"].as_array().unwrap().iter().find(|one| one["available"].as_i64() > Some(8));
    let variant = text(&sold.unwrap()["id"]);
    let mut pages = orders(api, &variant).await;
    pages.extend([
        ("home", "/".to_owned()),
        ("list", "/products".to_owned()),
        ("product", format!("/products/{slug}")),
        ("checkout", format!("/checkout?product={slug}&variant={variant}&quantity=2")),
        ("mailbox", "/mailbox".to_owned()),
        ("docs", "/api/docs".to_owned()),
        ("missing", "/nothing".to_owned()),
    ]);
    pages
}

/// An order in every state that can be made quickly; the pages of one have the longest words.
async fn orders(api: &Api, variant: &String) -> Vec<(&'static str, String)> {
    let long = json!({"title": "x".repeat(170)});
    let product = api.admin(api.post("/api/v1/products", &new_product("long", 100))).answer().await.is(201);
    let id = text(&product["id"]);
    let change = api.request(reqwest::Method::PATCH, &format!("/api/v1/products/{id}")).json(&long);
    assert!(api.admin(change).answer().await.status < 300);
    let wordy = text(&product["variants"][0]["id"]);
    api.adjust(&wordy, 5).await;

    let mut long = basket(&[(&wordy, 1)]);
    long["shipping_address"]["name"] = json!("x".repeat(200));
    let usual = basket(&[(variant, 1)]);
    let (mut pages, mut ids) = (Vec::new(), Vec::new());
    for (name, order, token) in [
        ("pending", &usual, "tok_timeout"),
        ("declined", &usual, "tok_declined"),
        ("confirmed", &usual, "tok_ok"),
        ("processing", &usual, "tok_ok"),
        ("shipped", &usual, "tok_ok"),
        ("delivered", &usual, "tok_ok"),
        ("refunded", &long, "tok_ok"),
        ("cancelled", &usual, "tok_ok"),
        ("lost", &usual, "tok_ok"),
    ] {
        let placed = api.place(&fresh_key(), &paid_by(order.clone(), token)).await.is(201);
        let (id, token) = (text(&placed["id"]), text(&placed["token"]));
        pages.push((name, format!("/orders/{id}?token={token}")));
        ids.push((name, id));
    }
    for (name, id) in ids {
        if name != "pending" && name != "declined" {
            api.until_order_is(&id, "confirmed").await;
        }
        finish(api, name, &id).await;
    }
    pages
}

/// Takes the steps that lead to the end of this name.
async fn finish(api: &Api, name: &str, id: &str) {
    let post = async |path: &str, body: Value| {
        let request = api.post(&format!("/api/v1/orders/{id}/{path}"), &body);
        let request = request.header("idempotency-key", fresh_key());
        let answer = api.admin(request).answer().await;
        assert!(answer.status < 300, "{name}: {path}: {}", answer.text());
    };
    let course = ["processing", "shipped", "delivered", "refunded"];
    let last = if name == "lost" { "shipped" } else { name };
    if let Some(last) = course.iter().position(|step| *step == last) {
        for step in &course[..=last] {
            let tracking = json!({"company": "UPS", "number": "1Z 999"});
            let tracking = if *step == "shipped" { tracking } else { Value::Null };
            post("advance", json!({"to": step, "tracking": tracking})).await;
        }
    }
    match name {
        "cancelled" => post("cancel", json!({})).await,
        "lost" => post("lost", json!({"reason": "It never arrived."})).await,
        _ => {}
    }
}
