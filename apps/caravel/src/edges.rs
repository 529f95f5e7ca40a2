//! The gateway and the storefront, behind one server.

use std::sync::Arc;

use axum::{Router, extract::Request, response::Response};
use edge_common::shop::ShopCopy;
use message::ShortText;
use payment_contract::PaymentProvider;
use runtime::BoxError;
use shop_contract::ShopSettings;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use web::{
    cors::AllowedOrigins,
    page::PageResponse,
    serve::{self, Head, Server},
};

use crate::{parts::Parts, process::Process, services, settings::Settings, shared::Shared, shop::Shop};

/// Mounts the edges among `parts` and returns the server for them; cancelling `streams` ends its streams.
pub(crate) async fn open(
    shop: &Shop,
    parts: &Parts,
    process: &Process,
    streams: CancellationToken,
) -> Result<Server, BoxError> {
    let shared = Shared::start(&shop.settings)?;
    let file = ShopSettings::unset(&[&shop.settings.shop_values()]);
    let copy = ShopCopy::new(shop.bus.clone(), shared.tags.clone(), file);
    copy.refresh().await;
    let gateway = parts.gateway.then(|| open_gateway(shop, process, &shared, copy.clone())).transpose()?;
    let storefront =
        parts.storefront.then(|| open_storefront(shop, &shared, copy.clone(), streams)).transpose()?;
    let router = match (&gateway, &storefront) {
        (Some(gateway), Some(storefront)) => by_path(gateway.router(), storefront.router()),
        (Some(gateway), None) => gateway.router(),
        (None, Some(storefront)) => storefront.router(),
        (None, None) => Router::new(),
    };
    let api = gateway.as_ref().map(gateway::Gateway::fast_path);
    let pages = storefront.as_ref().map(storefront::Storefront::fast_path);
    let fast_path = move |head: &Head<'_>| -> Option<PageResponse> {
        api.as_ref().and_then(|api| api(head)).or_else(|| pages.as_ref().and_then(|pages| pages(head)))
    };
    let limits = serve::ServerLimits {
        connections: shop.settings.web.connections.get(),
        ..serve::ServerLimits::default()
    };
    Ok(Server::new(router).fast_path(fast_path).limits(limits))
}

fn open_gateway(
    shop: &Shop,
    process: &Process,
    shared: &Shared,
    copy: ShopCopy,
) -> Result<gateway::Gateway, BoxError> {
    let health = process.health.clone();
    let metrics = process.metrics.clone();
    let hooks = gateway::Hooks {
        ready: Arc::new(move || {
            let health = health.clone();
            Box::pin(async move {
                let report = health.ready().await;
                (report.is_ok(), serde_json::to_value(&report).unwrap_or_default())
            })
        }),
        metrics: Arc::new(move || metrics.render()),
    };
    let admin_key = gateway::AdminKey::new(shop.keys.admin()?.key.expose());
    let settings = gateway::Settings {
        intake: shop.settings.shop.intake,
        orders: shared.orders.clone(),
        origins: AllowedOrigins::new(shop.settings.web.allowed_origins.clone()),
        providers: providers(&shop.settings),
        services: services::names().into_iter().map(str::to_owned).collect(),
        ..gateway::Settings::new(admin_key, shop.keys.secret()?, copy, shared.tags.clone())
    };
    let gateway = gateway::Gateway::new(shop.bus.clone(), settings, hooks);
    shop.host.mount(gateway.service().into_service(shop.bus.clone()));
    Ok(gateway)
}

fn open_storefront(
    shop: &Shop,
    shared: &Shared,
    copy: ShopCopy,
    streams: CancellationToken,
) -> Result<storefront::Storefront, BoxError> {
    let settings = &shop.settings;
    let price_note = if settings.order.tax.prices_include_tax { "tax included" } else { "" };
    let pages = storefront::Settings {
        price_note: price_note.to_owned(),
        mailbox: keeps_mails(settings),
        providers: providers(settings),
        intake: shop.settings.shop.intake,
        orders: shared.orders.clone(),
        problems: gateway::problems::all().collect(),
        ..storefront::Settings::new(copy, shop.keys.secret()?, shared.tags.clone(), streams)
    };
    let storefront = storefront::Storefront::new(shop.bus.clone(), pages, gateway::openapi())?;
    shop.host.mount(storefront.service().into_service(shop.bus.clone()));
    Ok(storefront)
}

