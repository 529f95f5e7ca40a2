//! An order in words: how it stands, what happened to it and to its money, what can still be done.

use edge_common::paths;
use message::{TimeZone, Timestamp};
use order_contract::{
    AttemptState, CancelReason, HistoryEntry, Order, OrderRefund, OrderStatus, PaymentAttempt, RefundState,
    Tracking, Unpayable,
};
use serde::Serialize;

use crate::{
    order_feeds::is_last,
    views::{HistoryRow, MoneyRow, ParcelView, ProgressStep, StepState, Tone},
    words::moment,
};

/// An order's status, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Standing {
    /// What the page compares to see whether something changed: the status's wire name, or [`PAYMENT_FAILED`].
    pub(crate) status: &'static str,
    /// "Confirmed, thank you".
    #[serde(rename = "label")]
    pub(crate) headline: &'static str,
    /// What that means for the shopper.
    pub(crate) detail: &'static str,
    #[serde(skip)]
    pub(crate) tone: Tone,
}

/// The status of a pending order whose last payment failed.
const PAYMENT_FAILED: &str = "payment-failed";

const BACK_ON_SALE: &str = "What you ordered is back on sale.";

/// How an order with this status stands; `unpaid` is whether its last payment failed.
pub(crate) fn standing(status: OrderStatus, reason: Option<CancelReason>, unpaid: bool) -> Standing {
    use CancelReason::{Expired, Lost, PaymentFailed};
    use OrderStatus::{Cancelled, Confirmed, Delivered, Pending, Processing, Refunded, Shipped};
    let (tone, headline, detail) = match (status, reason) {
        (Pending, _) if unpaid => (
            Tone::Stopped,
            "The payment did not go through",
            "Nothing was charged, and your things stay set aside. Pay again, best with another card.",
        ),
        (Pending, _) => (
            Tone::Waiting,
            "Waiting for the payment",
            "Your things are set aside. This page changes by itself as soon as the bank has answered.",
        ),
        (Confirmed, _) => (
            Tone::Good,
            "Confirmed, thank you",
            "The payment went through. We pack it next; this page shows when it leaves.",
        ),
        (Processing, _) => (Tone::Good, "Being packed", "Your things are on the packing table."),
        (Shipped, _) => (Tone::Good, "On its way", "It left our door."),
        (Delivered, _) => (Tone::Good, "Delivered", "It arrived. We hope that it serves you long."),
        (Refunded, _) => (Tone::Stopped, "Refunded", "What you paid goes back: see each refund below."),
        (Cancelled, Some(PaymentFailed)) => (
            Tone::Stopped,
            "Cancelled: the payment did not go through",
            "Nothing was charged. What you ordered is back on sale: try again, best with another card.",
        ),
        (Cancelled, Some(Expired)) => (
            Tone::Stopped,
            "Cancelled: it was not paid in time",
            "Nothing was charged. What you ordered is back on sale, and you can order it again.",
        ),
        (Cancelled, Some(Lost)) => (
            Tone::Stopped,
            "Cancelled: the parcel was lost",
            "We are sorry. What you paid goes back: see each refund below.",
        ),
        (Cancelled, _) => (Tone::Stopped, "Cancelled", BACK_ON_SALE),
    };
    let status = if unpaid && status == Pending { PAYMENT_FAILED } else { status.as_str() };
    Standing { status, headline, detail, tone }
}

/// How the order stands.
pub(crate) fn of(order: &Order) -> Standing {
    standing(order.status, order.cancel_reason, payment_failed(order))
}

/// Whether the last payment of an order that is not paid failed.
pub(crate) fn payment_failed(order: &Order) -> bool {
    let last = order.payments.last().map(|payment| payment.state);
    order.status == OrderStatus::Pending && last == Some(AttemptState::Failed)
}

