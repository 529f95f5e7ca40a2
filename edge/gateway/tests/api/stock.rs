//! Reading and adjusting stock.

use order_contract::StockReport;
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
