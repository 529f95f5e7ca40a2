//! Pages beside the shop: the mailbox of the demonstration, and the API's documentation.

use axum::{
    extract::{Path, State},
    response::Response,
};
use http::{HeaderMap, HeaderValue, StatusCode, header::CONTENT_SECURITY_POLICY};
use message::Limit;
use notification_contract::{GetMail, ListMails, Mail, MailState, NotificationError, RenderedMail};
use serde::Deserialize;
use web::{
    form::Params,
    page::{PageResponse, RenderedPage},
};

use crate::{
    Storefront,
    pages::{private, secret},
    refusal::Refusal,
    views::{self, Link, Tone},
    words,
};

/// The page around a mail frames it, which no other page may do with anything.
const AROUND_A_MAIL: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

/// A mail has its styles inside and runs nothing. It is shown in our frame alone; its links open beside it.
const A_MAIL: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox",
);

/// Links in a frame would open in the frame, where nothing else may be shown.
const LINKS_OPEN_BESIDE: &str = "<base target=\"_blank\">";

/// Mails are beside the point: without them, the shop still sells.
fn away(refusal: Refusal) -> Refusal {
    if refusal.status() == StatusCode::NOT_FOUND {
        return refusal;
    }
    let title = "The mailbox cannot be read just now";
    let message = "The part of the shop that writes the mails is away for a moment. Orders are taken as ever, and \
                   their mails are written when it is back.";
    let links = vec![Link::new("Try again", "/mailbox"), Link::new("See everything", "/products")];
    refusal.retold(title, message).links(links)
}

impl From<NotificationError> for Refusal {
    fn from(error: NotificationError) -> Self {
        let NotificationError::Fault(fault) = error;
        fault.into()
    }
}

/// Where a list of mails begins.
#[derive(Debug, Deserialize)]
pub(crate) struct Start {
    cursor: Option<String>,
}

pub(crate) async fn mailbox(
    State(shop): State<Storefront>,
    Params(Start { cursor }): Params<Start>,
) -> Result<Response, Refusal> {
    open(&shop)?;
    let request = ListMails { cursor, limit: Limit::default() };
    let mails = ask(&shop, &request).await?;
    let row = |mail: &Mail| views::MailRow {
        href: format!("/mailbox/{}", mail.id),
        to: mail.to.to_string(),
        subject: mail.subject.clone(),
        state: state(mail.state),
        at: words::moment(mail.created_at),
    };
    let view = views::Mailbox {
        note: shop.0.settings.mailbox_note.clone(),
        mails: mails.data.iter().map(row).collect(),
        next: mails.next_cursor.map(|cursor| format!("/mailbox?cursor={}", words::encoded(&cursor))),
    };
    Ok(private(shop.draw("/mailbox", &view)?))
}

pub(crate) async fn mail(
    State(shop): State<Storefront>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let RenderedMail { mail, text, .. } = read(&shop, &id).await?;
    let view = views::Mail {
        to: mail.to.to_string(),
        subject: mail.subject,
        state: state(mail.state),
        at: words::moment(mail.created_at),
        html_src: format!("/mailbox/{}/html", mail.id),
        text,
        failure: mail.error,
    };
    Ok(private(shop.draw("", &view)?.header(CONTENT_SECURITY_POLICY, AROUND_A_MAIL)))
}

pub(crate) async fn mail_html(
    State(shop): State<Storefront>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let RenderedMail { html, .. } = read(&shop, &id).await?;
    let html = html.replacen("<head>", &format!("<head>{LINKS_OPEN_BESIDE}"), 1);
    Ok(secret(RenderedPage::html(html).header(CONTENT_SECURITY_POLICY, A_MAIL)))
}

pub(crate) async fn api_docs(
    State(shop): State<Storefront>,
    headers: HeaderMap,
) -> Result<PageResponse, Refusal> {
    let draw = async {
        let view = views::ApiDocs { api: shop.0.openapi.clone(), json_href: "/api/openapi.json".into() };
        shop.draw("/api/docs", &view)
    };
    Ok(shop.0.pages.get_or_render("/api/docs", draw).await?.answer(&headers))
}

/// A mailbox that is shut does not exist.
fn open(shop: &Storefront) -> Result<(), Refusal> {
    if shop.0.settings.mailbox { Ok(()) } else { Err(Refusal::not_found()) }
}

async fn read(shop: &Storefront, id: &str) -> Result<RenderedMail, Refusal> {
    open(shop)?;
    let id = id.parse().map_err(|_| Refusal::not_found())?;
    ask(shop, &GetMail { id }).await?.ok_or_else(Refusal::not_found)
}

async fn ask<R>(shop: &Storefront, request: &R) -> Result<R::Reply, Refusal>
where
    R: message::Request<Error = NotificationError>,
{
    shop.ask(request).await.map_err(Refusal::from).map_err(away)
}

fn state(state: MailState) -> views::MailState {
    let (tone, words) = match state {
        MailState::Queued => (Tone::Waiting, "queued"),
        MailState::Sent => (Tone::Good, "sent"),
        MailState::Failed => (Tone::Stopped, "failed"),
    };
    views::MailState { tone, words: words.into() }
}
