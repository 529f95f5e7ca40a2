//! The shop's pages: what a shopper sees, rendered on the server.
//!
//! It owns no data. Handlers in `pages` ask the services and fill [`views`]; [`theme`] turns a view into HTML. What is
//! the same for everybody is kept as finished pages, which events purge; an order's page follows its status by
//! the same events.
//!
//! | module | for |
//! |---|---|
//! | [`views`] | one struct per page with everything that the page shows, already in words |
//! | [`theme`] | the templates, the stylesheet, the script |
//! | `pages` | the handlers: `browse`, `checkout` with its `form`, `order`, `beside` (mailbox, API) |
//! | `words` | amounts, stock, options and statuses as a shopper reads them |
//! | `live` | who follows which order |
//! | `refusal` | the page for whatever cannot be answered |
//!
//! A new page is a struct in `views`, a template in `templates/`, a handler in `pages`, a line in
//! [`Storefront::router`], and a line in `examples/preview`, which draws every page with sample data.

mod live;
mod pages;
mod prose;
mod refusal;
mod settings;
pub mod theme;
pub mod views;
mod words;

use std::{sync::Arc, time::Duration};

use axum::{
    middleware,
    routing::{get, post},
};
use bus::Bus;
use http::Method;
use message::{Fault, Request};
use order_contract::{
    OrderCancelled, OrderConfirmed, OrderDelivered, OrderProcessing, OrderRefunded, OrderShipped, OrderStatus,
};
use product_contract::{AvailabilityChanged, ProductChanged, ProductId};
use web::{
    guard::{self, Guard},
    page::{PageCache, PageResponse, RenderedPage},
    security,
    serve::Head,
    sse::Streams,
};

pub use settings::Settings;

use crate::{
    live::{Change, Live},
    refusal::Refusal,
    theme::Theme,
    views::{Link, Site, View},
};

/// The name of the service that purges this storefront's pages and tells open pages what happens.
pub const NAME: &str = "storefront";

/// The shop's pages. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Storefront(Arc<Shop>);

/// What all handlers share.
struct Shop {
    bus: Bus,
    settings: Settings,
    openapi: serde_json::Value,
    theme: Theme,
    pages: PageCache,
    live: Live,
    streams: Streams,
}

impl Storefront {
    /// A storefront that asks its services over `bus` and shows `openapi` at `/api/docs`.
    ///
    /// Fails if the theme is broken, which the tests of this crate would have shown.
    pub fn new(bus: Bus, settings: Settings, openapi: serde_json::Value) -> Result<Self, Fault> {
        let headers = security::SecurityHeaders::for_pages().to_map();
        Ok(Self(Arc::new(Shop {
            bus,
            openapi,
            theme: Theme::new(&headers)?,
            pages: PageCache::new(NAME, &settings.tags, settings.pages, headers),
            live: Live::default(),
            streams: Streams::new(settings.most_streams, settings.stop.clone()),
            settings,
        })))
    }

    /// All pages, ready to be merged with the routes of other edges: its fallback answers what nobody knows.
    pub fn router(&self) -> axum::Router {
        let routes = axum::Router::new()
            .route("/", get(pages::browse::home))
            .route("/products", get(pages::browse::list))
            .route("/products/{slug}", get(pages::browse::product))
            .route("/checkout", get(pages::checkout::show))
            .route("/checkout", post(pages::checkout::place))
            .route("/orders/{id}", get(pages::order::show))
            .route("/orders/{id}/events", get(pages::order::events))
            .route("/mailbox", get(pages::beside::mailbox))
            .route("/mailbox/{id}", get(pages::beside::mail))
            .route("/mailbox/{id}/html", get(pages::beside::mail_html))
            .route("/api/docs", get(pages::beside::api_docs))
            .fallback(refusal::not_found)
            .with_state(self.clone())
            .merge(self.0.theme.assets().router());
        let routes = self.0.settings.orders.around(routes, &Method::POST, "/checkout");
        let routes = routes.layer(middleware::from_fn(security::refuse_cross_site));
        Guard::new(self.0.bus.ids().clone(), security::SecurityHeaders::for_pages())
            .around(routes)
            .layer(middleware::from_fn_with_state(self.clone(), refusal::draw))
    }