/// What the headline means for this order, with its times, its parcel and its money.
pub(crate) fn detail(order: &Order, now: Timestamp, zone: &TimeZone) -> String {
    let general = of(order).detail;
    let mut detail = match (order.status, order.unpayable(now)) {
        (OrderStatus::Pending, None) => format!(
            "Nothing was charged. Your things stay set aside until {}: pay again, best with another card.",
            moment(order.held_until, zone).words
        ),
        (OrderStatus::Pending, Some(Unpayable::TooOften)) => {
            "Nothing was charged. It failed too often to try once more with this order; you can order again."
                .to_owned()
        }
        (OrderStatus::Pending, Some(Unpayable::Ended)) => {
            "The time to pay is over. Nothing was charged, and the order is cancelled in a moment.".to_owned()
        }
        (OrderStatus::Cancelled, _) if general == BACK_ON_SALE => {
            let paid = order.payments.iter().any(|payment| payment.captured.amount > 0);
            // Orders from before their payments were kept may have been paid.
            let unknown = order.payments.is_empty();
            let money = match (paid, unknown) {
                (true, _) => "What you paid is on its way back to you.",
                (false, true) => "What was paid is on its way back to you.",
                (false, false) => "Nothing was charged.",
            };
            format!("{general} {money}")
        }
        (OrderStatus::Shipped, _) => match &order.tracking {
            Some(parcel) => format!("{general} {} carries it, number {}.", parcel.company, parcel.number),
            None => general.to_owned(),
        },
        _ => general.to_owned(),
    };
    let is_part = !matches!(order.status, OrderStatus::Cancelled | OrderStatus::Refunded);
    if let Some(back) = order.refunded.filter(|back| is_part && back.amount > 0) {
        detail.push_str(&[" ", &back.to_string(), " of what you paid goes back to you."].concat());
    }
    detail
}

/// The steps that every order hopes to take.
const COURSE: [(OrderStatus, &str); 5] = [
    (OrderStatus::Pending, "Placed"),
    (OrderStatus::Confirmed, "Confirmed"),
    (OrderStatus::Processing, "Packing"),
    (OrderStatus::Shipped, "Shipped"),
    (OrderStatus::Delivered, "Delivered"),
];

/// The progress line.
pub(crate) fn steps(order: &Order, history: &[HistoryEntry]) -> Vec<ProgressStep> {
    let step = |label: &str, state| ProgressStep { label: label.to_owned(), state };
    let reached = |status| history.iter().any(|entry| entry.status == status);
    let status = order.status;
    if matches!(status, OrderStatus::Cancelled | OrderStatus::Refunded) {
        let taken = COURSE.iter().filter(|(status, _)| *status == OrderStatus::Pending || reached(*status));
        let end = match (status, order.cancel_reason) {
            (OrderStatus::Refunded, _) => "Refunded",
            (_, Some(CancelReason::Lost)) => "Lost",
            _ => "Cancelled",
        };
        let taken = taken.map(|(_, label)| step(label, StepState::Done));
        return taken.chain([step(end, StepState::Stopped)]).collect();
    }
    let here = COURSE.iter().position(|(known, _)| *known == status).unwrap_or_default();
    let steps = COURSE.iter().enumerate().map(|(index, (_, label))| match index {
        _ if index <= here => step(label, StepState::Done),
        // The shopper waits for the payment, or pays again; the shop begins the other steps.
        _ if payment_failed(order) && index == here + 1 => step("Not paid", StepState::Stopped),
        _ if status == OrderStatus::Pending && index == here + 1 => step("Paying", StepState::Now),
        _ => step(label, StepState::Next),
    });
    steps.collect()
}

/// What happened, newest first.
pub(crate) fn history(order: &Order, entries: &[HistoryEntry], zone: &TimeZone) -> Vec<HistoryRow> {
    let rows = entries.iter().rev().map(|entry| HistoryRow {
        at: moment(entry.at, zone),
        label: step_label(entry.status).into(),
        detail: step_detail(order, entry),
    });
    rows.collect()
}

fn step_detail(order: &Order, entry: &HistoryEntry) -> Option<String> {
    match (entry.status, order.cancel_reason, &order.tracking) {
        (OrderStatus::Cancelled, Some(CancelReason::PaymentFailed), _) => {
            Some("The payment did not go through".into())
        }
        (OrderStatus::Cancelled, Some(CancelReason::Expired), _) => Some("It was not paid in time".into()),
        (OrderStatus::Cancelled, Some(CancelReason::Lost), _) => Some("The parcel was lost".into()),
        // The note is the reason's wire name.
        (OrderStatus::Cancelled, ..) => None,
        (OrderStatus::Shipped, _, Some(parcel)) => Some(format!("{}, {}", parcel.company, parcel.number)),
        _ => entry.note.clone(),
    }
}

fn step_label(status: OrderStatus) -> &'static str {
    match status {
        OrderStatus::Cancelled => "Cancelled",
        OrderStatus::Refunded => "Refunded",
        _ => COURSE.iter().find(|(known, _)| *known == status).map_or("", |(_, label)| label),
    }
}

