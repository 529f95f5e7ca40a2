//! The shop's pages: what a shopper sees, rendered on the server.
//!
//! It owns no data. Handlers in `pages` ask the services and fill [`views`]; [`theme`] renders a view as HTML. A page
//! that is the same for everybody is rendered once and cached until an event purges it. An order's page follows its
//! status by the same events.
//!
//! | module | for |
//! |---|---|
//! | [`views`] | one struct per rendered page with everything that it shows, already in words |
//! | [`theme`] | the templates, the stylesheet, the script |
//! | `pages` | the handlers: `browse`, `product`, `checkout` with its `form`, `order`, `find`, `mailbox`, `api_docs` |
//! | `choices`, `variant_table`, `swatches` | what a product's variants are chosen by |
//! | `words`, `standing` | amounts, stock and options, and how an order stands, as a shopper reads them |
//! | `order_feeds` | the pages that follow an order's status |
//! | `api_docs`, `prose` | the API's document in words |
//! | `refusal` | the page for a request that cannot be answered |
//! | `spelling` | paths that are nearly right |
//!
//! A new page is a struct in `views`, a template in `templates/`, a handler in `pages`, a line in
//! [`Storefront::router`], and a line in `examples/preview`, which renders every page with sample data.

mod api_docs;
mod choices;
mod destinations;
mod order_feeds;
mod pages;
mod prose;
mod refusal;
mod settings;
mod spelling;
mod standing;
mod swatches;
pub mod theme;
mod variant_table;
pub mod views;
mod words;

use std::sync::Arc;

use axum::{
    middleware,
    routing::{get, post},
};
use bus::Bus;
use edge_common::{deferred::OrderIntake, paths, payments::PaymentProviders, tags};
use message::{Fault, Request};
use order_contract::{
    OrderCancelled, OrderConfirmed, OrderDelivered, OrderPaymentFailed, OrderProcessing, OrderRefunded,
    OrderShipped, OrderStatus,
};
use web::{
    compress,
    guard::Guard,
    page::{PageCache, PageResponse, RenderedPage},
    security,
    serve::Head,
    sse::Streams,
};

pub use destinations::Destination;
pub use settings::Settings;
use shop_contract::ShopSettings;

use crate::{
    order_feeds::{OrderFeeds, StatusChange},
    refusal::Refusal,
    theme::Theme,
    views::{Link, Site, View},
};

/// The name of the service that purges this storefront's pages and updates open order pages.
pub const NAME: &str = "storefront";

/// The shop's pages. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Storefront(Arc<Inner>);

/// What all handlers share.
struct Inner {
    bus: Bus,
    settings: Settings,
    openapi: serde_json::Value,
    theme: Theme,
    pages: PageCache,
    intake: OrderIntake,
    providers: PaymentProviders,
    order_feeds: OrderFeeds,
    streams: Streams,
}

impl Storefront {
    /// A storefront that asks its services over `bus` and shows `openapi` at `/api/docs`.
    ///
    /// Fails if the theme is broken, which the tests of this crate would have shown.
    pub fn new(bus: Bus, settings: Settings, openapi: serde_json::Value) -> Result<Self, Fault> {
        let headers = security::SecurityHeaders::for_pages().to_map();
        Ok(Self(Arc::new(Inner {
            intake: OrderIntake::new(bus.clone(), settings.intake, settings.secret.clone()),
            providers: PaymentProviders::new(bus.clone(), settings.providers.clone()),
            bus,
            openapi,
            theme: Theme::new(&headers)?,
            pages: PageCache::new(NAME, &settings.tags, settings.pages, headers),
            order_feeds: OrderFeeds::default(),
            streams: Streams::new(settings.most_streams, settings.stop.clone()),
            settings,
        })))
    }

    /// All pages, ready to be merged with the routes of other edges: its fallback answers unknown paths.
    pub fn router(&self) -> axum::Router {
        let routes = axum::Router::new()
            .route("/", get(pages::browse::home))
            .route("/products", get(pages::browse::list))
            .route("/products/{slug}", get(pages::product::show))
            .route("/checkout", get(pages::checkout::show))
            .route("/checkout", post(pages::checkout::place))
            .route("/orders/find", get(pages::find::show).post(pages::find::send))
            .route("/orders/{id}", get(pages::order::show))
            .route("/orders/{id}/events", get(pages::order::events))
            .route("/orders/{id}/mails", get(pages::mailbox::of_order))
            .route("/orders/{id}/payments", post(pages::order::pay))
            .route("/orders/{id}/cancel", post(pages::order::cancel))
            .route("/mailbox", get(pages::mailbox::list))
            .route("/mailbox/{id}", get(pages::mailbox::show))
            .route("/mailbox/{id}/html", get(pages::mailbox::show_html))
            .route("/api/docs", get(pages::api_docs::show))
            .route("/problems", get(pages::problems::list))
            .route("/problems/{code}", get(pages::problems::one))
            // new-service: .route("/{{names}}/{id}", get(pages::{{name}}::show))
            .fallback(refusal::not_found)
            .with_state(self.clone())
            .merge(self.0.theme.assets().router());
        let routes = routes.layer(middleware::from_fn(security::refuse_cross_site));
        let routes = Guard::new(self.0.bus.ids().clone(), security::SecurityHeaders::for_pages())
            .around(routes)
            .layer(middleware::from_fn_with_state(self.clone(), refusal::render));
        spelling::around(routes).layer(middleware::from_fn(compress::responses))
    }