/// What the edges show of the payment providers that orders can name, until `payment` has answered.
fn providers(settings: &Settings) -> Vec<PaymentProvider> {
    payment::offers(settings.order.payment_providers.iter().map(ShortText::as_str))
}

/// Whether mails are kept in the shop instead of being sent.
pub(crate) fn keeps_mails(settings: &Settings) -> bool {
    settings.notification.smtp_url.is_empty()
}

/// Sends each request to the edge that its path belongs to.
fn by_path(gateway: Router, storefront: Router) -> Router {
    let edges = tower::service_fn(move |request: Request| {
        let edge = if is_for_gateway(request.uri().path()) { gateway.clone() } else { storefront.clone() };
        async move { edge.oneshot(request).await as Result<Response, std::convert::Infallible> }
    });
    Router::new().fallback_service(edges)
}

fn is_for_gateway(path: &str) -> bool {
    // The storefront renders all pages, also the readable one of the API.
    !path.starts_with("/api/docs")
        && (["/api/", "/media/", "/health/"].iter().any(|prefix| path.starts_with(prefix))
            || ["/api", "/metrics"].contains(&path))
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, time::Duration};

    use bus::{Bus, InProcess, layers};
    use http_body_util::BodyExt as _;
    use message::{Clock, IdSource};
    use order_contract::OrderSecret;
    use serde_json::Value;

    use super::*;

    /// The page `/api/docs` of a shop whose services are all away.
    async fn api_docs() -> String {
        let (clock, transport) = (Clock::system(), InProcess::new());
        let caller = layers::standard(
            Arc::<InProcess>::clone(&transport),
            clock.clone(),
            layers::RequestLimits::default(),
            layers::Directory::default(),
        );
        let bus = Bus::new(transport, caller, IdSource::random(clock), Duration::from_secs(5));
        let tags = cache::Tags::new();
        let copy = ShopCopy::new(bus.clone(), tags.clone(), ShopSettings::default());
        let secret = OrderSecret::new([7; 32]);
        let settings = storefront::Settings::new(copy, secret, tags, CancellationToken::new());
        let storefront = storefront::Storefront::new(bus, settings, gateway::openapi()).unwrap();
        let request = Request::builder().uri("/api/docs").body(axum::body::Body::empty()).unwrap();
        let response = storefront.router().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200);
        String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().into()).unwrap()
    }

    /// The values of an attribute, in the order of the page.
    fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
        html.split(attribute).skip(1).filter_map(|rest| rest.split('"').next()).collect()
    }

    #[tokio::test]
    async fn the_page_of_the_api_shows_every_operation_and_stays_small() {
        let html = api_docs().await;
        let ids = values(&html, " id=\"");
        let known: HashSet<_> = ids.iter().copied().collect();
        assert_eq!(known.len(), ids.len(), "each id is there once");
        for target in values(&html, "href=\"#") {
            assert!(known.contains(target), "#{target} leads nowhere");
        }
        let document = gateway::openapi();
        for (path, entry) in document["paths"].as_object().unwrap() {
            for (method, operation) in entry.as_object().unwrap() {
                let id = operation["operationId"].as_str().unwrap();
                let (_, shown) = html.split_once(&format!("<div id=\"{id}\"")).unwrap();
                let (shown, _) = shown.split_once("<div id=").unwrap();
                let fixed = path.split('{').next().unwrap();
                let (_, command) = shown.split_once("<code>curl").unwrap();
                let (command, _) = command.split_once("</code>").unwrap();
                assert!(command.contains(&format!("$SHOP{fixed}")), "{method} {path}: {command}");
                assert!(
                    !command.contains('{') || command.contains(" -d "),
                    "{path} has its variable: {command}"
                );
                assert!(command.matches('\'').count() % 2 == 0, "{command}");
                let needs_key = operation["security"]
                    .as_array()
                    .is_some_and(|ways| !ways.contains(&Value::from(serde_json::Map::new())));
                assert_eq!(needs_key, command.contains("Authorization"), "{method} {path}");
                assert!(shown.contains(if needs_key { "Needs the " } else { "No key is needed" }), "{path}");
            }
        }
        for name in document["components"]["schemas"].as_object().unwrap().keys() {
            assert!(known.contains(format!("type-{name}").as_str()), "{name} is described");
        }
        assert!(html.contains("<ul><li>") && !html.contains("undefined") && !html.contains("$ref"));
        let elements = html.matches('<').count() - html.matches("</").count();
        assert!(elements < 6000, "{elements} elements");
    }
}
