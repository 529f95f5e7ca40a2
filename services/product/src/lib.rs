//! Products: what the shop shows, its variants, prices and pictures, and a copy of their stock levels.
//!
//! A product and all of its parts change together, and the event of each change carries all of it. Pictures are files
//! named by their content, which never change. Stock belongs to `order`; the copy here is for shoppers to see.

mod domain;
mod handlers;
mod media;
mod offers;
mod queries;

use bus::Router;
use store::{Db, Migrations};

/// The service's name: of its database and its queue.
pub const NAME: &str = "product";

/// The service's tables.
pub const MIGRATIONS: Migrations = store::migrations!["0001_products", "0002_goods", "0003_media"];

/// The service at one glance.
pub fn service(db: Db) -> Router<()> {
    Router::new(NAME, ())
        .db(db)
        .on(handlers::create)
        .on(handlers::import)
        .on(handlers::change)
        .on(handlers::get)
        .on(handlers::find_variants)
        .on(handlers::list)
        .on(offers::list)
        .on(handlers::list_collections)
        .on(handlers::put_files)
        .on(media::put)
        .on(handlers::get_file)
        .react_batch(handlers::mirror_stock)
}
