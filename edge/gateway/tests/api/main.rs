//! The API over real sockets, with stand-ins for the services behind it.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

mod bad_input;
mod catalogue;
mod dead_letters;
mod documentation;
mod finding;
mod media;
mod orders;
mod origins;
mod payments;
mod shop;
mod stand_ins;
mod stock;
// new-service: mod {{names}};

use std::{sync::Arc, time::Duration};

use bus::{Bus, InProcess, Router, Transport as _, layers};
use cache::Tags;
use edge_common::shop::ShopCopy;
use gateway::{AdminKey, Gateway, Hooks, Settings};
use http::HeaderMap;
use message::{Clock, Envelope, Event, Headers, IdSource};
use order_contract::{DeferralPolicy, OrderSecret};
use reqwest::{Method, RequestBuilder, Response};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use shop_contract::ShopSettings;
use tokio_util::sync::{CancellationToken, DropGuard};
use web::{
    limit::RateLimit,
    problem::Members,
    serve::{Server, listen},
};

use crate::stand_ins::{Catalogue, Desk};

pub(crate) const KEY: &str = "the-merchants-key";

/// A gateway on a port of its own, and what stands behind it.
pub(crate) struct Shop {
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) desk: Arc<Desk>,
    address: String,
    client: reqwest::Client,
    transport: Arc<InProcess>,
    bus: Bus,
    ids: IdSource,
    _stop: DropGuard,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Shop {
    pub(crate) fn open() -> Self {
        Self::open_with(true)
    }

    pub(crate) fn open_under(intake: DeferralPolicy) -> Self {
        Self::build(true, |settings| settings.intake = intake)
    }

    pub(crate) fn open_limited(orders: RateLimit) -> Self {
        Self::build(true, |settings| settings.orders = orders)
    }

    pub(crate) fn open_with(is_ready: bool) -> Self {
        Self::build(is_ready, |_| {})
    }

    pub(crate) fn build(is_ready: bool, change: impl FnOnce(&mut Settings)) -> Self {
        let (catalogue, desk) = (Arc::<Catalogue>::default(), Arc::<Desk>::default());
        let transport = InProcess::new();
        let ids = IdSource::random(Clock::system());
        let caller = layers::standard(
            Arc::<InProcess>::clone(&transport),
            Clock::system(),
            layers::RequestLimits::default(),
            layers::Directory::default(),
        );
        let bus = Bus::new(Arc::<InProcess>::clone(&transport), caller, ids.clone(), Duration::from_secs(10));
        let hooks = Hooks {
            ready: Arc::new(move || Box::pin(async move { (is_ready, json!({"order": is_ready})) })),
            metrics: Arc::new(|| "orders_placed_total 1\n".to_owned()),
        };
        let tags = Tags::new();
        let copy = ShopCopy::new(bus.clone(), tags.clone(), ShopSettings::default());
        let mut settings = Settings::new(AdminKey::new(KEY), OrderSecret::new([7; 32]), copy, tags);
        settings.services = ["product", "order"].map(str::to_owned).to_vec();
        change(&mut settings);
        let gateway = Gateway::new(bus.clone(), settings, hooks);
        transport.mount(Arc::new(gateway.service().into_service(bus.clone())));
        let listener = listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let server = Server::new(gateway.router()).fast_path(gateway.fast_path());
        tokio::spawn(server.run([listener], stop.clone()));
        let shop = Self {
            catalogue,
            desk,
            address,
            client: reqwest::Client::new(),
            transport,
            bus,
            ids,
            _stop: stop.drop_guard(),
        };
        shop.mount(stand_ins::product(Arc::clone(&shop.catalogue)));
        shop.mount(stand_ins::order(Arc::clone(&shop.desk)));
        shop
    }

    /// Lets a service answer.
    pub(crate) fn mount<S: std::marker::Send + Sync + 'static>(&self, service: Router<S>) {
        self.transport.mount(Arc::new(service.into_service(self.bus.clone())));
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
        self.client.request(method, format!("{}{path}", self.address))
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.request("GET", path).answer().await
    }

    pub(crate) async fn tell<E: Event>(&self, event: &E) {
        let envelope = Envelope::event(event, Headers::new(self.ids.id()), &self.ids).unwrap();
        self.transport.publish(vec![envelope]).await.unwrap();
    }

    /// An order that says no more than its buyer; the stand-in does what the buyer's name asks for.
    pub(crate) fn place(&self, key: &str, buyer: &str) -> RequestBuilder {
        let mut order = stand_ins::new_order();
        order["email"] = json!(format!("{buyer}@example.org"));
        self.request("POST", "/api/v1/orders").header("idempotency-key", key).json(&order)
    }
}

pub(crate) trait Send {
    async fn answer(self) -> Answer;
    fn admin(self) -> Self;
}

impl Send for RequestBuilder {
    async fn answer(self) -> Answer {
        let response: Response = self.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { status, headers, text: response.text().await.unwrap() }
    }

    fn admin(self) -> Self {
        self.bearer_auth(KEY)
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The body as a documented type, beside which it says nothing.
    pub(crate) fn read<T: Serialize + DeserializeOwned>(&self) -> T {
        let read: T =
            serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text));
        assert_eq!(serde_json::to_value(&read).unwrap(), self.json());
        read
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The problem's code, of which everything else must be right too.
    pub(crate) fn code(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text);
        assert_eq!(self.header("cache-control"), "no-store");
        let problem: Members = serde_json::from_str(&self.text).unwrap();
        assert_eq!(problem.status, self.status);
        assert!(!problem.detail.is_empty() && !problem.title.is_empty());
        assert!(gateway::problems::all().any(|code| code.name == problem.code), "{}", problem.code);
        problem.code
    }

    pub(crate) fn pointers(&self) -> Vec<String> {
        let problem = self.json();
        let errors = problem["errors"].as_array().cloned().unwrap_or_default();
        for error in &errors {
            assert!(!error["detail"].as_str().unwrap().is_empty());
        }
        errors.iter().map(|error| error["pointer"].as_str().unwrap().to_owned()).collect()
    }
}
