//! What `notification` answers and reacts to.

use bus::{Cx, Incoming};
use message::{Failure, Fault, Kind, ListPage};
use notification_contract::{GetMail, ListMails, Mail, MailId, NotificationError, RenderedMail};
use order_contract::OrderConfirmed;
use store::Tx;

use crate::{
    State,
    queries::{self, NewMail},
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
    let Rendered { html, text } = cx.templates.confirmation(&order)?;
    Ok(Some(RenderedMail { mail, html, text }))
}

pub(crate) async fn confirm(
    cx: Cx<State>,
    tx: &mut Tx,
    orders: Vec<Incoming<OrderConfirmed>>,
) -> Result<(), Failure> {
    let mails: Vec<_> = orders
        .into_iter()
        .map(|order| NewMail { id: cx.id(), order: order.body.order, headers: order.headers })
        .collect();
    queries::write(tx, &mails, cx.now()).await?;
    tx.wake_on_commit(&cx.wake);
    Ok(())
}
