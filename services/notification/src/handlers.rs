//! What `notification` answers and reacts to.

pub(crate) mod link;

use std::collections::HashMap;

use bus::{Cx, Incoming};
use message::{Failure, Fault, Headers, Kind, ListPage, trace};
use notification_contract::{
    GetMail, ListMails, Mail, MailId, MailKind, MailState, NotificationError, RenderedMail,
};
use order_contract::{
    Order, OrderCancelled, OrderConfirmed, OrderPaymentFailed, OrderRefundCompleted, OrderShipped,
};
use shop_contract::{ShopChanged, ShopSettings};
use store::Tx;

use crate::{
    State,
    letter::Topic,
    mailer::{self, SendMail},
    queries::{self, NewMail},
    templates::Rendered,
};

pub(crate) async fn list(
    cx: Cx<State>,
    ListMails { cursor, order_id, limit }: ListMails,
) -> Result<ListPage<Mail>, NotificationError> {
    let before = cursor
        .map(|cursor| cursor.parse::<MailId>().map_err(|error| Fault::new(Kind::Malformed, error)))
        .transpose()?;
    let mails = queries::list(cx.db(), before, order_id, limit).await?;
    Ok(ListPage::from_overfull(mails, limit, |mail| mail.id.to_string()))
}

pub(crate) async fn get(
    cx: Cx<State>,
    GetMail { id }: GetMail,
) -> Result<Option<RenderedMail>, NotificationError> {
    let Some((mail, topic)) = queries::get(cx.db(), id).await? else { return Ok(None) };
    let Rendered { html, text } = cx.templates.render(&topic, &shop(&cx).await?)?;
    Ok(Some(RenderedMail { mail, html, text }))
}

/// The shop's settings as they were last published, else those of the file.
pub(crate) async fn shop(cx: &Cx<State>) -> Result<ShopSettings, Fault> {
    Ok(queries::shop::read(cx.db()).await?.unwrap_or_else(|| cx.file.clone()))
}

/// Keeps the copy of the shop's settings.
pub(crate) async fn copy_shop(
    _: Cx<State>,
    tx: &mut Tx,
    ShopChanged { shop }: ShopChanged,
) -> Result<(), Failure> {
    Ok(queries::shop::keep(tx, &shop).await?)
}

/// The order is paid.
pub(crate) async fn confirmed(
    cx: Cx<State>,
    tx: &mut Tx,
    events: Vec<Incoming<OrderConfirmed>>,
) -> Result<(), Failure> {
    let mails = events
        .into_iter()
        .map(|event| (event.headers, NewMail::of(cx.id(), MailKind::OrderConfirmed, event.body.order)));
    Ok(write(&cx, tx, mails.collect()).await?)
}

/// A payment failed: one mail for each.
pub(crate) async fn payment_failed(
    cx: Cx<State>,
    tx: &mut Tx,
    events: Vec<Incoming<OrderPaymentFailed>>,
) -> Result<(), Failure> {
    let mails = events.into_iter().map(|event| {
        let order = event.body.order;
        let part = order.payments.len().to_string();
        (event.headers, NewMail { part, ..NewMail::of(cx.id(), MailKind::PaymentFailed, order) })
    });
    Ok(write(&cx, tx, mails.collect()).await?)
}

/// The order is on its way.
pub(crate) async fn shipped(
    cx: Cx<State>,
    tx: &mut Tx,
    events: Vec<Incoming<OrderShipped>>,
) -> Result<(), Failure> {
    let mails = events.into_iter().filter_map(|event| {
        Some((event.headers, NewMail::of(cx.id(), MailKind::OrderShipped, event.body.order?)))
    });
    Ok(write(&cx, tx, mails.collect()).await?)
}

/// The order was cancelled.
pub(crate) async fn cancelled(
    cx: Cx<State>,
    tx: &mut Tx,
    events: Vec<Incoming<OrderCancelled>>,
) -> Result<(), Failure> {
    let mails = events.into_iter().filter_map(|event| {
        let OrderCancelled { reason, order, .. } = event.body;
        let order = Order { cancel_reason: Some(reason), ..order? };
        Some((event.headers, NewMail::of(cx.id(), MailKind::OrderCancelled, order)))
    });
    Ok(write(&cx, tx, mails.collect()).await?)
}

/// Money went back: one mail for each refund.
pub(crate) async fn refunded(
    cx: Cx<State>,
    tx: &mut Tx,
    events: Vec<Incoming<OrderRefundCompleted>>,
) -> Result<(), Failure> {
    let mails = events.into_iter().map(|event| {
        let OrderRefundCompleted { order, refund } = event.body;
        let mail = NewMail::of(cx.id(), MailKind::Refunded, order);
        let (part, topic) = (refund.id.to_string(), Topic { refund: Some(refund), ..mail.topic });
        (event.headers, NewMail { part, topic, ..mail })
    });
    Ok(write(&cx, tx, mails.collect()).await?)
}

/// Writes mails, each with the headers of what it is written for, and has those sent that are new.
async fn write(cx: &Cx<State>, tx: &mut Tx, mails: Vec<(Headers, NewMail)>) -> Result<(), Fault> {
    let (headers, mails): (Vec<_>, Vec<_>) = mails.into_iter().unzip();
    let mut headers: HashMap<_, _> = mails.iter().map(|mail| mail.id).zip(headers).collect();
    let has_server = cx.server.is_some();
    let state = if has_server { MailState::Queued } else { MailState::Sent };
    for id in queries::insert(tx, &mails, state, cx.now()).await? {
        let Some(headers) = headers.remove(&id) else { continue };
        if has_server {
            tx.want(id, &SendMail {}, headers)?;
        } else {
            tx.after_commit(move || {
                if trace::is_on() {
                    drop(mailer::span(&headers));
                }
                mailer::count(state);
            });
        }
    }
    Ok(())
}
