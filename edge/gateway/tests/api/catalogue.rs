//! Pages from the cache, their purges, and the merchant's writes.

use std::sync::atomic::Ordering::SeqCst;

use gateway::resources::{CollectionList, ProductResource, SavedProductResource};
use message::{IdSource, ListPage};
use product_contract::{AvailabilityChanged, ProductChanged, ProductStatus};
use serde_json::json;

use crate::{
    Send as _, Shop,
    stand_ins::{new_product, product_id},
};

#[tokio::test]
async fn a_product_is_read_by_id_and_by_slug() {
    let shop = Shop::open();
    for path in [format!("/api/v1/products/{}", product_id(1)), "/api/v1/products/kettle".to_owned()] {
        let answer = shop.get(&path).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert!(answer.header("cache-control").contains("stale-while-revalidate"));
        assert_eq!(answer.header("cache-tag"), format!("product:{}", product_id(1)));
        let product: ProductResource = answer.read();
        assert_eq!(product.pictures[0].url, "/media/abc1.svg");
        assert_eq!(answer.json()["variants"][0]["price"], json!({"amount": 4200, "currency": "INR"}));
        assert_eq!(product.variants[0].available, 5);
    }
}

#[tokio::test]
async fn a_page_is_made_once_and_known_by_its_tag() {
    let shop = Shop::open();
    let first = shop.get("/api/v1/products/kettle").await;
    let again = shop.get("/api/v1/products/kettle").await;
    assert_eq!((first.text, shop.catalogue.reads.load(SeqCst)), (again.text, 1));
    let etag = first.headers["etag"].clone();
    let known = shop.request("GET", "/api/v1/products/kettle").header("if-none-match", etag).answer().await;
    assert_eq!((known.status, known.text.as_str()), (304, ""));
    let head = shop.request("HEAD", "/api/v1/products/kettle").answer().await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    assert_eq!(shop.catalogue.reads.load(SeqCst), 1);
}

#[tokio::test]
async fn drafts_and_unknown_products_are_not_found_but_by_the_merchant() {
    let shop = Shop::open();
    for key in [
        "secret",
        "nothing",
        "Not%20a%20slug",
        "%FF",
        &product_id(3).to_string(),
        &product_id(77).to_string(),
    ] {
        let answer = shop.get(&format!("/api/v1/products/{key}")).await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "not-found"), "{key}");
    }
    let draft = shop.request("GET", "/api/v1/products/secret").admin().answer().await;
    assert_eq!((draft.status, draft.header("cache-control")), (200, "no-store"));
    assert_eq!(draft.read::<ProductResource>().status, ProductStatus::Draft);
    // What the merchant reads is not kept for others, and a wrong key is no key.
    assert_eq!(shop.get("/api/v1/products/secret").await.status, 404);
    let wrong = shop.request("GET", "/api/v1/products/kettle").bearer_auth("wrong").answer().await;
    assert_eq!(wrong.status, 200);
}

#[tokio::test]
async fn lists_go_on_where_they_ended() {
    let shop = Shop::open();
    let first: ListPage<ProductResource> = shop.get("/api/v1/products?limit=1").await.read();
    let cursor = first.next_cursor.unwrap();
    let answer = shop.get(&format!("/api/v1/products?limit=1&cursor={cursor}")).await;
    let tags = answer.header("cache-tag").to_owned();
    let second: ListPage<ProductResource> = answer.read();
    assert_eq!((second.data[0].id, second.next_cursor), (product_id(2), None));
    assert_eq!(tags, format!("product:{},products", product_id(2)));
    let all: ListPage<ProductResource> = shop.get("/api/v1/products").await.read();
    assert_eq!(all.data.iter().map(|product| product.id).collect::<Vec<_>>(), [product_id(1), product_id(2)]);
}

#[tokio::test]
async fn one_list_is_made_once_however_it_is_asked_for() {
    let shop = Shop::open();
    for query in [
        "collection=Kitchen%20%26%20more&limit=7",
        "limit=7&collection=Kitchen%20%26%20more",
        "limit=7&collection=Kitchen+%26+more",
    ] {
        let list: ListPage<ProductResource> = shop.get(&format!("/api/v1/products?{query}")).await.read();
        assert_eq!(list.data.len(), 1, "{query}");
    }
    assert_eq!(shop.catalogue.reads.load(SeqCst), 1);
    // Names that anybody can make up take no memory.
    for _ in 0..2 {
        assert_eq!(shop.get("/api/v1/products?collection=Nothing").await.json()["data"], json!([]));
    }
    assert_eq!(shop.catalogue.reads.load(SeqCst), 3);
}

#[tokio::test]
async fn the_merchant_lists_drafts() {
    let shop = Shop::open();
    let refused = shop.get("/api/v1/products?status=draft").await;
    assert_eq!((refused.status, refused.code().as_str()), (401, "unauthorized"));
    let drafts = shop.request("GET", "/api/v1/products?status=draft").admin().answer().await;
    assert_eq!(drafts.read::<ListPage<ProductResource>>().data[0].id, product_id(3));
}

