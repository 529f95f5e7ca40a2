//! The shop's API, as a client uses it.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use bytes::Bytes;
use reqwest::{Client, Method, RequestBuilder, header::HeaderMap};
use serde_json::{Value, json};
pub(crate) use testing::until;
use tokio::time::sleep;

/// The time limit for everything that follows from an order.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A shop's API: its URL, and the admin key.
#[derive(Clone)]
pub(crate) struct Api {
    base_url: String,
    admin_key: String,
    client: Client,
}

/// An answer with its whole content.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// A variant's stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stock {
    pub(crate) available: i64,
    pub(crate) reserved: i64,
    pub(crate) sold: i64,
}

/// Sends a request and reads its answer.
pub(crate) trait Ask: Sized {
    /// The answer; panics if there is none.
    async fn answer(self) -> Answer {
        self.try_answer().await.unwrap()
    }

    /// The answer, or the error.
    async fn try_answer(self) -> reqwest::Result<Answer>;
}

impl Ask for RequestBuilder {
    async fn try_answer(self) -> reqwest::Result<Answer> {
        let response = self.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Answer { status, headers, body: response.bytes().await? })
    }
}

impl Answer {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.text()))
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The JSON of an answer that must have this status.
    #[track_caller]
    pub(crate) fn is(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        self.json()
    }

    /// The problem of a refusal, which must have this status and code.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) -> Value {
        let problem = self.is(status);
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status, "{problem}");
        assert_eq!(self.header("content-type"), "application/problem+json");
        problem
    }
}

impl Stock {
    /// The units in total; adjustments alone change it.
    pub(crate) fn sum(&self) -> i64 {
        self.available + self.reserved + self.sold
    }
}

impl Api {
    pub(crate) fn new(base_url: String, admin_key: String) -> Self {
        let client = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_mins(1))
            .build()
            .unwrap();
        Self { base_url, admin_key, client }
    }

    /// The URL without a path.
    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The admin key.
    pub(crate) fn admin_key(&self) -> &str {
        &self.admin_key
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base_url))
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.request(Method::POST, path).json(body)
    }

    /// With the admin key.
    pub(crate) fn admin(&self, request: RequestBuilder) -> RequestBuilder {
        request.bearer_auth(&self.admin_key)
    }

    pub(crate) async fn is_ready(&self) -> bool {
        let request = self.get("/health/ready").timeout(Duration::from_secs(2));
        request.try_answer().await.is_ok_and(|answer| answer.status == 200)
    }

    /// Creates a product with one variant at `price` and this stock, and waits until it can be ordered and shows its
    /// stock. Returns the variant's id.
    pub(crate) async fn sell(&self, slug: &str, price: i64, stock: i64) -> String {
        let product =
            self.admin(self.post("/api/v1/products", &new_product(slug, price))).answer().await.is(201);
        let variant = text(&product["variants"][0]["id"]);
        // There is no stock yet, so this places no order; before the product is known, the refusal differs.
        until("the product can be ordered", || async {
            self.place(&fresh_key(), &basket(&[(&variant, 1)])).await.status == 409
        })
        .await;
        self.adjust(&variant, stock).await.is(201);
        let page = format!("/api/v1/products/{slug}");
        until("the product's page shows its stock", || async {
            self.get(&page).answer().await.is(200)["variants"][0]["available"] == stock
        })
        .await;
        variant
    }

    /// Adds to a variant's stock.
    pub(crate) async fn adjust(&self, variant: &str, delta: i64) -> Answer {
        let body = json!({"delta": delta, "reason": "a test"});
        let request = self.post(&format!("/api/v1/stock/{variant}/adjustments"), &body);
        self.admin(request).header("idempotency-key", fresh_key()).answer().await
    }

    /// A variant's stock as the merchant sees it.
    pub(crate) async fn stock(&self, variant: &str) -> Stock {
        let report = self.admin(self.get(&format!("/api/v1/stock/{variant}"))).answer().await.is(200);
        let count = |field: &str| report[field].as_i64().unwrap();
        Stock { available: count("available"), reserved: count("reserved"), sold: count("sold") }
    }

    pub(crate) fn placing(&self, key: &str, order: &Value) -> RequestBuilder {
        self.post("/api/v1/orders", order).header("idempotency-key", key)
    }

    pub(crate) async fn place(&self, key: &str, order: &Value) -> Answer {
        self.placing(key, order).answer().await
    }

    /// An order as the merchant sees it.
    pub(crate) async fn order(&self, id: &str) -> Value {
        self.admin(self.get(&format!("/api/v1/orders/{id}"))).answer().await.is(200)
    }

    /// Waits until an order is `status`, and returns it.
    pub(crate) async fn until_order_is(&self, id: &str, status: &str) -> Value {
        let began = Instant::now();
        loop {
            let order = self.order(id).await;
            if order["status"] == status {
                return order;
            }
            assert!(began.elapsed() < PATIENCE, "the order is not {status} after {PATIENCE:?}: {order}");
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Every order, newest first; `filter`, such as `&status=pending`, selects some.
    pub(crate) async fn orders(&self, filter: &str) -> Vec<Value> {
        self.list(&format!("/api/v1/orders?limit=100{filter}")).await
    }

    /// Every item of a list, page by page; `path` has a question mark.
    pub(crate) async fn list(&self, path: &str) -> Vec<Value> {
        let (mut items, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.admin(self.get(&format!("{path}{cursor}"))).answer().await.is(200);
            items.extend(page["data"].as_array().unwrap().iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return items,
            }
        }
    }
}

/// An order for this quantity of each of these variants, paid by `tok_ok`.
pub(crate) fn basket(items: &[(&String, i64)]) -> Value {
    let item = |(variant, quantity): &(&String, i64)| json!({"variant_id": variant, "quantity": quantity});
    json!({
        "email": "mira@example.org",
        "items": items.iter().map(item).collect::<Vec<_>>(),
        "shipping_address": {
            "name": "Mira Rao", "line1": "14 Canal Street", "city": "Pune", "region": "MH",
            "postal_code": "411001", "country": "IN",
        },
        "payment": {"provider": "test", "token": "tok_ok"},
    })
}

/// The same order, paid by another token.
pub(crate) fn paid_by(mut order: Value, token: &str) -> Value {
    order["payment"]["token"] = json!(token);
    order
}

/// A product of one variant.
pub(crate) fn new_product(slug: &str, price: i64) -> Value {
    json!({
        "slug": slug, "title": format!("The {slug}"), "description": "A thing.", "collection": "Things",
        "status": "published", "pictures": [],
        "variants": [{"sku": slug.to_uppercase(), "price": {"amount": price, "currency": "INR"}}],
    })
}

/// A new idempotency key.
pub(crate) fn fresh_key() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("test-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A string of an answer.
#[track_caller]
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}
