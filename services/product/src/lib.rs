//! Products: what the shop shows, its variants, prices and pictures, and what `order` tells of their stock.
//!
//! A product and all of its parts change together, and each change is told with the whole of it. Pictures are files
//! named by their content, which never change. Stock belongs to `order`; here is only its echo, for shoppers to see.

mod domain;
mod handlers;
mod queries;

use bus::Router;
use store::{Db, Migrations};

/// The service's name: of its database and its queue.
pub const NAME: &str = "product";

/// The service's tables.
pub const MIGRATIONS: Migrations = store::migrations!["0001_products"];

/// The service at one glance.
pub fn service(db: Db) -> Router<()> {
    Router::new(NAME, ())
        .db(db)
        .on(handlers::create)
        .on(handlers::import)
        .on(handlers::change)
        .on(handlers::get)
        .on(handlers::list)
        .on(handlers::list_collections)
        .on(handlers::put_files)
        .on(handlers::get_file)
        .react_batch(handlers::mirror_stock)
}
