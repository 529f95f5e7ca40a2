//! Notifications: the mails that buyers get about their orders.
//!
//! Reactions to what happens to an order write the mails, with the order as it was (`handlers`). Without a mail server it is in the
//! shop's own mailbox then; with one, the reaction wants its work, and the mailer sends it (`mailer`) over SMTP (`smtp`). The
//! templates render it as HTML and as text (`templates`); what each kind of mail says is in `letter`.

mod handlers;
mod letter;
mod mailer;
mod queries;
mod settings;
mod smtp;
mod templates;

use bus::Router;
use order_contract::OrderSecret;
use shop_contract::ShopSettings;
use store::Db;

pub use settings::{Sender, Settings, SmtpUrl};

/// The service's name, and its database's.
pub const NAME: &str = "notification";

/// The steps to its database's present tables.
pub const MIGRATIONS: store::Migrations =
    store::migrations!["0001_mails", "0002_headers", "0003_work", "0004_kinds", "0005_shop"];

/// What its handlers share.
pub struct State {
    templates: templates::Templates,
    server: Option<smtp::Server>,
    /// What is said of the shop until the first `shop.changed`.
    file: ShopSettings,
}

/// The service; `file` is what is said of the shop before `shop` has reported it, `secret` makes the links that open orders to
/// their buyers. With a mail server set, it must be made inside a Tokio runtime, which keeps the connections.
#[expect(clippy::needless_pass_by_value, reason = "as every service takes its settings")]
pub fn service(db: Db, settings: Settings, file: ShopSettings, secret: OrderSecret) -> Router<State> {
    let (templates, server) = (templates::Templates::new(&settings, secret), smtp::Server::new(&settings));
    let state = State { templates, server, file };
    Router::new(NAME, state)
        .db(db)
        .on(handlers::list)
        .on(handlers::get)
        .on(handlers::link::send)
        .react_batch(handlers::confirmed)
        .react_batch(handlers::payment_failed)
        .react_batch(handlers::shipped)
        .react_batch(handlers::cancelled)
        .react_batch(handlers::refunded)
        .react(handlers::copy_shop)
        .work(mailer::limits(&settings), mailer::Mailer)
}
