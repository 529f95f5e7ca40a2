//! From the stocked catalogue to the mail.

use serde_json::{Value, json};
use testing::{TestBackend, shop_test};

use crate::{
    api::{Api, Ask as _, basket, fresh_key, paid_by, text, until},
    paying::until_payments_are,
    shop::{Setup, Shop},
};

/// The first variant of the catalogue with at least `least` in stock: its product's id, its slug, its own id.
async fn in_stock(api: &Api, least: i64) -> (String, String, String) {
    for product in api.list("/api/v1/products?limit=100").await {
        for variant in product["variants"].as_array().unwrap() {
            if variant["available"].as_i64().unwrap() >= least {
                return (text(&product["id"]), text(&product["slug"]), text(&variant["id"]));
            }
        }
    }
    panic!("no variant has {least} in stock");
}

/// How many of a variant can be bought, by a product in the API.
fn available(product: &Value, variant: &str) -> i64 {
    let mut variants = product["variants"].as_array().unwrap().iter();
    variants.find(|one| one["id"] == variant).unwrap()["available"].as_i64().unwrap()
}

#[shop_test]
async fn from_the_demo_catalogue_to_the_mail(backend: TestBackend) {
    let shop = Setup::new(&backend).with("CARAVEL_SHOP_DEMO", "true").start().await;
    let api = &shop.api;

    let products = api.list("/api/v1/products?limit=7").await;
    assert!(products.len() >= 60, "{}", products.len());
    let mut kinds: Vec<_> = products.iter().map(|product| text(&product["collection"])).collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert!(kinds.len() >= 8, "{kinds:?}");
    for product in &products {
        let picture = api.get(product["pictures"][0]["url"].as_str().unwrap()).answer().await;
        assert_eq!((picture.status, picture.header("content-type")), (200, "image/svg+xml"), "{product}");
    }

    let (id, slug, variant) = in_stock(api, 3).await;
    let by_id = api.get(&format!("/api/v1/products/{id}")).answer().await.is(200);
    let by_slug = api.get(&format!("/api/v1/products/{slug}")).answer().await.is(200);
    assert_eq!(by_id, by_slug);
    let before = api.stock(&variant).await;
    assert_eq!(available(&by_id, &variant), before.available);

    let answer = api.place(&fresh_key(), &basket(&[(&variant, 2)])).await;
    let placed = answer.is(201);
    assert_eq!(placed["status"], "pending");
    assert_eq!(placed["lines"][0]["variant_id"], variant.as_str());
    assert_eq!(placed["lines"][0]["quantity"], 2);
    let amount = |what: &str| placed[what]["amount"].as_i64().unwrap();
    assert_eq!(amount("subtotal") + amount("tax"), amount("total"));
    assert_eq!(placed["total"]["currency"], "INR");
    let (order, token) = (text(&placed["id"]), text(&placed["token"]));
    assert_eq!(answer.header("location"), format!("/api/v1/orders/{order}"));

    api.until_order_is(&order, "confirmed").await;
    let seen = api.get(&format!("/api/v1/orders/{order}?token={token}")).answer().await.is(200);
    assert_eq!((&seen["lines"], &seen["total"]), (&placed["lines"], &placed["total"]));

    let after = api.stock(&variant).await;
    assert_eq!(after.available, before.available - 2);
    assert_eq!((after.reserved, after.sold, after.sum()), (0, before.sold + 2, before.sum()));
    // An event updates the cached page.
    until("the product's page shows the new stock", || async {
        let product = api.get(&format!("/api/v1/products/{id}")).answer().await.is(200);
        available(&product, &variant) == after.available
    })
    .await;

    until("the mail is in the mailbox", || async {
        let mailbox = api.get("/mailbox").answer().await;
        assert_eq!(mailbox.status, 200);
        mailbox.text().contains("mira@example.org") && mailbox.text().contains(&placed["number"].to_string())
    })
    .await;
}

#[shop_test]
async fn a_restart_keeps_everything(backend: TestBackend) {
    let mut shop = Shop::start(&backend).await;
    let variant = shop.api.sell("lamp", 249_900, 10).await;
    let key = fresh_key();
    let order = basket(&[(&variant, 3)]);
    let placed = shop.api.place(&key, &order).await.is(201);
    let id = text(&placed["id"]);
    shop.api.until_order_is(&id, "confirmed").await;
    let declined = paid_by(basket(&[(&variant, 1)]), "tok_declined");
    let declined = text(&shop.api.place(&fresh_key(), &declined).await.is(201)["id"]);
    until_payments_are(&shop.api, &declined, &["failed"]).await;
    let cancel = shop.api.request(reqwest::Method::POST, &format!("/api/v1/orders/{declined}/cancel"));
    shop.api.admin(cancel).answer().await.is(200);
    // Three of ten are sold. An event updates the product's page.
    until("the product's page shows what is left", || async {
        let product = shop.api.get("/api/v1/products/lamp").answer().await.is(200);
        available(&product, &variant) == 7
    })
    .await;
    let before = snapshot(&shop.api, &variant).await;
    let admin_key = shop.api.admin_key().to_owned();

    assert!(shop.stop().await.success());
    shop.start_again().await;

    assert_eq!(shop.api.admin_key(), admin_key);
    assert_eq!(snapshot(&shop.api, &variant).await, before);
    // The key still finds its order, and the token from before still opens it.
    assert_eq!(shop.api.place(&key, &order).await.is(201)["id"], placed["id"]);
    let token = text(&placed["token"]);
    shop.api.get(&format!("/api/v1/orders/{id}?token={token}")).answer().await.is(200);
    assert_eq!(snapshot(&shop.api, &variant).await, before);
}

async fn snapshot(api: &Api, variant: &str) -> Value {
    let stock = api.stock(variant).await;
    json!({
        "products": api.list("/api/v1/products?limit=50").await,
        "orders": api.orders("").await,
        "stock": [stock.available, stock.reserved, stock.sold],
    })
}
