//! What `notification` answers and reacts to.

use std::collections::HashMap;

use bus::{Cx, Incoming};
use message::{Failure, Fault, Kind, ListPage, trace};
use notification_contract::{GetMail, ListMails, Mail, MailId, MailState, NotificationError, RenderedMail};
use order_contract::OrderConfirmed;
use shop_contract::{ShopChanged, ShopSettings};
use store::Tx;

use crate::{
    State,
    mailer::{self, SendMail},
    queries,
    templates::Rendered,
};

pub(crate) async fn list(
    cx: Cx<State>,
    ListMails { cursor, limit }: ListMails,
) -> Result<ListPage<Mail>, NotificationError> {
    let before = cursor
        .map(|cursor| cursor.parse::<MailId>().map_err(|error| Fault::new(Kind::Malformed, error)))
        .transpose()?;
    let mails = queries::list(cx.db(), before, limit).await?;
    Ok(ListPage::from_overfull(mails, limit, |mail| mail.id.to_string()))
}

pub(crate) async fn get(
    cx: Cx<State>,
    GetMail { id }: GetMail,
) -> Result<Option<RenderedMail>, NotificationError> {
    let Some((mail, order)) = queries::get(cx.db(), id).await? else { return Ok(None) };
    let shop = shop(&cx).await?;
    let Rendered { html, text } = cx.templates.confirmation(&order, &shop)?;
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

pub(crate) async fn confirm(
    cx: Cx<State>,
    tx: &mut Tx,
    orders: Vec<Incoming<OrderConfirmed>>,
) -> Result<(), Failure> {
    let (mut mails, mut headers) = (Vec::with_capacity(orders.len()), HashMap::with_capacity(orders.len()));
    for order in orders {
        let id: MailId = cx.id();
        mails.push((id, order.body.order));
        headers.insert(id, order.headers);
    }
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
