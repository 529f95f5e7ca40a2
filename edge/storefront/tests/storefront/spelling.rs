//! Paths that are nearly right lead to the one right path; what a problem's `type` leads to is a page.

use message::{Clock, IdSource};
use product_contract::ProductStatus;
use reqwest::{Client, StatusCode, redirect::Policy};

use crate::{
    form::{open, placed},
    stand_in::{Shop, goods::product},
};

fn ids() -> IdSource {
    IdSource::random(Clock::system())
}

/// A client that follows nothing.
fn client() -> Client {
    Client::builder().redirect(Policy::none()).build().unwrap()
}

#[tokio::test]
async fn what_is_nearly_right_leads_to_the_right_path() {
    let ids = ids();
    let first = product(&ids, "first", "The first", "Desk & more", &[(&[], 100, 3)]);
    let mut draft = product(&ids, "secret", "A secret", "Desk & more", &[(&[], 100, 3)]);
    draft.status = ProductStatus::Draft;
    let id = first.id;
    let shop = Shop::open(vec![first, draft]);
    for (path, right) in [
        ("/products/", "/products"),
        ("/PRODUCTS", "/products"),
        ("/products/first/", "/products/first"),
        ("/products/First", "/products/first"),
        ("/products/first.", "/products/first"),
        ("/products/first)", "/products/first"),
        ("/products/first).", "/products/first"),
        ("/products/first%5D", "/products/first"),
        ("/products/first%E2%80%9D", "/products/first"),
        ("/products//first", "/products/first"),
        ("/products/first/?utm=Mail", "/products/first?utm=Mail"),
        ("/products/?collection=Desk%20%26%20more", "/products?collection=Desk%20%26%20more"),
        ("/products?collection=Desk%20%26%20more)", "/products?collection=Desk%20%26%20more"),
        ("/mailbox/", "/mailbox"),
        ("/api/docs/", "/api/docs"),
        ("/API/Docs", "/api/docs"),
        ("/problems/Not-Found/", "/problems/not-found"),
        (&format!("/products/{id}/"), "/products/first"),
    ] {
        for request in
            [client().get(format!("{}{path}", shop.url)), client().head(format!("{}{path}", shop.url))]
        {
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::PERMANENT_REDIRECT, "{path}");
            assert_eq!(answer.headers()["location"], right, "{path}");
            assert!(answer.headers().contains_key("content-security-policy"), "{path}");
            assert_eq!(answer.text().await.unwrap(), "");
        }
    }
    for path in [
        "/products/second/",
        "/products/SECRET",
        "/Nothing",
        "//evil.example/",
        "/products/%ff/",
        "/products/%zz)",
    ] {
        let answer = client().get(format!("{}{path}", shop.url)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        assert!(answer.text().await.unwrap().contains("There is nothing at this address"), "{path}");
    }
    // What changes something is not sent elsewhere.
    let posted = client().post(format!("{}/checkout/", shop.url)).send().await.unwrap();
    assert_eq!(posted.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_order_is_found_though_its_link_was_pasted_with_a_bracket() {
    let shop = open();
    let (location, _) = placed(&shop).await;
    let path = location.strip_prefix(&shop.url).unwrap_or(&location);
    for pasted in [format!("{path})"), format!("{path}."), format!("{path}%3E"), path.replace('?', "/?")] {
        let answer = client().get(format!("{}{pasted}", shop.url)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::PERMANENT_REDIRECT, "{pasted}");
        assert_eq!(answer.headers()["location"], path, "{pasted}");
        assert_eq!(answer.headers()["cache-control"], "no-store");
    }
}

#[tokio::test]
async fn every_problem_has_a_page() {
    let shop = Shop::open(Vec::new());
    let list = client().get(format!("{}/problems", shop.url)).send().await.unwrap();
    assert_eq!(list.status(), StatusCode::OK);
    let list = list.text().await.unwrap();
    for code in web::problem::ALL {
        let path = format!("/problems/{}", code.name);
        assert!(list.contains(&format!("href=\"{path}\"")), "{path}");
        // The second time from memory.
        for _ in 0..2 {
            let page = client().get(format!("{}{path}", shop.url)).send().await.unwrap();
            assert_eq!(page.status(), StatusCode::OK, "{path}");
            let page = page.text().await.unwrap();
            assert!(page.contains(code.name) && page.contains(code.status.as_str()), "{path}");
        }
    }
    for path in ["/problems/nothing", "/problems/%ff", "/problems/not-found/x"] {
        let answer = client().get(format!("{}{path}", shop.url)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
    }
}
