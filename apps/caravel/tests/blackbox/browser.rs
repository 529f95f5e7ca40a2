//! The shop's pages in a real browser, as a shopper uses them.

mod driver;
mod matrix;

use std::time::Duration;

use fantoccini::{Locator, key::Key};
use serde_json::json;
use testing::{TestBackend, shop_test};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    time::sleep,
};

use crate::{
    api::text,
    shop::{Setup, Shop},
};
use driver::{Browser, JavaScript};

/// A phone's width.
const PHONE: u32 = 390;

/// The largest number of presses of Tab.
const MOST_TABS: usize = 80;

/// The lightness of the page's background, from 0 to 1, whatever notation its colour is given in.
const LIGHTNESS: &str = "
    const canvas = document.createElement('canvas').getContext('2d');
    for (const part of [document.documentElement, document.body]) {
        canvas.fillStyle = getComputedStyle(part).backgroundColor;
        canvas.fillRect(0, 0, 1, 1);
    }
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return a ? (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255 : 1;";

/// A shop with the demo's products, and a browser.
async fn shop_and_browser(backend: &TestBackend, javascript: JavaScript) -> (Shop, Browser) {
    let shop = Setup::new(backend).with("CARAVEL_SHOP_DEMO", "true").start().await;
    let browser = Browser::start(backend, shop.api.base_url(), javascript).await;
    (shop, browser)
}

/// Follows links and buttons from the first page to the checkout of some product.
async fn to_the_checkout(browser: &Browser) {
    browser.open("/").await;
    browser.click("main a[href^='/products/']").await;
    browser.wait("form[action='/checkout']").await;
    browser.click("[data-buy]").await;
    browser.wait("form[method=post]").await;
}

/// Fills in the checkout form.
async fn fill_in(browser: &Browser, token: &str) {
    for (field, value) in [
        ("email", "mira@example.org"),
        ("name", "मीरा Rao 😀"),
        ("line1", "14 Canal Street"),
        ("city", "Pune"),
        ("postal_code", "411001"),
    ] {
        browser.type_into(&format!("#{field}"), value).await;
    }
    browser.click(&format!("input[name=payment][value='test/{token}']")).await;
}

#[shop_test]
async fn a_shopper_buys_and_sees_the_order_confirmed(backend: TestBackend) {
    let (shop, browser) = shop_and_browser(&backend, JavaScript::On).await;
    to_the_checkout(&browser).await;
    fill_in(&browser, "tok_slow").await;
    browser.click("form[method=post] button").await;
    browser.wait("#order-status[data-status=pending]").await;
    // Gone if the page were loaded again.
    browser.run("window.stayed = true; return null").await;
    browser.wait("#order-status[data-status=confirmed]").await;
    assert_eq!(browser.run("return window.stayed === true").await, true, "the page followed by itself");
    let announced = browser.run("return document.getElementById('live').textContent").await;
    assert!(!text(&announced).is_empty(), "and announced it to screen readers");
    let orders = shop.api.orders("&status=confirmed").await;
    assert_eq!(orders.len(), 1);
    assert_eq!(orders[0]["shipping_address"]["name"], "मीरा Rao 😀");
    browser.refresh().await;
    browser.click("a[href='/mailbox']").await;
    browser.wait("main a[href^='/mailbox/']").await;
    browser.click("main a[href^='/mailbox/']").await;
    browser.wait("main iframe, main [data-mail], main article").await;
    browser.is_without_complaints().await;
}

#[shop_test]
async fn a_shopper_buys_without_javascript(backend: TestBackend) {
    let (shop, browser) = shop_and_browser(&backend, JavaScript::Off).await;
    to_the_checkout(&browser).await;
    fill_in(&browser, "tok_slow").await;
    browser.click("form[method=post] button").await;
    // Only a browser without JavaScript reads this as an element; it makes the page reload.
    browser.wait("noscript meta[http-equiv=refresh]").await;
    browser.wait("#order-status[data-status=confirmed]").await;
    assert_eq!(shop.api.orders("&status=confirmed").await.len(), 1);
    browser.is_without_complaints().await;
}

#[shop_test]
async fn a_shopper_buys_by_keyboard_alone(backend: TestBackend) {
    let (shop, browser) = shop_and_browser(&backend, JavaScript::On).await;
    browser.open("/").await;
    tab_to(&browser, "main a[href^='/products/']").await;
    browser.press(&Key::Enter.to_string()).await;
    browser.wait("form[action='/checkout']").await;
    tab_to(&browser, "#quantity").await;
    browser.press("1").await;
    browser.run("document.getElementById('quantity').value = '1'; return null").await;
    tab_to(&browser, "[data-buy]").await;
    browser.press(&Key::Enter.to_string()).await;
    browser.wait("form[method=post]").await;
    for (field, value) in [
        ("email", "mira@example.org"),
        ("name", "Mira Rao"),
        ("line1", "14 Canal Street"),
        ("city", "Pune"),
        ("postal_code", "411001"),
    ] {
        tab_to(&browser, &format!("#{field}")).await;
        browser.press(value).await;
    }
    tab_to(&browser, "form[method=post] button").await;
    browser.press(&Key::Enter.to_string()).await;
    browser.wait("#order-status[data-status=confirmed]").await;
    assert_eq!(shop.api.orders("").await.len(), 1);
    browser.is_without_complaints().await;
}

/// Presses Tab until the element has the focus; the focus must be visible on the way.
async fn tab_to(browser: &Browser, selector: &str) {
    for _ in 0..MOST_TABS {
        browser.press(&Key::Tab.to_string()).await;
        let script = "const now = document.activeElement, style = getComputedStyle(now);
            return [now.matches(arguments[0]), style.outlineStyle !== 'none' || style.boxShadow !== 'none',
                    now.outerHTML.slice(0, 120)]";
        let focus = browser.run_with(script, vec![json!(selector)]).await;
        assert_eq!(focus[1], true, "the focus cannot be seen on {}", focus[2]);
        if focus[0] == true {
            return;
        }
    }
    panic!("the Tab key does not lead to {selector}");
}

#[shop_test]
async fn mistakes_are_shown_beside_their_fields(backend: TestBackend) {
    let (shop, browser) = shop_and_browser(&backend, JavaScript::On).await;
    to_the_checkout(&browser).await;
    browser.type_into("#email", "mira").await;
    browser.type_into("#name", "Mira <Rao>").await;
    browser.click("form[method=post] button").await;
    browser.wait(".error-summary").await;
    for field in ["email", "line1", "city", "postal_code"] {
        let beside = browser.text(&format!("#{field} ~ #{field}-error")).await;
        assert!(!beside.is_empty(), "{field}");
        let input = browser.find(&format!("#{field}")).await;
        assert_eq!(input.attr("aria-invalid").await.unwrap().as_deref(), Some("true"), "{field}");
        let described = input.attr("aria-describedby").await.unwrap().unwrap();
        assert!(described.contains(&format!("{field}-error")), "{described}");
        assert!(browser.count(&format!(".error-summary a[href='#{field}']")).await == 1, "{field}");
    }
    assert_eq!(browser.count("#name-error").await, 0, "what is right is not complained about");
    assert_eq!(browser.value("#name").await, "Mira <Rao>");
    assert_eq!(browser.value("#email").await, "mira", "what was typed is kept");
    let focused = browser.run("return document.activeElement.className").await;
    assert_eq!(focused, "error-summary", "screen readers read it first");
    assert!(shop.api.orders("").await.is_empty());

    for field in ["email", "name", "line1", "city", "postal_code"] {
        browser.find(&format!("#{field}")).await.clear().await.unwrap();
    }
    fill_in(&browser, "tok_ok").await;
    browser.click("form[method=post] button").await;
    browser.wait("#order-status[data-status=confirmed]").await;
    assert_eq!(shop.api.orders("").await.len(), 1);
    browser.is_without_complaints_but("422").await;
}

#[shop_test]
async fn an_impatient_shopper_gets_one_order(backend: TestBackend) {
    press_twice(&backend, JavaScript::On).await;
}

#[shop_test]
async fn an_impatient_shopper_gets_one_order_without_javascript(backend: TestBackend) {
    press_twice(&backend, JavaScript::Off).await;
}

async fn press_twice(backend: &TestBackend, javascript: JavaScript) {
    let (shop, browser) = shop_and_browser(backend, javascript).await;
    to_the_checkout(&browser).await;
    fill_in(&browser, "tok_ok").await;
    browser.double_click("form[method=post] button").await;
    browser.wait("#order-status[data-status=confirmed]").await;
    sleep(Duration::from_millis(500)).await;
    assert_eq!(shop.api.orders("").await.len(), 1);

    // Back: a browser that kept the form finds the same order with it, another one reads that there is an order.
    let order = browser.path().await;
    browser.back().await;
    browser.wait("form[method=post], main a[href^='/orders/']").await;
    if browser.count("form[method=post]").await > 0 {
        browser.click("form[method=post] button").await;
    } else {
        browser.click("main a[href^='/orders/']").await;
    }
    browser.wait("#order-status").await;
    assert_eq!(browser.path().await, order);
    assert_eq!(shop.api.orders("").await.len(), 1);
}

#[shop_test]
async fn pages_fit_a_phone_and_the_dark(backend: TestBackend) {
    let (shop, browser) = shop_and_browser(&backend, JavaScript::On).await;
    let product = shop.api.list("/api/v1/products?limit=100").await.remove(0);
    let product = format!("/products/{}", text(&product["slug"]));
    to_the_checkout(&browser).await;
    let checkout = browser.path().await;
    fill_in(&browser, "tok_ok").await;
    browser.click("form[method=post] button").await;
    browser.wait("#order-status[data-status=confirmed]").await;
    let order = browser.path().await;

    browser.be_a_phone(PHONE).await;
    for dark in [false, true] {
        browser.prefer_dark(dark).await;
        for (name, path) in [
            ("home", "/"),
            ("list", "/products"),
            ("product", &product),
            ("checkout", &checkout),
            ("order", &order),
            ("mailbox", "/mailbox"),
            ("docs", "/api/docs"),
            ("missing", "/nothing"),
        ] {
            browser.open(path).await;
            let width = browser.run("return document.documentElement.scrollWidth").await;
            assert!(width.as_u64().unwrap() <= u64::from(PHONE), "{name} is {width} wide");
            let light = browser.run(LIGHTNESS).await.as_f64().unwrap();
            assert!(if dark { light < 0.25 } else { light > 0.75 }, "{name}, dark: {dark}, light: {light}");
            let mode = if dark { "dark" } else { "light" };
            browser.screenshot(&format!("{name}-{mode}.png")).await;
        }
    }
    browser.is_without_complaints_but("404").await;
}

#[shop_test]
async fn a_form_of_another_site_is_refused(backend: TestBackend) {
    let (shop, browser) = shop_and_browser(&backend, JavaScript::On).await;
    to_the_checkout(&browser).await;
    // The very form that would be accepted from here.
    fill_in(&browser, "tok_ok").await;
    let form = "return JSON.stringify([...new FormData(document.querySelector('form[method=post]'))])";
    let fields: Vec<(String, String)> = serde_json::from_str(&text(&browser.run(form).await)).unwrap();

    // Another name of the same machine counts as another site.
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = elsewhere.local_addr().unwrap().port();
    tokio::spawn(serve(elsewhere, form_page(shop.api.base_url(), &fields)));
    browser.goto(&format!("http://localhost:{port}/")).await;
    browser.click("button").await;
    browser
        .wait_until("the shop answers", async || browser.url().await.starts_with(shop.api.base_url()))
        .await;
    assert_eq!(browser.count("#order-status").await, 0);
    assert!(shop.api.orders("").await.is_empty());
    browser.is_without_complaints_but("403").await;
}

fn form_page(shop: &str, fields: &[(String, String)]) -> String {
    let input =
        |(name, value): &(String, String)| format!("<input type='hidden' name='{name}' value='{value}'>");
    let inputs: String = fields.iter().map(input).collect();
    format!(
        "<!doctype html><meta charset=utf-8><link rel=icon href='data:,'>\
         <form method=post action='{shop}/checkout'>{inputs}<button>Win a lamp</button></form>"
    )
}

/// Answers every request with one page.
async fn serve(listener: TcpListener, page: String) {
    while let Ok((mut connection, _)) = listener.accept().await {
        let mut request = [0; 8192];
        let _ = connection.read(&mut request).await;
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            page.len()
        );
        let _ = connection.write_all((head + &page).as_bytes()).await;
    }
}

/// The element that a selector finds.
fn css(selector: &str) -> Locator<'_> {
    Locator::Css(selector)
}
