//! Orders, and the stock that they are made of: what must change together commits together.
//!
//! Placing an order is a group commit (`handlers::place`): callers queue, and while one batch commits the next
//! gathers. The rules are in [`domain`] and know no database; all SQL is in `queries`.

pub mod domain;
mod handlers;
mod queries;
mod settings;

use std::time::Duration;

use bus::{BatchLimits, Router, Schedule, WorkLimits, each};
use order_contract::OrderSecret;
use store::Db;

pub use settings::{ExportPrice, Settings, TaxRate, TaxSettings};

/// The service's name: of its database, and in logs.
pub const NAME: &str = "order";

/// The service's tables.
pub const MIGRATIONS: store::Migrations = store::migrations![
    "0001_orders",
    "0002_intake",
    "0003_notes",
    "0004_payments",
    "0005_copies_and_search",
    "0006_shop"
];

/// How often refunds are looked for whose outcome is not known.
const ASKING_AGAIN: Duration = Duration::from_mins(5);

/// How often orders are looked for whose hold has ended.
const EXPIRY_CHECK: Duration = Duration::from_millis(500);

/// How often old outcomes of deferred orders are looked for.
const FORGETTING: Duration = Duration::from_hours(1);

/// How often variants are looked for whose products are not noted.
const NOTING: Duration = Duration::from_secs(5);

/// How often orders are looked for whose e-mail address is not noted in the form in which addresses are compared.
const FILLING: Duration = Duration::from_mins(1);

/// How often new orders are given the words by which they are found.
const WORDS: Duration = Duration::from_millis(250);

/// How many requests to bring the copy up to date may wait, and are granted together.
const COPIES: BatchLimits = BatchLimits { queue: 1000, batch: 20 };

/// What the handlers share.
pub struct State {
    settings: Settings,
    secret: OrderSecret,
}

/// The service; `secret` makes the tokens that open orders to their buyers.
pub fn service(db: Db, settings: Settings, secret: OrderSecret) -> Router<State> {
    let limits = BatchLimits { queue: settings.queue.get(), batch: settings.batch.get() };
    Router::new(NAME, State { settings, secret })
        .db(db)
        .on_batch_reviewed(limits, handlers::place::place, handlers::sellable::review)
        .on_batch(COPIES, handlers::sellable::copy)
        .on(handlers::shop::copy)
        .on(handlers::place::quote)
        .on(handlers::read::get)
        .on(handlers::read::history)
        .on(handlers::search::list)
        .on(handlers::change::cancel)
        .on(handlers::change::change_address)
        .on(handlers::change::advance)
        .on(handlers::pay::pay)
        .on(handlers::refund::refund)
        .on(handlers::refund::report_lost)
        .on(handlers::stock::get)
        .on(handlers::stock::list)
        .on(handlers::stock::list_adjustments)
        .on(handlers::adjust::adjust)
        .on(handlers::adjust::set)
        .react_batch(handlers::deferred::place_deferred)
        .react_batch(handlers::react::copy_products)
        .react(handlers::shop::follow)
        .react_batch(handlers::react::confirm_captured)
        .react_batch(handlers::react::confirm_authorised)
        .react_batch(handlers::pay::note_failed)
        .react_batch(handlers::settle::complete_refunds)
        .react_batch(handlers::settle::fail_refunds)
        .work(WorkLimits::default(), each(handlers::deferred::place_unknown))
        .every("note products", Schedule::every(NOTING), handlers::sellable::note_products)
        .every("fill email keys", Schedule::every(FILLING), handlers::email_keys::fill)
        .every("add words", Schedule::every(WORDS), handlers::search::add_words)
        .every("forget intake", Schedule::every(FORGETTING), handlers::deferred::forget)
        .every("ask for refunds again", Schedule::every(ASKING_AGAIN), handlers::refund::ask_again)
        .every("expire", Schedule::every(EXPIRY_CHECK), handlers::change::expire)
}