/// The payments and refunds of the order, the first one first.
pub(crate) fn money(order: &Order, zone: &TimeZone) -> Vec<MoneyRow> {
    let mut rows: Vec<_> =
        order.payments.iter().map(|payment| (payment.requested_at, paid(payment, zone))).collect();
    rows.extend(order.refunds.iter().map(|refund| (refund.requested_at, refunded(refund, zone))));
    rows.sort_by_key(|(at, _)| *at);
    rows.into_iter().map(|(_, row)| row).collect()
}

fn paid(payment: &PaymentAttempt, zone: &TimeZone) -> MoneyRow {
    let (tone, label) = match payment.state {
        AttemptState::Pending => (Tone::Waiting, "Payment under way"),
        AttemptState::Authorised => (Tone::Good, "Payment held by your bank"),
        // What went back of it has a row of its own.
        AttemptState::Captured | AttemptState::Refunded => (Tone::Good, "Paid"),
        AttemptState::Failed => (Tone::Stopped, "Payment failed, nothing charged"),
        AttemptState::Voided => (Tone::Stopped, "Payment cancelled, nothing charged"),
    };
    MoneyRow {
        tone,
        label: label.into(),
        amount: payment.amount.to_string(),
        detail: payment.failure.clone(),
        at: moment(payment.requested_at, zone),
    }
}

fn refunded(refund: &OrderRefund, zone: &TimeZone) -> MoneyRow {
    let (tone, label) = match refund.state {
        RefundState::Pending => (Tone::Waiting, "Refund under way"),
        RefundState::Refunded => (Tone::Good, "Refunded"),
        RefundState::Failed => (Tone::Stopped, "Refund failed"),
    };
    MoneyRow {
        tone,
        label: label.into(),
        amount: refund.amount.to_string(),
        detail: Some(refund.reason.to_string()),
        at: moment(refund.settled_at.unwrap_or(refund.requested_at), zone),
    }
}

/// Where carriers show a parcel: what their names begin with in small letters, and the page, which ends with the number.
const CARRIERS: [(&str, &str); 10] = [
    ("dhl", "https://www.dhl.com/global-en/home/tracking.html?tracking-id="),
    ("ups", "https://www.ups.com/track?tracknum="),
    ("fedex", "https://www.fedex.com/fedextrack/?trknbr="),
    ("usps", "https://tools.usps.com/go/TrackConfirmAction?tLabels="),
    ("delhivery", "https://www.delhivery.com/track-v2/package/"),
    ("royal mail", "https://www.royalmail.com/track-your-item#/tracking-results/"),
    ("dpd", "https://www.dpd.com/tracking/?parcelNumber="),
    ("gls", "https://gls-group.com/track/"),
    ("australia post", "https://auspost.com.au/mypost/track/details/"),
    ("canada post", "https://www.canadapost-postescanada.ca/track-reperage/en#/search?searchFor="),
];

/// The parcel, with the carrier's page where it is known. What the merchant wrote is no link unless it is plain HTTPS.
pub(crate) fn parcel(parcel: &Tracking) -> ParcelView {
    let (company, number) = (parcel.company.as_str(), parcel.number.as_str());
    let name = company.to_lowercase();
    let is_of = |carrier: &str| {
        name.strip_prefix(carrier).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    };
    let known = CARRIERS.iter().find(|(carrier, _)| is_of(carrier)).map(|(_, page)| {
        let number: String = number.split_whitespace().collect();
        format!("{page}{}", paths::encoded(&number))
    });
    let href = if is_plain_https(number) { Some(number.to_owned()) } else { known };
    ParcelView { company: company.to_owned(), number: number.to_owned(), href }
}

