//! Dead letters, where no service answers for its own; with real services the program's tests try them.

use crate::{Send as _, Shop};

const NOBODYS: &str = "/api/v1/dead-letters/order.msg_01jfz3m8qkexvrz7n2dq4w9s6x";

#[tokio::test]
async fn a_service_that_does_not_answer_is_named() {
    let shop = Shop::open();
    let list: gateway::resources::DeadLetterList =
        shop.request("GET", "/api/v1/dead-letters").admin().answer().await.read();
    assert!(list.data.is_empty() && list.next_cursor.is_none());
    assert_eq!(list.missing, ["product", "order"]);
    let one = shop.request("GET", NOBODYS).admin().answer().await;
    assert_eq!((one.status, one.code().as_str()), (500, "internal"));
}

#[tokio::test]
async fn they_are_for_the_merchant_alone() {
    let shop = Shop::open();
    for (method, path) in [
        ("GET", "/api/v1/dead-letters".to_owned()),
        ("GET", NOBODYS.to_owned()),
        ("DELETE", NOBODYS.to_owned()),
        ("POST", format!("{NOBODYS}/replay")),
    ] {
        let answer = shop.request(method, &path).answer().await;
        assert_eq!((answer.status, answer.code().as_str()), (401, "unauthorized"), "{method} {path}");
    }
}

#[tokio::test]
async fn what_names_no_dead_letter_is_not_found() {
    let shop = Shop::open();
    for id in [
        "order",
        "order.",
        "order.7",
        "msg_01jfz3m8qkexvrz7n2dq4w9s6x",
        "boats.msg_01jfz3m8qkexvrz7n2dq4w9s6x",
    ] {
        for (method, end) in [("GET", ""), ("DELETE", ""), ("POST", "/replay")] {
            let answer =
                shop.request(method, &format!("/api/v1/dead-letters/{id}{end}")).admin().answer().await;
            assert_eq!((answer.status, answer.code().as_str()), (404, "not-found"), "{method} {id}");
        }
    }
    let wrong = shop.request("GET", "/api/v1/dead-letters?cursor=7&limit=0").admin().answer().await;
    assert_eq!((wrong.status, wrong.pointers()), (422, vec!["?cursor".to_owned(), "?limit".to_owned()]));
}
