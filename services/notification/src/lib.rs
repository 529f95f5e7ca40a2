//! Notifications: tells buyers by mail that their order is confirmed.
//!
//! A reaction to `order.confirmed` writes the mail, with the order as it was (`handlers`). Without a mail server it is in the
//! shop's own mailbox then; with one, the reaction wants its work, and the mailer sends it (`mailer`) over SMTP (`smtp`). The
//! templates render it as HTML and as text (`templates`).

mod domain;
mod handlers;
mod mailer;
mod queries;
mod settings;
mod smtp;
mod templates;

use bus::Router;
use store::Db;

pub use settings::{Sender, Settings, SmtpUrl};

/// The service's name, and its database's.
pub const NAME: &str = "notification";

/// The steps to its database's present tables.
pub const MIGRATIONS: store::Migrations = store::migrations!["0001_mails", "0002_headers", "0003_work"];

/// What its handlers share.
pub struct State {
    templates: templates::Templates,
    server: Option<smtp::Server>,
}

/// The service. With a mail server set, it must be made inside a Tokio runtime, which keeps the connections.
#[expect(clippy::needless_pass_by_value, reason = "as every service takes its settings")]
pub fn service(db: Db, settings: Settings) -> Router<State> {
    let state =
        State { templates: templates::Templates::new(&settings), server: smtp::Server::new(&settings) };
    Router::new(NAME, state)
        .db(db)
        .on(handlers::list)
        .on(handlers::get)
        .react_batch(handlers::confirm)
        .work(mailer::limits(&settings), mailer::Mailer)
}
