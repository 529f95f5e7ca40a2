//! What this browser has ordered a moment ago: whoever goes back to the form and finds it empty learns of the order before
//! a second one is placed.
//!
//! A cookie names the order for a quarter of an hour, for the checkout alone. Its token is the order's own, so a cookie that
//! somebody made up opens nothing.

use axum::response::Response;
use edge_common::paths;
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{COOKIE, SET_COOKIE},
};
use order_contract::{Access, GetOrder, Order, OrderId, OrderStatus};
use product_contract::VariantId;

use crate::{Storefront, pages::form::Choice, refusal::Refusal, views::Link};

const NAME: &str = "ordered";

/// In seconds.
const LIFETIME: u32 = 15 * 60;

/// An order of this browser.
#[derive(Debug, PartialEq, Eq)]
struct Ordered {
    id: OrderId,
    variant: VariantId,
    token: String,
}

impl Ordered {
    /// As the browser sends it.
    fn read(headers: &HeaderMap) -> Option<Self> {
        let cookies = headers.get_all(COOKIE).iter().filter_map(|cookies| cookies.to_str().ok());
        let pairs = cookies.flat_map(|cookies| cookies.split(';'));
        let (_, value) =
            pairs.filter_map(|pair| pair.trim().split_once('=')).find(|(name, _)| *name == NAME)?;
        let mut parts = value.splitn(3, '.');
        let (id, variant) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let token = hex_decoded(parts.next()?)?;
        Some(Self { id, variant, token })
    }

    fn cookie(&self) -> Option<HeaderValue> {
        let Self { id, variant, token } = self;
        let token = message::hex(token.as_bytes());
        let attributes = format!("Path=/checkout; Max-Age={LIFETIME}; HttpOnly; SameSite=Lax");
        HeaderValue::try_from(format!("{NAME}={id}.{variant}.{token}; {attributes}")).ok()
    }
}

fn hex_decoded(text: &str) -> Option<String> {
    let byte = |place| u8::from_str_radix(text.get(place..place + 2)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..text.len()).step_by(2).map(byte).collect();
    String::from_utf8(bytes?).ok()
}

/// Lets the browser remember the order.
pub(super) fn remember(response: &mut Response, id: OrderId, token: &str, choice: &Choice) {
    let ordered = Ordered { id, variant: choice.item.variant_id, token: token.to_owned() };
    response.headers_mut().extend(ordered.cookie().map(|cookie| (SET_COOKIE, cookie)));
}

/// The page that names the order, if this browser has just ordered the same.
pub(super) async fn notice(storefront: &Storefront, headers: &HeaderMap, choice: &Choice) -> Option<Refusal> {
    let ordered = Ordered::read(headers).filter(|ordered| ordered.variant == choice.item.variant_id)?;
    let Ordered { id, token, .. } = ordered;
    let access = Access::Token(token.clone());
    let order = storefront.0.intake.read(id, &access, &GetOrder { id, access: access.clone() }).await.ok()?;
    let number = match &order {
        Some(Order { status: OrderStatus::Cancelled | OrderStatus::Refunded, .. }) => return None,
        Some(order) => Some(order.number),
        // Accepted, and not placed yet.
        None => None,
    };
    let named = number.map_or_else(|| "your order".to_owned(), |number| format!("order {number}"));
    Some(Refusal::new(
        StatusCode::OK,
        "You have just ordered this",
        format!("It is {named}. Nothing more is needed. If you want the same once more, order again."),
        vec![
            Link::new(format!("View {named}"), paths::order(id, &token)),
            Link::new("Order again", format!("{}&again=1", choice.href(choice.item.quantity.get()))),
        ],
    ))
}

#[cfg(test)]
mod tests {
    use message::Example;

    use super::*;

    #[test]
    fn a_cookie_is_read_back_and_nothing_else_is() {
        let ordered =
            Ordered { id: Example::example(), variant: Example::example(), token: "accepted.ab+c".into() };
        let set = ordered.cookie().unwrap();
        let sent = set.to_str().unwrap().split(';').next().unwrap().to_owned();
        let read = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(COOKIE, HeaderValue::from_str(text).unwrap());
            Ordered::read(&headers)
        };
        assert_eq!(read(&format!("a=b; {sent}; c=d")), Some(ordered));
        for wrong in ["ordered=", "ordered=a.b.c", "a=b", &sent[..sent.len() - 1], &format!("{sent}é")] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
