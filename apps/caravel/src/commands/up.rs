//! `caravel up`: the whole shop in one process.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, extract::Request, response::Response};
use message::Limit;
use product_contract::ListProducts;
use runtime::{
    BoxError,
    health::Health,
    metrics::Metrics,
    settings::Secret,
    shutdown::{Phase, Shutdown},
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use web::serve::{self, Server, listen};

use crate::{cli::Common, say::say, settings, shared::Shared, shop::Shop};

/// How long a drain may take before the process ends all the same.
const DRAIN: Duration = Duration::from_secs(30);

/// How long a health check may take.
const CHECK: Duration = Duration::from_secs(2);

pub(super) async fn run(common: &Common) -> Result<(), BoxError> {
    let settings = settings::load(common)?;
    settings::check(&settings)?;
    let traces = runtime::traces::init(&settings.section("traces")?, "caravel")?;
    runtime::logs::init(&settings.section("log")?, traces.as_ref())?;
    let metrics = runtime::metrics::install()?;
    let health = Health::new();
    let shutdown = Shutdown::new(&health);
    shutdown.listen()?;
    tokio::spawn(metrics.clone().upkeep(shutdown.token(Phase::Stores)));
    if let Some(traces) = traces {
        let sent = traces.run(shutdown.token(Phase::Stores));
        let hold = shutdown.hold(Phase::Stores);
        tokio::spawn(async move {
            sent.await;
            drop(hold);
        });
    }

    let web: settings::Web = settings.section("web")?;
    // Taken first: a port that is in use is told before anything else happens.
    let listener = listen(web.listen).map_err(|error| {
        format!("{} cannot be listened on: {error}; choose another address with --listen", web.listen)
    })?;
    let address = listener.local_addr()?;
    // A server that is not there yet is waited for; whoever does not want to wait says so.
    let shop = tokio::select! {
        shop = Shop::open(settings) => shop?,
        () = shutdown.asked() => return Ok(()),
    };
    let server = edges(&shop, &health, metrics, shutdown.token(Phase::Accept))?;
    shop.start()?;
    watch(&shop, &health);
    fill_if_empty(&shop).await?;

    let limits = serve::Limits { connections: web.connections.get(), ..serve::Limits::default() };
    let stop = shutdown.token(Phase::Accept);
    let requests = shutdown.hold(Phase::Requests);
    tokio::spawn(async move {
        server.limits(limits).run([listener], stop).await;
        drop(requests);
    });
    let host = Arc::clone(&shop.host);
    shutdown.at(Phase::Reactions, async move { host.shut_down().await });
    greet(&shop, address)?;
    shutdown.drain(DRAIN).await;
    Ok(())
}

/// The gateway and the storefront, behind one server.
fn edges(
    shop: &Shop,
    health: &Health,
    metrics: Metrics,
    stop: CancellationToken,
) -> Result<Server, BoxError> {
    let named: settings::Shop = shop.settings.section("shop")?;
    let Shared { tags, orders } = Shared::start(&shop.settings)?;
    let health = health.clone();
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
    let admin_key = gateway::AdminKey::new(shop.admin_key.text.as_str());
    let gateway = gateway::Gateway::new(
        shop.bus.clone(),
        gateway::Settings {
            intake: named.intake,
            orders: orders.clone(),
            ..gateway::Settings::new(admin_key, shop.secret.clone(), tags.clone())
        },
        hooks,
    );
    let order: order::Settings = shop.settings.section("order")?;
    let pages = storefront::Settings {
        name: named.name,
        mailbox: keeps_mails(shop)?,
        price_note: order.tax.prices_include_tax.then(|| "tax included".to_owned()),
        intake: named.intake,
        orders,
        ..storefront::Settings::new(shop.secret.clone(), tags, stop)
    };
    let storefront = storefront::Storefront::new(shop.bus.clone(), pages, gateway::openapi())?;
    shop.host.mount(gateway.service().into_service(shop.bus.clone()));
    shop.host.mount(storefront.service().into_service(shop.bus.clone()));
    let (api, pages) = (gateway.fast_path(), storefront.fast_path());
    let router = one_door(gateway.router(), storefront.router());
    Ok(Server::new(router).fast_path(move |head| api(head).or_else(|| pages(head))))
}

/// Whether mails are kept in the shop instead of being sent.
fn keeps_mails(shop: &Shop) -> Result<bool, BoxError> {
    Ok(shop.settings.get::<Secret>("notification.smtp_url")?.is_empty())
}

/// Sends each request to the edge that its path belongs to.
fn one_door(gateway: Router, storefront: Router) -> Router {
    let door = tower::service_fn(move |request: Request| {
        let edge = if is_for_gateway(request.uri().path()) { gateway.clone() } else { storefront.clone() };
        async move { edge.oneshot(request).await as Result<Response, std::convert::Infallible> }
    });
    Router::new().fallback_service(door)
}

fn is_for_gateway(path: &str) -> bool {
    // The readable page of the API is the storefront's, as all pages are.
    path != "/api/docs"
        && (["/api/", "/media/", "/health/"].iter().any(|prefix| path.starts_with(prefix))
            || ["/api", "/metrics"].contains(&path))
}

/// Registers every service's database with the health report.
fn watch(shop: &Shop, health: &Health) {
    for service in shop.host.services() {
        if let Some(db) = service.db().cloned() {
            health.check(service.name(), CHECK, move || {
                let db = db.clone();
                // Anybody may ask for the report: where the database is and what it said is for the log.
                async move {
                    db.ping().await.map_err(|fault| {
                        tracing::warn!(service = db.service(), error = %fault, "the database does not answer");
                        format!("the database is not there ({})", fault.kind())
                    })
                }
            });
        }
    }
}

/// Fills a shop that has no products, if it shall be a demo.
async fn fill_if_empty(shop: &Shop) -> Result<(), BoxError> {
    let wanted: settings::Shop = shop.settings.section("shop")?;
    if !wanted.demo {
        return Ok(());
    }
    let one = ListProducts { limit: Limit::try_from(1)?, ..ListProducts::default() };
    if shop.bus.ask(&one).await??.data.is_empty() {
        let report = seeder::seed(&shop.bus, &seeder::Catalogue::demo(), |_| ()).await?;
        tracing::info!(products = report.created, "the shop was empty and has sample products now");
    }
    Ok(())
}

/// Says what runs, where to look and what to do next.
fn greet(shop: &Shop, address: SocketAddr) -> Result<(), BoxError> {
    say("Caravel sails.");
    say(format_args!("  shop      http://{address}/"));
    if keeps_mails(shop)? {
        say(format_args!("  mailbox   http://{address}/mailbox"));
        if !address.ip().is_loopback() {
            tracing::warn!(
                "anybody who reaches {address} can read the mailbox; set notification.smtp_url to close it"
            );
        }
    }
    say(format_args!("  API       http://{address}/api/docs"));
    if shop.admin_key.is_new {
        say(format_args!("  admin key {}", shop.admin_key.text));
    }
    say(format_args!("  the admin key is kept in {}", shop.admin_key_path()?));
    say("Ctrl-C stops it.");
    Ok(())
}
