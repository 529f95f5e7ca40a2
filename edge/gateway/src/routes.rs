//! The table of all operations: what is served, documented and walked through by tests.

use axum::{Router, response::IntoResponse as _, routing::any};
use http::Uri;

use crate::{
    Gateway, dead_letters, files, health, near, openapi,
    operation::{Operation, Tag},
    orders, payments, products, shop, stock,
};
// new-service: use crate::{{names}};

static CATALOGUE: Tag = Tag { name: "catalogue", about: "What the shop shows." };
static ORDERS: Tag = Tag { name: "orders", about: "Buying, and what becomes of it." };
static STOCK: Tag = Tag { name: "stock", about: "How much there is." };
static OPERATIONS: Tag = Tag { name: "operations", about: "What the machinery asks." };

/// The tags, in the order in which the document shows them.
pub(crate) static TAGS: &[&Tag] = &[
    &CATALOGUE,
    &ORDERS,
    &STOCK,
    &shop::TAG,
    // new-service: &{{names}}::TAG,
    &OPERATIONS,
];

/// Every operation.
pub fn operations() -> Vec<Operation> {
    let groups: Vec<(&'static Tag, Vec<Operation>)> = vec![
        (&CATALOGUE, products::operations()),
        (&CATALOGUE, files::operations().into()),
        (&ORDERS, orders::operations()),
        (&ORDERS, payments::operations().into()),
        (&STOCK, stock::operations().into()),
        (&shop::TAG, shop::operations().into()),
        // new-service: (&{{names}}::TAG, {{names}}::operations().into()),
        (&OPERATIONS, dead_letters::operations().into()),
        (&OPERATIONS, health::operations().into()),
        (&OPERATIONS, openapi::operations().into()),
    ];
    let tagged =
        |(tag, group): (&'static Tag, Vec<Operation>)| group.into_iter().map(move |one| one.tagged(tag));
    groups.into_iter().flat_map(tagged).collect()
}

/// What is below these and not in the table is a problem, never another edge's page.
const OURS: [&str; 4] = ["/api", "/api/{*rest}", "/health", "/health/{*rest}"];

pub(crate) fn router() -> Router<Gateway> {
    let add = |router: Router<Gateway>, Operation { path, route, .. }| router.route(path, route);
    let router = operations().into_iter().fold(Router::new(), add);
    OURS.into_iter().fold(router, |router, path| {
        router.route(path, any(|uri: Uri| async move { near::nothing(&uri).into_response() }))
    })
}