    /// The service to mount: it purges pages that changed and updates open order pages.
    pub fn service(&self) -> bus::Router<Self> {
        use OrderStatus::{Cancelled, Confirmed, Delivered, Processing, Refunded, Shipped};
        let publish = |storefront: &Self, id, version, status| {
            storefront.0.order_feeds.publish(id, StatusChange::new(version, status));
        };
        let router = tags::purge_on_events(bus::Router::new(NAME, self.clone()), &self.0.settings.tags);
        self.0
            .settings
            .shop
            .follow(router)
            .listen_for_gaps(|storefront: &Self| storefront.0.order_feeds.close_all())
            .listen(move |storefront, event: OrderConfirmed| {
                publish(storefront, event.order.id, event.order.version, Confirmed);
            })
            .listen(|storefront: &Self, event: OrderCancelled| {
                let reason = Some(event.reason);
                let change = StatusChange { reason, ..StatusChange::new(event.version, Cancelled) };
                storefront.0.order_feeds.publish(event.id, change);
            })
            .listen(|storefront: &Self, event: OrderPaymentFailed| {
                let change = StatusChange {
                    payment_failed: true,
                    ..StatusChange::new(event.order.version, event.order.status)
                };
                storefront.0.order_feeds.publish(event.order.id, change);
            })
            .listen(move |it, event: OrderProcessing| publish(it, event.id, event.version, Processing))
            .listen(move |it, event: OrderShipped| publish(it, event.id, event.version, Shipped))
            .listen(move |it, event: OrderDelivered| publish(it, event.id, event.version, Delivered))
            .listen(move |it, event: OrderRefunded| publish(it, event.id, event.version, Refunded))
    }

    /// For [`web::serve::Server::fast_path`]: cached pages and the theme's files, ahead of the router.
    pub fn fast_path(&self) -> impl Fn(&Head<'_>) -> Option<PageResponse> + Clone + Send + Sync + 'static {
        let (pages, assets) = (self.0.pages.clone(), self.0.theme.assets().clone());
        move |head| pages.answer(head).or_else(|| assets.answer(head))
    }

    async fn ask<R: Request>(&self, request: &R) -> Result<R::Reply, R::Error> {
        edge_common::ask(&self.0.bus, request).await
    }

    /// What the merchant says of the shop, as this process last knew it.
    fn shop(&self) -> Arc<ShopSettings> {
        self.0.settings.shop.known()
    }

    /// Renders the page at `path`, which is marked in the header's links.
    fn render<V: View>(&self, path: &str, view: &V) -> Result<RenderedPage, Refusal> {
        Ok(RenderedPage::html(self.0.theme.render(&self.site(path), view)?).tag(tags::SHOP))
    }

    fn site(&self, path: &str) -> Site {
        let shop = self.shop();
        let everything = Link::new("Everything", "/products");
        let nav = vec![Link { current: everything.href == path, ..everything.clone() }];
        let footer = vec![everything, Link::new("Find my order", "/orders/find")];
        let mailbox = self.0.settings.mailbox.then(|| Link::new("Mailbox", "/mailbox"));
        let developer = mailbox.into_iter().chain([Link::new("API", "/api/docs")]);
        // They belong to the sample shop's notice; a notice of the merchant's stands alone.
        let is_sample = !shop.set.iter().any(|name| name == "notice");
        let legal =
            shop.legal_links.iter().map(|link| Link::new(link.title.to_string(), link.href.to_string()));
        Site {
            name: shop.name.to_string(),
            tagline: shop.tagline.to_string(),
            logo: shop.logo.as_ref().map(paths::media),
            nav,
            footer,
            legal: legal.collect(),
            texts: shop.footer.iter().map(ToString::to_string).collect(),
            notice: shop.notice.to_string(),
            developer: developer.filter(|_| is_sample).collect(),
        }
    }
}
