//! The HTTP API: what programs buy, sell and stock through.
//!
//! It owns no data. It reads what clients send into the contracts' types, asks the services, and writes their answers;
//! what shoppers read is answered from finished pages, which events purge.
//!
//! | module | for |
//! |---|---|
//! | `routes` | the table of all operations, from which the router, the OpenAPI document and the walk of the tests are made |
//! | [`operation`] | what an operation is |
//! | `products`, `files` | the catalogue: cached pages, and writing for the merchant |
//! | `orders`, `payments`, `stock` | placing, reading and moving orders; the ways to pay; counting stock |
//! | `shop` | what the merchant says of the shop |
//! | `health` | what the machinery asks: health and metrics |
//! | `dead_letters` | messages that services gave up |
//! | `access`, `path`, `query`, `body` | what handlers take, and the explanation of everything that is wrong with it |
//! | `answer`, [`problems`] | what handlers give, and the codes of this API's refusals |
//! | `near` | the path that was meant, when there is nothing at the one that was asked for |
//! | [`resources`] | what HTTP shows otherwise than the contracts |
//! | `openapi` | the API's document |
//!
//! # A new operation
//!
//! Write its handler in its resource's module: the types of what it takes and gives are what the document says of it. Give
//! it a line in that module's `operations()`: its method, its path, its names, and the refusals that its service gives.

mod access;
mod answer;
mod body;
mod dead_letters;
mod files;
mod health;
mod near;
mod openapi;
pub mod operation;
mod orders;
mod path;
mod payments;
pub mod problems;
mod products;
mod query;
pub mod resources;
mod routes;
mod shop;
mod stock;
// new-service: mod {{names}};

use std::{sync::Arc, time::Duration};

use bus::Bus;
use cache::{CacheLimits, Tags};
use edge_common::{decided, deferred::OrderIntake, payments::PaymentProviders, shop::ShopCopy, tags};
use futures::future::BoxFuture;
use http::Method;
use message::Request;
use order_contract::{DeferralPolicy, OrderSecret};
use payment_contract::PaymentProvider;
use product_contract::ProductId;
use serde_json::Value;
use web::{
    cors::AllowedOrigins,
    guard::Guard,
    limit::RateLimit,
    page::{PageCache, PageResponse},
    security,
    serve::Head,
};

pub use access::AdminKey;
pub use openapi::openapi;
pub use routes::operations;

use crate::orders::InFlight;

/// The name of the service that purges this gateway's pages.
pub const NAME: &str = "gateway";

/// What a gateway is told at its start.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The key of the merchant.
    pub admin_key: AdminKey,
    /// What order tokens are made from; the same as the order service's.
    pub secret: OrderSecret,
    /// When orders are accepted without waiting until they are placed.
    pub intake: DeferralPolicy,
    /// The payment providers that are listed until `payment` has answered.
    pub providers: Vec<PaymentProvider>,
    /// The process's copy of the shop's settings.
    pub shop: ShopCopy,
    /// The process's registry of tags.
    pub tags: Tags,
    /// How much of products, lists and documents is kept as finished pages.
    pub pages: CacheLimits,
    /// How much of the media is.
    pub media: CacheLimits,
    /// How often one client may place an order.
    pub orders: RateLimit,
    /// The services whose dead letters are shown.
    pub services: Vec<String>,
    /// The origins whose pages may use the API in a browser.
    pub origins: AllowedOrigins,
}

impl Settings {
    /// 32 MiB of pages and 16 MiB of media, kept for ten minutes unless purged; as many orders as
    /// anybody likes; no providers before `payment` has answered; no service's dead letters; no other origins.
    pub fn new(admin_key: AdminKey, secret: OrderSecret, shop: ShopCopy, tags: Tags) -> Self {
        let limits = |mib: u64| CacheLimits { max_bytes: mib << 20, time_to_live: Duration::from_mins(10) };
        Self {
            admin_key,
            secret,
            intake: DeferralPolicy::default(),
            providers: Vec::new(),
            shop,
            tags,
            pages: limits(32),
            media: limits(16),
            orders: RateLimit::off(),
            services: Vec::new(),
            origins: AllowedOrigins::default(),
        }
    }
}

