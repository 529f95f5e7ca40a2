//! Reading and adjusting stock.

use message::{Example as _, ListPage};
use order_contract::{AdjustmentEntry, StockFilter, StockItem, StockReport};
use serde_json::{Value, json};

use crate::{Send as _, Shop, stand_ins::variant_id};

fn path() -> String {
    format!("/api/v1/stock/{}", variant_id(1))
}

#[tokio::test]
async fn everybody_sees_what_is_left_and_the_merchant_where() {
    let shop = Shop::open();
    let brief = shop.get(&path()).await;
    assert_eq!(brief.json(), json!({"variant_id": variant_id(1), "available": 5}));
    let wrong = shop.request("GET", &path()).bearer_auth("wrong").answer().await;
    assert_eq!(wrong.json(), brief.json());
    let full = shop.request("GET", &path()).admin().answer().await;
    assert_eq!(full.read::<StockReport>().locations[0].location.as_str(), "main");
    assert_eq!(shop.get("/api/v1/stock/kettle").await.code(), "not-found");
}

#[tokio::test]
async fn stock_is_adjusted_with_a_key() {
    let shop = Shop::open();
    let adjust = |body: Value| {
        let request = shop.request("POST", &format!("{}/adjustments", path()));
        request.header("idempotency-key", "k1").json(&body)
    };
    let answer = adjust(json!({"delta": 3, "reason": "found"})).admin().answer().await;
    assert_eq!((answer.status, answer.read::<StockReport>().available), (201, 8));
    let asked = shop.desk.adjusted.lock().unwrap().take().unwrap().adjustments.remove(0);
    assert_eq!((asked.key.as_str(), asked.location.as_str(), asked.delta), ("k1", "main", 3));
    adjust(json!({"delta": -3, "reason": "lost", "location": "kochi"})).admin().answer().await;
    let asked = shop.desk.adjusted.lock().unwrap().take().unwrap().adjustments.remove(0);
    assert_eq!((asked.location.as_str(), asked.delta), ("kochi", -3));

    let less = adjust(json!({"delta": -6, "reason": "lost"})).admin().answer().await;
    assert_eq!((less.status, less.code().as_str()), (409, "not-enough-stock"));
    assert_eq!((less.json()["available"].clone(), less.pointers()), (json!(5), vec!["/delta".to_owned()]));
    let reused = adjust(json!({"delta": 1, "reason": "reused"})).admin().answer().await;
    assert_eq!((reused.status, reused.code().as_str()), (422, "idempotency-key-reused"));
    let nowhere = adjust(json!({"delta": 1, "reason": "nowhere"})).admin().answer().await;
    assert_eq!((nowhere.status, nowhere.pointers()), (422, vec!["/location".to_owned()]));
    assert_eq!(adjust(json!({"delta": 1, "reason": "found"})).answer().await.status, 401);
}

#[tokio::test]
async fn a_count_sets_stock_and_one_of_both_is_given() {
    let shop = Shop::open();
    let send = |body: Value| {
        let request = shop.request("POST", &format!("{}/adjustments", path()));
        request.header("idempotency-key", "k1").json(&body).admin().answer()
    };
    for (figure, level) in [(7, 7), (0, 0), (-3, 0)] {
        let answer = send(json!({"set_to": figure, "reason": "counted"})).await;
        assert_eq!((answer.status, answer.read::<StockReport>().available), (201, level));
        let asked = shop.desk.counted.lock().unwrap().take().unwrap().counts.remove(0);
        assert_eq!((asked.key.as_str(), asked.location.as_str(), asked.available), ("k1", "main", figure));
    }
    for (body, pointer) in [
        (json!({"reason": "x"}), "/delta"),
        (json!({"reason": "x", "delta": 1, "set_to": 2}), "/set_to"),
        (json!({"reason": "x", "delta": 0}), "/delta"),
        (json!({"reason": "x", "set_to": 1_000_000_001}), "/set_to"),
        (json!({"reason": "x", "set_to": "7"}), "/set_to"),
    ] {
        let answer = send(body.clone()).await;
        assert_eq!((answer.status, answer.pointers()), (422, vec![pointer.to_owned()]), "{body}");
    }
}

#[tokio::test]
async fn what_does_not_exist_has_no_stock() {
    let shop = Shop::open();
    let path = format!("/api/v1/stock/{}", variant_id(77));
    assert_eq!(shop.get(&path).await.code(), "not-found");
    let request = shop.request("POST", &format!("{path}/adjustments")).header("idempotency-key", "k1");
    let answer = request.json(&json!({"set_to": 1, "reason": "x"})).admin().answer().await;
    assert_eq!((answer.status, answer.code().as_str()), (404, "not-found"));
}

#[tokio::test]
async fn stock_and_its_adjustments_are_listed_for_the_merchant() {
    let shop = Shop::open();
    let list = shop.request("GET", "/api/v1/stock?sku=KETTLE-1&level=low&threshold=3&limit=7").admin();
    let list: ListPage<StockItem> = list.answer().await.read();
    assert_eq!(list.data, [StockItem::example()]);
    let asked = shop.desk.listed_stock.lock().unwrap().take().unwrap();
    assert_eq!((asked.level, asked.threshold, asked.limit.get()), (Some(StockFilter::Low), Some(3), 7));
    // Without a number: the shop's own.
    shop.request("GET", "/api/v1/stock?level=low").admin().answer().await;
    assert_eq!(shop.desk.listed_stock.lock().unwrap().take().unwrap().threshold, Some(5));
    let wrong = shop.request("GET", "/api/v1/stock?level=lots&threshold=-1").admin().answer().await;
    assert_eq!((wrong.status, wrong.pointers()), (422, vec!["?level".to_owned(), "?threshold".to_owned()]));

    let first = shop.request("GET", &format!("{}/adjustments?limit=1", path())).admin().answer().await;
    let next = first.read::<ListPage<AdjustmentEntry>>().next_cursor.unwrap();
    let second = shop.request("GET", &format!("{}/adjustments?cursor={next}", path())).admin();
    assert_eq!(second.answer().await.read::<ListPage<AdjustmentEntry>>().next_cursor, None);
    for path in ["/api/v1/stock".to_owned(), format!("{}/adjustments", path())] {
        assert_eq!(shop.get(&path).await.status, 401);
    }
}
