//! Tests on real databases: each test on both, with any set of services.
//!
//! ```ignore
//! #[testing::db_test]
//! async fn an_order_holds_its_stock(backend: testing::TestBackend) {
//!     let shop = testing::TestShop::builder(&backend)
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
//! [`assert_same_tables`] checks that a service's migrations create the same tables on both databases.
//!
//! [`example_services`] contains example services, for tests of transports.
//!
//! [`mail::MailServer`] is a mail server that accepts or rejects mails on command.
//!
//! [`nginx::Nginx`] runs nginx with the deployed configuration in front of processes of a test.
//!
//! [`rabbit::Broker`] is a message broker that a test may stop, freeze or fill; [`redis::RedisServer`] a cache that it may
//! kill or freeze; [`PgCluster`] a set of databases that it may fail over.
//!
//! [`tls::Authority`] makes certificates for servers with encrypted connections.
//!
//! [`shop_test`] runs a test of the whole program a third time, on everything that a fleet needs.
//!
//! Environment variables name the servers that all tests share; `./test` starts private ones and sets them:
//! `CARAVEL_TEST_POSTGRES_URL`, on which databases may be created and dropped, `CARAVEL_TEST_RABBITMQ_URL` with its
//! HTTP API at `CARAVEL_TEST_RABBITMQ_API`, and `CARAVEL_TEST_REDIS_URL`.

mod backend;
mod contract;
pub mod example_services;
pub mod mail;
pub mod nginx;
mod pg_cluster;
mod ports;
pub mod rabbit;
pub mod redis;
mod shop;
mod tables;
pub mod tls;
mod until;
mod vhost;

pub use backend::{TestBackend, run, shared_server};
pub use contract::{check_contract, check_schema};
pub use pg_cluster::PgCluster;
pub use ports::free_port;
pub use shop::{TestShop, TestShopBuilder};
pub use tables::assert_same_tables;
pub use testing_macros::{db_test, fleet_test, shop_test};
pub use until::until;
