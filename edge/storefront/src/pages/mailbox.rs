//! The mailbox of a shop that sends no mails.

use axum::{extract::State, response::Response};
use edge_common::paths;
use http::{HeaderValue, StatusCode, header::CONTENT_SECURITY_POLICY};
use message::ListPage;
use notification_contract::{GetMail, ListMails, Mail, MailState, NotificationError, RenderedMail};
use order_contract::{Access, GetOrder};
use serde::Deserialize;
use web::{form::Params, page::RenderedPage};

use crate::{
    Storefront,
    pages::{
        Segment,
        order::{self, OrderQuery},
        private, secret,
    },
    refusal::Refusal,
    views::{self, Link, Tone},
    words,
};

/// The page of a mail has a frame, which no other page may have.
const MAIL_PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

/// A mail has its styles inside and runs no scripts. Only our page may frame it; its links open in a new window.
const MAIL_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox",
);

/// Without it links would open in the frame, which may show nothing but the mail.
const LINKS_IN_NEW_WINDOW: &str = "<base target=\"_blank\">";

/// The same refusal in words that say that the shop still sells.
fn away(refusal: Refusal) -> Refusal {
    if refusal.status() == StatusCode::NOT_FOUND {
        return refusal;
    }
    let title = "The mailbox cannot be read just now";
    let message = "The part of the shop that writes the mails is away for a moment. Orders are taken as ever, and \
                   their mails are written when it is back.";
    let links = vec![Link::new("Try again", "/mailbox"), Link::new("See everything", "/products")];
    refusal.reworded(title, message).links(links)
}

impl From<NotificationError> for Refusal {
    fn from(error: NotificationError) -> Self {
        let NotificationError::Fault(fault) = error;
        fault.into()
    }
}

/// The parameters of the mailbox's list pages.
#[derive(Debug, Deserialize)]
pub(crate) struct MailboxQuery {
    cursor: Option<String>,
}

pub(crate) async fn list(
    State(storefront): State<Storefront>,
    Params(MailboxQuery { cursor }): Params<MailboxQuery>,
) -> Result<Response, Refusal> {
    check_open(&storefront)?;
    let request = ListMails { cursor, ..ListMails::default() };
    let mails = ask(&storefront, &request).await?;
    let view = view(&storefront, mails);
    Ok(private(storefront.render("/mailbox", &view)?))
}

/// The mails about one order, for whoever may see it.
pub(crate) async fn of_order(
    State(storefront): State<Storefront>,
    Segment(id): Segment,
    Params(OrderQuery { token }): Params<OrderQuery>,
) -> Result<Response, Refusal> {
    check_open(&storefront)?;
    let id = order::parse(&id)?;
    storefront.ask(&GetOrder { id, access: Access::Token(token) }).await?;
    let request = ListMails { order_id: Some(id), ..ListMails::default() };
    let mails = ListPage { next_cursor: None, ..ask(&storefront, &request).await? };
    let view = view(&storefront, mails);
    Ok(secret(storefront.render("", &view)?))
}

fn view(storefront: &Storefront, mails: ListPage<Mail>) -> views::MailboxView {
    let shop = storefront.shop();
    let row = |mail: &Mail| views::MailRow {
        href: format!("/mailbox/{}", mail.id),
        to: mail.to.to_string(),
        subject: mail.subject.clone(),
        state: badge(mail.state),
        at: words::moment(mail.created_at, &shop.time_zone),
    };
    views::MailboxView {
        note: storefront.0.settings.mailbox_note.clone(),
        mails: mails.data.iter().map(row).collect(),
        next: mails.next_cursor.map(|cursor| format!("/mailbox?cursor={}", paths::encoded(&cursor))),
    }
}

pub(crate) async fn show(
    State(storefront): State<Storefront>,
    Segment(id): Segment,
) -> Result<Response, Refusal> {
    let RenderedMail { mail, text, .. } = read(&storefront, &id).await?;
    let view = views::MailView {
        to: mail.to.to_string(),
        subject: mail.subject,
        state: badge(mail.state),
        at: words::moment(mail.created_at, &storefront.shop().time_zone),
        html_src: format!("/mailbox/{}/html", mail.id),
        text,
        failure: mail.error,
    };
    Ok(private(storefront.render("", &view)?.header(CONTENT_SECURITY_POLICY, MAIL_PAGE_POLICY)))
}

pub(crate) async fn show_html(
    State(storefront): State<Storefront>,
    Segment(id): Segment,
) -> Result<Response, Refusal> {
    let RenderedMail { html, .. } = read(&storefront, &id).await?;
    let html = html.replacen("<head>", &format!("<head>{LINKS_IN_NEW_WINDOW}"), 1);
    Ok(secret(RenderedPage::html(html).header(CONTENT_SECURITY_POLICY, MAIL_POLICY)))
}

/// A mailbox that is shut does not exist.
fn check_open(storefront: &Storefront) -> Result<(), Refusal> {
    if storefront.0.settings.mailbox { Ok(()) } else { Err(Refusal::not_found()) }
}

async fn read(storefront: &Storefront, id: &str) -> Result<RenderedMail, Refusal> {
    check_open(storefront)?;
    let id = id.parse().map_err(|_| Refusal::not_found())?;
    ask(storefront, &GetMail { id }).await?.ok_or_else(Refusal::not_found)
}

async fn ask<R>(storefront: &Storefront, request: &R) -> Result<R::Reply, Refusal>
where
    R: message::Request<Error = NotificationError>,
{
    storefront.ask(request).await.map_err(|error| away(error.into()))
}

fn badge(state: MailState) -> views::MailBadge {
    let (tone, words) = match state {
        MailState::Queued => (Tone::Waiting, "queued"),
        MailState::Sent => (Tone::Good, "kept"),
        MailState::Failed => (Tone::Stopped, "failed"),
    };
    views::MailBadge { tone, words: words.into() }
}
