//! Back at the form after an order, over real sockets.

use reqwest::StatusCode;

use crate::{
    form::{form, open, post, variant},
    stand_in::client,
};

#[tokio::test]
async fn back_at_the_form_the_order_is_named() {
    let shop = open();
    let fields = form(&shop, "band-mug", 2).await;
    let placed = post(&shop, &fields).await;
    let order = placed.headers()["location"].to_str().unwrap().to_owned();
    let cookie = placed.headers()["set-cookie"].to_str().unwrap();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("Path=/checkout") && cookie.contains("Max-Age=900")
    );
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let get = |slug: &str, more: &str| {
        let variant = variant(&shop, slug, 0);
        let url = format!("{}/checkout?product={slug}&variant={variant}&quantity=2{more}", shop.url);
        client().get(url).header("cookie", &cookie)
    };
    let page = get("band-mug", "").send().await.unwrap();
    assert_eq!(
        (page.status(), &page.headers()["cache-control"]),
        (StatusCode::OK, &"no-store".parse().unwrap())
    );
    let page = page.text().await.unwrap();
    assert!(page.contains("You have just ordered this") && page.contains("order 1000"), "{page}");
    assert!(page.contains(&format!("href=\"{order}\"")) && !page.contains("Place order"), "{page}");
    for (slug, more) in [("band-mug", "&again=1"), ("market-bag", "")] {
        let page = get(slug, more).send().await.unwrap().text().await.unwrap();
        assert!(page.contains("Place order"), "{slug}{more}");
    }
    let id = order.strip_prefix("/orders/").unwrap().split_once('?').unwrap().0.parse().unwrap();
    shop.world.lock().orders.get_mut(&id).unwrap().order.status = order_contract::OrderStatus::Cancelled;
    let page = get("band-mug", "").send().await.unwrap().text().await.unwrap();
    assert!(page.contains("Place order"), "an order that came to nothing is no reason to stop");
}