/// What only the application knows.
#[derive(Clone)]
pub struct Hooks {
    /// Whether this process can serve, and the same in detail.
    pub ready: Arc<dyn Fn() -> BoxFuture<'static, (bool, Value)> + Send + Sync>,
    /// The metrics in Prometheus's text format.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
}

/// The HTTP API. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Gateway(Arc<Inner>);

struct Inner {
    bus: Bus,
    admin_key: AdminKey,
    intake: OrderIntake,
    providers: PaymentProviders,
    shop: ShopCopy,
    tags: Tags,
    pages: PageCache,
    media: PageCache,
    orders: RateLimit,
    services: Vec<String>,
    origins: AllowedOrigins,
    in_flight: InFlight,
    hooks: Hooks,
}

impl Gateway {
    /// A gateway that asks its services over `bus`.
    pub fn new(bus: Bus, settings: Settings, hooks: Hooks) -> Self {
        let Settings {
            admin_key,
            secret,
            intake,
            providers,
            shop,
            tags,
            pages,
            media,
            orders,
            services,
            origins,
        } = settings;
        let headers = security::SecurityHeaders::for_api().to_map();
        Self(Arc::new(Inner {
            pages: PageCache::new("gateway", &tags, pages, headers.clone()),
            media: PageCache::new("media", &tags, media, headers),
            orders,
            in_flight: InFlight::default(),
            services,
            origins,
            intake: OrderIntake::new(bus.clone(), intake, secret),
            providers: PaymentProviders::new(bus.clone(), providers),
            bus,
            shop,
            admin_key,
            tags,
            hooks,
        }))
    }

    /// All routes, ready to be merged with those of other edges: it has no fallback, but answers for everything below
    /// `/api` and `/health` that no other edge has a route for.
    pub fn router(&self) -> axum::Router {
        let guard = Guard::new(self.0.bus.ids().clone(), security::SecurityHeaders::for_api());
        let routes = routes::router().with_state(self.clone());
        let limited = |routes, path| self.0.orders.around(routes, &Method::POST, path);
        // Paying again tries a card as placing does.
        let paths = ["/api/v1/orders", "/api/v1/orders/find", "/api/v1/orders/{id}/payments"];
        let routes = paths.into_iter().fold(routes, limited);
        self.0.origins.around(guard.around(routes))
    }

    /// The service to mount: it purges pages that changed.
    pub fn service(&self) -> bus::Router<()> {
        self.0.shop.follow(tags::purge_on_events(bus::Router::new(NAME, ()), &self.0.tags))
    }

    /// For [`web::serve::Server::fast_path`]: finished pages, ahead of the router.
    pub fn fast_path(&self) -> impl Fn(&Head<'_>) -> Option<PageResponse> + Clone + Send + Sync + 'static {
        let Inner { pages, media, origins, .. } = &*self.0;
        let (pages, media, origins) = (pages.clone(), media.clone(), origins.clone());
        move |head| {
            let path = head.uri.path();
            if path.starts_with("/api/") {
                let mut answer = pages.answer(head)?;
                origins.add_to(answer.headers_mut(), head.headers);
                Some(answer)
            } else if path.starts_with("/media/") {
                media.answer(head)
            } else {
                None
            }
        }
    }

    /// Asks a service as part of the request that is being answered.
    async fn ask<R: Request>(&self, request: &R) -> Result<R::Reply, R::Error> {
        edge_common::ask(&self.0.bus, request).await
    }

    /// Before a change of a product is acknowledged: from then on orders shall be decided by it, and pages of this process
    /// show it. In this order, so that no page shows for long what orders do not follow. Returns whether orders follow.
    async fn changed(&self, id: ProductId) -> bool {
        let orders_follow = decided::orders_follow(&self.0.bus, &[id]).await;
        tags::purge_product(&self.0.tags, id);
        orders_follow
    }
}
