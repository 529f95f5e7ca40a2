//! The link to an order for its buyer who lost it.

use std::time::Duration;

use bus::Cx;
use message::Fault;
use notification_contract::{LinkRequested, MailKind, NotificationError, SendLink};
use order_contract::{ListOrders, OrderError};

use super::write;
use crate::{State, queries::NewMail};

/// An order gets at most one such mail in this time, however often it is asked for.
const PAUSE: Duration = Duration::from_mins(10);

/// Mails the link, if there is such an order. The answer is the same if there is none.
pub(crate) async fn send(
    cx: Cx<State>,
    SendLink { number, email }: SendLink,
) -> Result<LinkRequested, NotificationError> {
    let wanted = ListOrders { number: Some(number), email: Some(email), ..ListOrders::default() };
    let found = cx.ask(&wanted).await.map_err(|error| match error {
        OrderError::Fault(fault) => fault,
        refusal => Fault::internal(refusal),
    })?;
    let Some(order) = found.data.into_iter().next() else {
        return Ok(LinkRequested {});
    };
    let part = cx.now().as_micros() / i64::try_from(PAUSE.as_micros()).map_err(Fault::internal)?;
    let mail = NewMail { part: part.to_string(), ..NewMail::of(cx.id(), MailKind::Link, order) };
    let mut tx = cx.begin().await?;
    write(&cx, &mut tx, vec![(cx.headers().clone(), mail)]).await?;
    tx.commit().await?;
    Ok(LinkRequested {})
}