/// Whether it is a URL that can only lead to the host that it shows: no user before the host, nothing but ASCII.
fn is_plain_https(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_name = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    host.contains('.') && host.split('.').all(is_name) && url.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether the page still has something to wait for.
pub(crate) fn is_open(order: &Order) -> bool {
    !is_last(order.status)
}

/// Whether its buyer may still cancel it.
pub(crate) fn can_be_cancelled(order: &Order) -> bool {
    matches!(order.status, OrderStatus::Pending | OrderStatus::Confirmed | OrderStatus::Processing)
}

#[cfg(test)]
mod tests {
    use message::Example as _;

    use super::*;

    fn order(status: OrderStatus, reason: Option<CancelReason>) -> Order {
        Order {
            status,
            cancel_reason: reason,
            payments: Vec::new(),
            refunds: Vec::new(),
            refunded: None,
            ..Order::example()
        }
    }

    #[test]
    fn the_progress_line_ends_where_the_order_ended() {
        use OrderStatus::{Cancelled, Confirmed, Delivered, Pending, Processing, Refunded, Shipped};
        let labels = |order: &Order, history: &[OrderStatus]| {
            let at = Timestamp::from_micros(0);
            let history: Vec<_> =
                history.iter().map(|status| HistoryEntry { status: *status, at, note: None }).collect();
            steps(order, &history).into_iter().map(|step| step.label).collect::<Vec<_>>()
        };
        let mut pending = order(Pending, None);
        assert_eq!(labels(&pending, &[Pending])[1], "Paying");
        pending.payments = vec![PaymentAttempt { state: AttemptState::Failed, ..PaymentAttempt::example() }];
        assert_eq!(labels(&pending, &[Pending])[1], "Not paid");
        let cancelled = order(Cancelled, None);
        assert_eq!(labels(&cancelled, &[Pending, Cancelled]), ["Placed", "Cancelled"]);
        assert_eq!(
            labels(&cancelled, &[Pending, Confirmed, Cancelled]),
            ["Placed", "Confirmed", "Cancelled"]
        );
        let lost = order(Cancelled, Some(CancelReason::Lost));
        assert_eq!(labels(&lost, &[Confirmed, Processing, Shipped, Cancelled]).last().unwrap(), "Lost");
        let all = [Pending, Confirmed, Processing, Shipped, Delivered, Refunded];
        assert_eq!(labels(&order(Refunded, None), &all).len(), 6, "the longest");
    }

    #[test]
    fn every_end_says_what_became_of_the_money() {
        use OrderStatus::{Cancelled, Delivered, Pending, Refunded};
        let now = Timestamp::from_micros(0);
        let failed = PaymentAttempt {
            state: AttemptState::Failed,
            captured: Order::example().totals.total.checked_mul(0).unwrap(),
            ..PaymentAttempt::example()
        };
        let mut unpaid = order(Pending, None);
        unpaid.payments = vec![failed.clone()];
        assert!(detail(&unpaid, now, &TimeZone::default()).contains("stay set aside until"));
        assert!(detail(&unpaid, unpaid.held_until, &TimeZone::default()).contains("The time to pay is over"));
        unpaid.payments = vec![failed.clone(); order_contract::MOST_PAYMENTS];
        assert!(detail(&unpaid, now, &TimeZone::default()).contains("too often"));
        let mut cancelled = order(Cancelled, Some(CancelReason::Requested));
        cancelled.payments = vec![failed];
        assert!(detail(&cancelled, now, &TimeZone::default()).ends_with("Nothing was charged."));
        cancelled.payments = vec![PaymentAttempt::example()];
        assert!(
            detail(&cancelled, now, &TimeZone::default())
                .ends_with("What you paid is on its way back to you.")
        );
        for reason in [CancelReason::PaymentFailed, CancelReason::Expired] {
            assert!(
                detail(&order(Cancelled, Some(reason)), now, &TimeZone::default())
                    .contains("Nothing was charged.")
            );
        }
        for end in [order(Cancelled, Some(CancelReason::Lost)), order(Refunded, None)] {
            assert!(
                detail(&end, now, &TimeZone::default())
                    .contains("What you paid goes back: see each refund below.")
            );
        }
        let refunded = Order::example().totals.total.into();
        assert!(
            detail(&Order { refunded, ..order(Delivered, None) }, now, &TimeZone::default())
                .contains("of what you paid goes back")
        );
    }

    #[test]
    fn a_parcel_links_to_its_carrier_and_nowhere_else() {
        let href = |company: &str, number: &str| {
            parcel(&Tracking { company: company.parse().unwrap(), number: number.parse().unwrap() }).href
        };
        assert_eq!(href("UPS", "1Z 99&x"), Some("https://www.ups.com/track?tracknum=1Z99%26x".into()));
        assert!(href("DHL Express", "1").unwrap().starts_with("https://www.dhl.com/"));
        assert_eq!(href("Upsala Post", "1"), None);
        assert_eq!(
            href("Monsoon", "https://track.example.in/p/1?x=2"),
            Some("https://track.example.in/p/1?x=2".into())
        );
        for bad in [
            "javascript:alert(1)",
            "http://track.example.in",
            "https://",
            "https://localhost/",
            "https://a.b@evil.example/",
            "https://evil.example:443/",
            "https://ex ample.in/",
            "https://bücher.example/",
            "https://a..b/",
            "data:text/html,x",
        ] {
            assert_eq!(href("Monsoon", bad), None, "{bad}");
        }
    }
}