    /// Mount it, so that changes are not hidden by old pages and open pages hear of them.
    pub fn service(&self) -> bus::Router<Self> {
        use OrderStatus::{Cancelled, Confirmed, Delivered, Processing, Refunded, Shipped};
        let tell = |shop: &Self, id, version, status| shop.0.live.tell(id, Change::new(version, status));
        bus::Router::new(NAME, self.clone())
            .listen_for_gaps(|shop: &Self| {
                shop.0.settings.tags.purge_all();
                shop.0.live.let_go();
            })
            .listen(|shop: &Self, event: ProductChanged| {
                shop.purge(event.product.id);
                // Lists may have gained it, lost it or show it elsewhere.
                shop.0.settings.tags.purge(PRODUCTS);
                shop.0.settings.tags.purge(&shelf_tag(event.product.collection.as_str()));
            })
            .listen(|shop: &Self, event: AvailabilityChanged| {
                event.products.into_iter().for_each(|id| shop.purge(id));
            })
            .listen(move |shop, event: OrderConfirmed| {
                tell(shop, event.order.id, event.order.version, Confirmed);
            })
            .listen(|shop: &Self, event: OrderCancelled| {
                let change = Change { reason: Some(event.reason), ..Change::new(event.version, Cancelled) };
                shop.0.live.tell(event.id, change);
            })
            .listen(move |shop, event: OrderProcessing| tell(shop, event.id, event.version, Processing))
            .listen(move |shop, event: OrderShipped| tell(shop, event.id, event.version, Shipped))
            .listen(move |shop, event: OrderDelivered| tell(shop, event.id, event.version, Delivered))
            .listen(move |shop, event: OrderRefunded| tell(shop, event.id, event.version, Refunded))
    }

    /// For [`web::serve::Server::fast_path`]: finished pages and the theme's files, ahead of the router.
    pub fn fast_path(&self) -> impl Fn(&Head<'_>) -> Option<PageResponse> + Clone + Send + Sync + 'static {
        let (pages, assets) = (self.0.pages.clone(), self.0.theme.assets().clone());
        move |head| pages.answer(head).or_else(|| assets.answer(head))
    }

    fn purge(&self, id: ProductId) {
        self.0.settings.tags.purge(&product_tag(id));
    }

    /// Asks a service as part of the request that is being answered.
    async fn ask<R: Request>(&self, request: &R) -> Result<R::Reply, R::Error> {
        self.0.bus.ask_with(guard::headers(self.0.bus.ids()), request).await
    }

    /// Like [`Storefront::ask`], for whoever has something to show also without an answer.
    async fn ask_briefly<R: Request>(&self, request: &R) -> Result<R::Reply, R::Error> {
        let mut headers = guard::headers(self.0.bus.ids());
        headers.deadline = Some(self.0.bus.now().after(BRIEFLY));
        self.0.bus.ask_with(headers, request).await
    }

    /// The page, drawn; `path` tells which of the header's links leads to itself.
    fn draw<V: View>(&self, path: &str, page: &V) -> Result<RenderedPage, Refusal> {
        Ok(RenderedPage::html(self.0.theme.render(&self.site(path), page)?))
    }

    fn site(&self, path: &str) -> Site {
        let settings = &self.0.settings;
        let mut nav = vec![Link::new("Everything", "/products")];
        if settings.mailbox {
            nav.push(Link::new("Mailbox", "/mailbox"));
        }
        nav.push(Link::new("API", "/api/docs"));
        let footer = nav.clone();
        for link in &mut nav {
            link.current = link.href == path;
        }
        let (name, tagline, notice) =
            (settings.name.clone(), settings.tagline.clone(), settings.notice.clone());
        Site { name, tagline, nav, footer, notice }
    }
}

/// How long an order that is known to be accepted is asked for: it may be that nobody is there to place it.
const BRIEFLY: Duration = Duration::from_secs(1);

/// The tag of every page that depends on which products there are.
const PRODUCTS: &str = "products";

/// The tag of pages that show a product.
fn product_tag(id: ProductId) -> String {
    format!("product:{id}")
}

/// The tag of pages that show what else stands on a shelf.
fn shelf_tag(collection: &str) -> String {
    format!("collection:{}", words::encoded(collection))
}
