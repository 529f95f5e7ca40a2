//! Notifications: tells buyers by mail that their order is confirmed.
//!
//! A reaction to `order.confirmed` writes the mail down, with the order as it was (`handlers`); the mailer sends what is
//! due (`mailer`) over SMTP (`smtp`), or keeps it in the shop's own mailbox when no mail server is set; the templates
//! set it as HTML and as text (`templates`).

mod domain;
mod handlers;
mod mailer;
mod queries;
mod settings;
mod smtp;
mod templates;

use std::{sync::Arc, time::Duration};

use bus::{Router, Schedule};
use store::Db;
use tokio::sync::{Mutex, Notify, Semaphore};

pub use settings::{Sender, Settings, SmtpUrl};

/// The service's name, and its database's.
pub const NAME: &str = "notification";

/// The steps to its database's present tables.
pub const MIGRATIONS: store::Migrations = store::migrations!["0001_mails", "0002_headers"];

/// What its handlers share.
pub struct State {
    templates: Arc<templates::Templates>,
    post: Option<Arc<mailer::Post>>,
    wake: Arc<Notify>,
    desk: Mutex<mailer::Desk>,
    settings: Settings,
}

/// The service. With a mail server set, it must be made inside a Tokio runtime, which keeps the connections.
pub fn service(db: Db, settings: Settings) -> Router<State> {
    let wake = Arc::new(Notify::new());
    let templates = Arc::new(templates::Templates::new(&settings));
    let places = settings.connections as usize;
    let post = smtp::Server::new(&settings).map(|server| mailer::Post {
        server,
        templates: Arc::clone(&templates),
        places: Semaphore::new(places),
    });
    let state = State {
        templates,
        post: post.map(Arc::new),
        wake: Arc::clone(&wake),
        desk: Mutex::default(),
        settings,
    };
    Router::new(NAME, state)
        .db(db)
        .on(handlers::list)
        .on(handlers::get)
        .react_batch(handlers::confirm)
        .every("mail", Schedule::every(Duration::from_millis(500)).or_when(&wake), mailer::run)
        .at_stop(mailer::finish)
}
