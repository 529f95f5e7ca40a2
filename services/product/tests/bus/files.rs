use product_contract::{File, FileKey, GetFile, PutFiles};
use testing::db_test;

use crate::*;

fn svg(inside: &str) -> String {
    format!("<svg xmlns='http://www.w3.org/2000/svg'>{inside}</svg>")
}

#[db_test]
async fn files_are_named_by_their_content_and_stored_once(backend: TestBackend) {
    let shop = shop(&backend).await;
    let svgs: Vec<_> = ["<path d='M0 0'/>", "<text>केतली</text>", "<path d='M0 0'/>"].map(svg).into();
    let keys = shop.ask(&PutFiles { svgs: svgs.clone() }).await.unwrap();
    assert_eq!(keys[0], keys[2]);
    assert_ne!(keys[0], keys[1]);
    assert_eq!(keys[0].0, "fe2a75dbc8a01955a8bb3d64604d6598400453019ec019bc02b96788a432e1cd.svg");
    assert_eq!(shop.ask(&PutFiles { svgs: svgs.clone() }).await.unwrap(), keys);
    for (key, text) in keys.into_iter().zip(svgs) {
        let file = shop.ask(&GetFile { key }).await.unwrap();
        assert_eq!(file, Some(File { media_type: "image/svg+xml".to_owned(), text }));
    }
    assert_eq!(shop.ask(&PutFiles { svgs: vec![] }).await.unwrap(), []);
}

#[db_test]
async fn what_could_harm_a_shopper_is_refused_with_its_place(backend: TestBackend) {
    let shop = shop(&backend).await;
    let svgs = ["<path/>", "<script>alert(1)</script>", "<path/>", "<path onload='alert(1)'/>"];
    let mut svgs: Vec<_> = svgs.map(svg).into();
    svgs.push(svg(&" ".repeat(64 << 10)));
    svgs.push("no picture".to_owned());
    let refused = shop.ask(&PutFiles { svgs }).await;
    assert_eq!(pointers(refused), ["/svgs/1", "/svgs/3", "/svgs/4", "/svgs/5"]);
    let many = vec![svg(""); 1_001];
    assert_eq!(pointers(shop.ask(&PutFiles { svgs: many }).await), ["/svgs"]);
}

#[db_test]
async fn files_that_are_not_there_are_not_there(backend: TestBackend) {
    let shop = shop(&backend).await;
    let unknown = format!("{}.svg", "0".repeat(64));
    for key in ["", "../product.db", "\u{0}.svg", &unknown, &unknown.to_uppercase()] {
        assert_eq!(shop.ask(&GetFile { key: FileKey(key.to_owned()) }).await.unwrap(), None);
    }
}
