//! The words of each kind of mail.

use notification_contract::MailKind;
use order_contract::{AttemptState, CancelReason, Order};
use shop_contract::ShopSettings;

use super::{Badge, Topic};

const DONE: Badge = Badge { words: "Paid", shape: "✓", tone: "done", colour: "#2f6b45" };
const WAITING: Badge = Badge { words: "Not paid yet", shape: "!", tone: "waiting", colour: "#9a6a00" };
const ENDED: Badge = Badge { words: "Cancelled", shape: "–", tone: "ended", colour: "#5e6870" };

pub(super) fn badge(kind: MailKind) -> Badge {
    match kind {
        MailKind::OrderConfirmed => DONE,
        MailKind::PaymentFailed => WAITING,
        MailKind::OrderShipped => Badge { words: "On its way", shape: "→", ..DONE },
        MailKind::OrderCancelled => ENDED,
        MailKind::Refunded => Badge { words: "Refunded", ..DONE },
        MailKind::Link => Badge { words: "Your link", shape: "→", ..ENDED },
    }
}

pub(super) fn subject(topic: &Topic) -> String {
    let number = topic.order.number;
    match topic.kind {
        MailKind::OrderConfirmed => format!("Your order {number} is confirmed"),
        MailKind::PaymentFailed => format!("Your order {number} is not paid yet"),
        MailKind::OrderShipped => format!("Your order {number} is on its way"),
        MailKind::OrderCancelled => format!("Your order {number} is cancelled"),
        MailKind::Refunded => format!("A refund for your order {number}"),
        MailKind::Link => format!("The link to your order {number}"),
    }
}

pub(super) fn title(topic: &Topic) -> String {
    let Topic { kind, order, refund } = topic;
    match (kind, refund) {
        (MailKind::OrderConfirmed, _) => format!("Thank you, {}.", order.shipping_address.name),
        (MailKind::PaymentFailed, _) => "Your payment did not go through.".to_owned(),
        (MailKind::Refunded, Some(refund)) => format!("{} is on its way back to you.", refund.amount),
        (MailKind::Link, _) => "Here is the link to your order.".to_owned(),
        _ => format!("{}.", subject(topic)),
    }
}

pub(super) fn preheader(topic: &Topic, shop: &ShopSettings) -> String {
    let Topic { kind, order, refund } = topic;
    match (kind, refund) {
        (MailKind::PaymentFailed, _) => {
            format!("It is kept for you until {}", order.held_until.for_people_in(&shop.time_zone))
        }
        (MailKind::OrderShipped, _) => match &order.tracking {
            Some(parcel) => format!("{}, {}", parcel.company, parcel.number),
            None => goods(order),
        },
        (MailKind::Refunded, Some(refund)) => format!("{}: {}", refund.amount, refund.reason),
        _ => goods(order),
    }
}

pub(super) fn action(topic: &Topic) -> String {
    match topic.kind {
        MailKind::PaymentFailed => format!("Pay your order, {}", topic.order.totals.total),
        _ => "See your order".to_owned(),
    }
}

pub(super) fn paragraphs(topic: &Topic, shop: &ShopSettings) -> Vec<String> {
    let Topic { kind, order, .. } = topic;
    let number = order.number;
    match kind {
        MailKind::OrderConfirmed => {
            let placed = order.placed_at.for_people_in(&shop.time_zone);
            vec![format!("Your order {number} is confirmed. Here is what you bought on {placed}.")]
        }
        MailKind::PaymentFailed => vec![
            format!(
                "Your order {number} was not charged: {}. It is kept for you until {}.",
                failure(order),
                order.held_until.for_people_in(&shop.time_zone)
            ),
            "Until then you can pay it again, with the same way to pay or another. Your address is kept."
                .to_owned(),
        ],
        MailKind::OrderShipped => vec![format!("{} left our house.", goods_alone(order))],
        MailKind::OrderCancelled => vec![cancelled(order).to_owned(), money_of_cancelled(order)],
        MailKind::Refunded => vec![format!(
            "It belongs to your order {number} and goes the way that you paid. It can take a few days until your bank \
             shows it."
        )],
        MailKind::Link => vec![format!(
            "Somebody, probably you, asked for the link to the order {number}. It was sent to this address only; if it \
             was not you, there is nothing to do."
        )],
    }
}

/// Why the last payment failed, to go on a sentence with.
fn failure(order: &Order) -> String {
    let failure = order.payments.last().and_then(|payment| payment.failure.as_deref()).unwrap_or_default();
    let failure = failure.trim().trim_end_matches('.');
    if failure.is_empty() { "the payment was declined".to_owned() } else { failure.to_owned() }
}

fn cancelled(order: &Order) -> &'static str {
    match order.cancel_reason {
        Some(CancelReason::Expired) => "It was not paid in time, and what we kept for you is on sale again.",
        Some(CancelReason::PaymentFailed) => "Its payment did not go through.",
        Some(CancelReason::Lost) => "Its parcel was lost on its way. We are sorry.",
        Some(CancelReason::Requested) | None => "It was cancelled, as you or we asked for.",
    }
}

fn money_of_cancelled(order: &Order) -> String {
    let is_held = order.payments.iter().any(|payment| payment.state == AttemptState::Authorised);
    let words = if order.paid.is_some_and(|paid| paid.amount > 0) {
        "What you paid goes back to you, the way that you paid. Another mail says when it is on its way."
    } else if is_held {
        "You were not charged; what your bank holds for us is released."
    } else {
        "You were not charged. Should money arrive all the same, it goes back by itself."
    };
    words.to_owned()
}

/// `Reading lamp and 2 more, ₹2,360`
fn goods(order: &Order) -> String {
    let total = order.totals.total;
    if order.lines.is_empty() { total.to_string() } else { format!("{}, {total}", goods_alone(order)) }
}

fn goods_alone(order: &Order) -> String {
    match order.lines.as_slice() {
        [line] => line.title.clone(),
        [line, rest @ ..] => format!("{} and {} more", line.title, rest.len()),
        [] => "What you ordered".to_owned(),
    }
}
