//! Tests against real databases: each test on both, and shops made of any set of services.
//!
//! ```ignore
//! #[testing::db_test]
//! async fn an_order_holds_its_stock(place: testing::Place) {
//!     let shop = testing::TestShop::builder(&place)
//!         .service(order::NAME, order::MIGRATIONS, |db| order::service(db, settings()))
//!         .record::<OrderPlaced>()
//!         .start()
//!         .await;
//!     let placed = shop.ask(&PlaceOrder { .. }).await.unwrap();
//!     shop.settled().await;
//!     assert_eq!(shop.recorded::<OrderPlaced>().len(), 1);
//! }
//! ```
//!
//! [`assert_same_tables`] holds a service's two sets of migrations together.
//!
//! [`nginx::Nginx`] is the front door as it is deployed, before whatever a test has started.
//!
//! PostgreSQL comes from `CARAVEL_TEST_POSTGRES_URL`, a server on which databases may be made and dropped; `./test`
//! starts a private one and sets it.

pub mod nginx;
mod place;
mod shop;
mod tables;

pub use place::{Place, run};
pub use shop::{Builder, TestShop};
pub use tables::assert_same_tables;
pub use testing_macros::db_test;
