//! The buy form as a browser fills it in and sends it.

use message::{Clock, IdSource};
use order_contract::OrderId;
use reqwest::{Response, StatusCode, Url};

use crate::stand_in::{Shop, client, goods};

pub(crate) fn open() -> Shop {
    Shop::open(goods::shop(&IdSource::random(Clock::system())))
}

/// The variant of `slug` at `place`.
pub(crate) fn variant(shop: &Shop, slug: &str, place: usize) -> String {
    let world = shop.world.lock();
    let product = world.products.iter().find(|product| product.slug.as_str() == slug).unwrap();
    product.variants[place].id.to_string()
}

/// The value of a hidden field.
pub(crate) fn hidden(html: &str, name: &str) -> String {
    let (_, rest) = html.split_once(&format!("name=\"{name}\" value=\"")).expect(name);
    rest.split_once('"').unwrap().0.to_owned()
}

/// A form as a browser sends it after the checkout page was opened.
pub(crate) type Fields = Vec<(&'static str, String)>;

pub(crate) async fn form(shop: &Shop, slug: &str, quantity: i64) -> Fields {
    let variant = variant(shop, slug, 0);
    let url = format!("{}/checkout?product={slug}&variant={variant}&quantity={quantity}", shop.url);
    let page = client().get(url).send().await.unwrap();
    assert_eq!(
        (page.status(), page.headers()["cache-control"].to_str().unwrap()),
        (StatusCode::OK, "no-store")
    );
    let html = page.text().await.unwrap();
    let typed = [
        ("email", "meera@example.in"),
        ("name", "  Meera <Iyer> & sons "),
        ("line1", "14 Harbour Road"),
        ("line2", ""),
        ("city", "Kochi"),
        ("region", ""),
        ("postal_code", "682001"),
        ("country", "IN"),
        ("phone", ""),
    ];
    let hidden =
        ["key", "expected_total", "product", "variant", "quantity"].map(|name| (name, hidden(&html, name)));
    let typed = typed.map(|(name, text)| (name, text.to_owned()));
    hidden.into_iter().chain(typed).chain(chosen(&html).map(|value| ("payment", value))).collect()
}

/// The way to pay that a page has chosen; a browser sends none where the page offers none.
fn chosen(html: &str) -> Option<String> {
    let (before, _) = html.split_once(" checked>")?;
    let (_, value) = before.rsplit_once("name=\"payment\" value=\"")?;
    Some(value.split_once('"')?.0.to_owned())
}

pub(crate) fn with(fields: &Fields, name: &'static str, text: &str) -> Fields {
    fields
        .iter()
        .map(|(known, old)| (*known, if *known == name { text.to_owned() } else { old.clone() }))
        .collect()
}

pub(crate) fn encode(fields: &Fields) -> String {
    // A form is written like the parameters of an address.
    Url::parse_with_params("http://form", fields).unwrap().query().unwrap().to_owned()
}

pub(crate) async fn post(shop: &Shop, fields: &Fields) -> Response {
    let request = client().post(format!("{}/checkout", shop.url)).header("sec-fetch-site", "same-origin");
    let form = "application/x-www-form-urlencoded";
    request.header("content-type", form).body(encode(fields)).send().await.unwrap()
}

/// Places an order; its page's path and its id.
pub(crate) async fn placed(shop: &Shop) -> (String, OrderId) {
    let answer = post(shop, &form(shop, "band-mug", 2).await).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let path = answer.headers()["location"].to_str().unwrap().to_owned();
    let id = path.strip_prefix("/orders/").unwrap().split_once('?').unwrap().0.parse().unwrap();
    (path, id)
}
