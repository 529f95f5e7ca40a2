//! The gateway and the storefront, behind one server.

use std::sync::Arc;

use axum::{Router, extract::Request, response::Response};
use message::ShortText;
use payment_contract::PaymentProvider;
use runtime::BoxError;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use web::{
    page::PageResponse,
    serve::{self, Head, Server},
};

use crate::{
    parts::Parts, process::Process, services, settings::Settings, shared::Shared, shop::Shop, wording,
};

/// Mounts the edges among `parts` and returns the server for them; cancelling `streams` ends its streams.
pub(crate) fn open(
    shop: &Shop,
    parts: &Parts,
    process: &Process,
    streams: CancellationToken,
) -> Result<Server, BoxError> {
    let shared = Shared::start(&shop.settings)?;
    let gateway = parts.gateway.then(|| open_gateway(shop, process, &shared)).transpose()?;
    let storefront = parts.storefront.then(|| open_storefront(shop, &shared, streams)).transpose()?;
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

fn open_gateway(shop: &Shop, process: &Process, shared: &Shared) -> Result<gateway::Gateway, BoxError> {
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
        providers: providers(&shop.settings),
        services: services::names().into_iter().map(str::to_owned).collect(),
        ..gateway::Settings::new(admin_key, shop.keys.secret()?, shared.tags.clone())
    };
    let gateway = gateway::Gateway::new(shop.bus.clone(), settings, hooks);
    shop.host.mount(gateway.service().into_service(shop.bus.clone()));
    Ok(gateway)
}

fn open_storefront(
    shop: &Shop,
    shared: &Shared,
    streams: CancellationToken,
) -> Result<storefront::Storefront, BoxError> {
    let settings = &shop.settings;
    let mut wording = wording::wording(&settings.shop);
    if settings.order.tax.prices_include_tax {
        "tax included".clone_into(&mut wording.price_note);
    }
    let pages = storefront::Settings {
        destinations: wording::destinations(&settings.shop),
        mailbox: keeps_mails(settings),
        providers: providers(settings),
        intake: shop.settings.shop.intake,
        orders: shared.orders.clone(),
        ..storefront::Settings::new(wording, shop.keys.secret()?, shared.tags.clone(), streams)
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
    path != "/api/docs"
        && (["/api/", "/media/", "/health/"].iter().any(|prefix| path.starts_with(prefix))
            || ["/api", "/metrics"].contains(&path))
}