#[tokio::test]
async fn events_purge_what_they_are_about() {
    let shop = Shop::open();
    let available = |answer: crate::Answer| answer.json()["variants"][0]["available"].clone();
    let listed = |answer: crate::Answer| answer.json()["data"][0]["variants"][0]["available"].clone();
    assert_eq!(available(shop.get("/api/v1/products/kettle").await), 5);
    assert_eq!(listed(shop.get("/api/v1/products").await), 5);
    shop.get("/api/v1/products/lamp").await;
    let reads = shop.catalogue.reads.load(SeqCst);

    shop.catalogue.products.lock().unwrap()[0].variants[0].available = 4;
    assert_eq!(available(shop.get("/api/v1/products/kettle").await), 5);
    let id = IdSource::random(message::Clock::system()).id();
    shop.tell(&AvailabilityChanged { id, products: vec![product_id(1)] }).await;
    assert_eq!(available(shop.get("/api/v1/products/kettle").await), 4);
    assert_eq!(listed(shop.get("/api/v1/products").await), 4);
    shop.get("/api/v1/products/lamp").await;
    assert_eq!(shop.catalogue.reads.load(SeqCst), reads + 2, "the lamp's page was still good");

    let mut product = shop.catalogue.products.lock().unwrap()[0].clone();
    product.status = ProductStatus::Draft;
    shop.catalogue.products.lock().unwrap()[0] = product.clone();
    shop.tell(&ProductChanged { product }).await;
    assert_eq!(shop.get("/api/v1/products/kettle").await.status, 404);
    assert_eq!(shop.get("/api/v1/products").await.json()["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_merchant_writes_and_reads_the_change_at_once() {
    let shop = Shop::open();
    shop.get("/api/v1/products").await;
    let created = shop.request("POST", "/api/v1/products").admin().json(&new_product()).answer().await;
    let SavedProductResource { product, warnings } = created.read();
    assert_eq!((created.status, product.title.as_str()), (201, "Teapot"));
    assert_eq!(warnings[0].pointer, "/variants/0/sku");
    let location = created.header("location").to_owned();
    assert_eq!(shop.get(&location).await.read::<ProductResource>().id, product.id);
    assert_eq!(shop.get("/api/v1/products").await.json()["data"].as_array().unwrap().len(), 3);

    let change = json!({"title": "Big teapot"});
    let changed = shop.request("PATCH", &location).admin().json(&change).answer().await;
    assert_eq!((changed.status, changed.json()["title"].clone()), (200, json!("Big teapot")));
    assert_eq!(shop.get(&location).await.json()["title"], "Big teapot");
    let nothing = shop.request("PATCH", "/api/v1/products/kettle").admin().json(&change).answer().await;
    assert_eq!(nothing.status, 404, "products are changed by id");
}

#[tokio::test]
async fn the_merchants_refusals_are_told() {
    let shop = Shop::open();
    for (slug, status, code, pointer) in
        [("taken", 409, "slug-taken", "/slug"), ("negative", 422, "invalid-body", "/variants/0/price/amount")]
    {
        let mut product = new_product();
        product["slug"] = json!(slug);
        let answer = shop.request("POST", "/api/v1/products").admin().json(&product).answer().await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code));
        assert_eq!(answer.pointers(), [pointer]);
    }
}

#[tokio::test]
async fn collections_and_media() {
    let shop = Shop::open();
    let collections: CollectionList = shop.get("/api/v1/collections").await.read();
    assert_eq!(collections.data[0].products, 2);
    for _ in 0..2 {
        let picture = shop.get("/media/abc1.svg").await;
        assert_eq!((picture.status, picture.header("content-type")), (200, "image/svg+xml"));
        assert_eq!(picture.header("cache-control"), "public, max-age=31536000, immutable");
        assert!(picture.header("content-security-policy").contains("sandbox"));
        assert_eq!(picture.headers.get_all("content-security-policy").iter().count(), 1);
    }
    for file in ["none.svg", "..%2f..%2fetc%2fpasswd", "ABC1.svg", "%FF"] {
        let missing = shop.get(&format!("/media/{file}")).await;
        assert_eq!((missing.status, missing.code().as_str()), (404, "not-found"), "{file}");
    }
}

#[tokio::test]
async fn a_change_is_acknowledged_when_orders_follow_it_and_accepted_when_they_do_not() {
    let shop = Shop::open();
    let change = || {
        let path = format!("/api/v1/products/{}", product_id(1));
        shop.request("PATCH", &path).json(&json!({"title": "Kettle, large"})).admin().answer()
    };
    let create = |slug: &str| {
        let mut product = new_product();
        product["slug"] = json!(slug);
        shop.request("POST", "/api/v1/products").json(&product).admin().answer()
    };
    assert_eq!((change().await.status, create("one").await.status), (200, 201));
    assert_eq!(*shop.desk.copied.lock().unwrap(), [product_id(1), product_id(9)]);

    shop.desk.copies_fail.store(true, SeqCst);
    let (changed, created) = (change().await, create("two").await);
    assert_eq!((changed.status, created.status), (202, 202));
    assert_eq!(changed.header("location"), format!("/api/v1/products/{}", product_id(1)));
    assert_eq!(created.read::<SavedProductResource>().product.slug.as_str(), "two");
}
