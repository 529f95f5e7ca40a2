//! The table of all routes.

use axum::{Router, response::IntoResponse as _, routing::any};
use utoipa::OpenApi;
use web::problem::{NOT_FOUND, Problem};

use crate::{
    Gateway, dead_letters, files, health,
    openapi::{self, Finish},
    orders, products, stock,
};

/// Makes of one table what is served, what is documented and what tests walk through.
macro_rules! routes {
    ($($method:ident $path:literal => $module:ident :: $handler:ident;)*) => {
        /// Every route, as method and path.
        pub const ALL: &[(&str, &str)] = &[$((stringify!($method), $path)),*];

        fn table() -> Router<Gateway> {
            Router::new()$(.route($path, axum::routing::$method($module::$handler)))*
        }

        #[derive(OpenApi)]
        #[openapi(paths($($module::$handler),*), modifiers(&Finish))]
        pub(crate) struct Document;
    };
}

routes! {
    get    "/api/v1/products"                       => products::list;
    post   "/api/v1/products"                       => products::create;
    get    "/api/v1/products/{id}"                  => products::read;
    patch  "/api/v1/products/{id}"                  => products::change;
    get    "/api/v1/collections"                    => products::collections;
    get    "/media/{file}"                          => files::read;
    post   "/api/v1/orders"                         => orders::place;
    get    "/api/v1/orders"                         => orders::list;
    get    "/api/v1/orders/{id}"                    => orders::read;
    patch  "/api/v1/orders/{id}"                    => orders::change;
    get    "/api/v1/orders/{id}/history"            => orders::history;
    post   "/api/v1/orders/{id}/cancel"             => orders::cancel;
    post   "/api/v1/orders/{id}/advance"            => orders::advance;
    get    "/api/v1/stock/{variant_id}"             => stock::read;
    post   "/api/v1/stock/{variant_id}/adjustments" => stock::adjust;
    get    "/api/v1/dead-letters"                   => dead_letters::list;
    get    "/api/v1/dead-letters/{id}"              => dead_letters::read;
    delete "/api/v1/dead-letters/{id}"              => dead_letters::drop;
    post   "/api/v1/dead-letters/{id}/replay"       => dead_letters::replay;
    get    "/health/live"                           => health::live;
    get    "/health/ready"                          => health::ready;
    get    "/metrics"                               => health::metrics;
    get    "/api/openapi.json"                      => openapi::document;
}

/// What is below these and not in the table is a problem, never another edge's page.
const OURS: [&str; 4] = ["/api", "/api/{*rest}", "/health", "/health/{*rest}"];

pub(crate) fn router() -> Router<Gateway> {
    OURS.into_iter().fold(table(), |router, path| {
        router.route(path, any(|| async { Problem::new(&NOT_FOUND).into_response() }))
    })
}
