//! Made-up contents: the buy form, orders in every state, mails.

use storefront::views::{
    AmountRow, CheckoutValues, CheckoutView, FieldMessage, HistoryRow, LineRow, MailBadge, MailRow, MailView,
    MailboxView, Moment, MoneyRow, Offer, OrderView, ParcelView, PayForm, PaymentGroup, PaymentOption,
    ProgressStep, SellerView, StepState, Tone,
};

use crate::sample::{link, picture, words};

/// The HTML version of the sample mail, as it is framed.
pub(crate) const MAIL_HTML: &str =
    "<!doctype html><title>Mail</title><h1>Thank you, Meera</h1><p>Order L-10427, ₹2,360.</p>";

fn lines() -> Vec<LineRow> {
    vec![
        LineRow {
            title: words("Enamel kettle"),
            options: Some(words("1.2 litres, sea")),
            href: Some(words("/product.html")),
            picture: Some(picture("kettle", "")),
            quantity: 1,
            unit_price: words("₹2,360"),
            total: words("₹2,360"),
        },
        LineRow {
            title: words("Band mug"),
            options: None,
            href: Some(words("/product.html")),
            picture: Some(picture("cup", "")),
            quantity: 4,
            unit_price: words("₹480"),
            total: words("₹1,920"),
        },
    ]
}

fn amounts() -> Vec<AmountRow> {
    [("Subtotal", "₹3,627.12"), ("GST 18 %", "₹652.88")]
        .map(|(label, amount)| AmountRow { label: words(label), amount: words(amount) })
        .into()
}

/// The buy form as it first appears.
pub(crate) fn checkout() -> CheckoutView {
    CheckoutView {
        action: words("/checkout"),
        back: link("Enamel kettle", "/product.html"),
        product: Some(words("enamel-kettle")),
        variant: words("variant_01h"),
        quantity: 1,
        key: words("0193-key"),
        expected_total: words("428000INR"),
        lines: lines(),
        amounts: amounts(),
        total: Some(words("₹4,280")),
        is_gone: false,
        offers: Vec::new(),
        values: CheckoutValues {
            country: words("IN"),
            payment: words("test/tok_ok"),
            ..CheckoutValues::default()
        },
        countries: ["IN", "LK", "NP"].iter().filter_map(|code| code.parse().ok()).collect(),
        payments: vec![PaymentGroup {
            label: words("Test provider"),
            hint: words("This is the test provider: no card, no money. Choose how the bank should answer."),
            options: [
                ("test/tok_ok", "A card that works", "Paid at once."),
                ("test/tok_declined", "A card that is declined", "The order is cancelled."),
            ]
            .map(|(value, label, hint)| PaymentOption {
                value: words(value),
                label: words(label),
                hint: words(hint),
            })
            .into(),
        }],
        errors: Vec::new(),
    }
}

/// The buy form sent back.
pub(crate) fn checkout_with_errors() -> CheckoutView {
    let errors = [
        ("", "Only 3 kettles are left. The quantity is now 3."),
        ("email", "This address has no @. Write it like meera@example.in."),
        ("postal_code", "Add the postal code, six digits."),
        ("payment", "Choose how to pay."),
    ];
    let values = CheckoutValues {
        email: words("meera.example.in"),
        name: words("Meera <Iyer> & sons"),
        line1: words("14 Harbour Road"),
        city: words("Kochi"),
        country: words("LK"),
        ..CheckoutValues::default()
    };
    let errors =
        errors.map(|(field, message)| FieldMessage { field: words(field), message: words(message) }).into();
    CheckoutView { errors, values, ..checkout() }
}

/// The buy form of something that has just been sold out.
pub(crate) fn checkout_gone() -> CheckoutView {
    let offer =
        |text: &str, price: &str| Offer { variant: words("v"), words: words(text), price: words(price) };
    let offers = vec![offer("1.2 litres, cream", "₹2,360"), offer("2 litres, sea", "₹2,890")];
    let errors = vec![FieldMessage { field: String::new(), message: words("This is sold out.") }];
    let (lines, total) = (Vec::new(), None);
    CheckoutView { is_gone: true, offers, errors, lines, total, ..checkout_with_errors() }
}

pub(crate) fn moment(time: &str) -> Moment {
    Moment { iso: format!("2026-11-20T{time}:00Z"), words: format!("20 November 2026, {time}") }
}

fn steps(reached: usize, end: StepState) -> Vec<ProgressStep> {
    ["Placed", "Confirmed", "Packing", "Shipped", "Delivered"]
        .iter()
        .enumerate()
        .map(|(place, label)| {
            let state = match place.cmp(&reached) {
                std::cmp::Ordering::Less => StepState::Done,
                std::cmp::Ordering::Equal => end,
                std::cmp::Ordering::Greater => StepState::Next,
            };
            ProgressStep { label: words(label), state }
        })
        .collect()
}

fn paying() -> Vec<ProgressStep> {
    let mut steps = steps(1, StepState::Now);
    for step in steps.iter_mut().filter(|step| step.state == StepState::Now) {
        step.label = words("Paying");
    }
    steps
}

fn history(rows: &[(&str, &str, Option<&str>)]) -> Vec<HistoryRow> {
    rows.iter()
        .map(|&(at, label, detail)| HistoryRow {
            at: moment(at),
            label: words(label),
            detail: detail.map(words),
        })
        .collect()
}

/// An order whose payment is being decided.
pub(crate) fn pending_order() -> OrderView {
    OrderView {
        number: words("L-10427"),
        status: words("pending"),
        headline: words("Waiting for the payment"),
        detail: words(
            "Your things are set aside. This page changes by itself as soon as the bank has answered.",
        ),
        tone: Tone::Waiting,
        next: None,
        pay: None,
        cancel: Some(words("/order-cancelled.html")),
        steps: paying(),
        open: true,
        events: Some(words("/orders/order_01h/events?token=abc")),
        reload: true,
        lines: lines(),
        amounts: amounts(),
        total: words("₹4,280"),
        email: words("meera@example.in"),
        address: ["Meera Iyer", "14 Harbour Road", "682001 Kochi", "Kerala, India"].map(words).into(),
        history: history(&[("14:05", "Placed", None)]),
        note: vec![words("Please ring twice.")],
        money: vec![money(Tone::Waiting, "Payment under way", None)],
        parcel: None,
        placed: moment("14:05"),
        seller: SellerView {
            name: words("Lateen"),
            address: ["2 Fort Road", "Fort Kochi", "Kochi 682001", "India"].map(words).into(),
            tax: Some(words("GSTIN 32AAAAA0000A1Z5")),
            email: Some(words("hello@lateen.example")),
        },
        mails: None,
    }
}

fn money(tone: Tone, label: &str, detail: Option<&str>) -> MoneyRow {
    MoneyRow {
        tone,
        label: words(label),
        amount: words("₹4,280"),
        detail: detail.map(words),
        at: moment("14:05"),
    }
}

/// An order whose payment was declined, to be paid again.
pub(crate) fn declined_order() -> OrderView {
    let checkout = checkout();
    let mut steps = steps(1, StepState::Stopped);
    for step in steps.iter_mut().filter(|step| step.state == StepState::Stopped) {
        step.label = words("Not paid");
    }
    OrderView {
        status: words("payment-failed"),
        headline: words("The payment did not go through"),
        detail: words(
            "Nothing was charged. Your things stay set aside until 20 November 2026, 14:20: pay again, best with another \
             card.",
        ),
        tone: Tone::Stopped,
        pay: Some(PayForm {
            action: words("/order-pending.html"),
            key: words("0193-key"),
            total: words("₹4,280"),
            payments: checkout.payments,
            chosen: words("test/tok_ok"),
            error: None,
        }),
        steps,
        events: None,
        reload: false,
        money: vec![money(Tone::Stopped, "Payment failed, nothing charged", Some("The card was declined."))],
        ..pending_order()
    }
}

/// An order that took every step and whose money went back, with the longest words.
pub(crate) fn refunded_order() -> OrderView {
    let steps =
        ["Placed", "Confirmed", "Packing", "Shipped", "Delivered", "Refunded"].map(|label| ProgressStep {
            label: words(label),
            state: if label == "Refunded" { StepState::Stopped } else { StepState::Done },
        });
    let mut lines = lines();
    if let Some(line) = lines.first_mut() {
        line.title = "Donaudampfschifffahrtselektrizitäten".repeat(5);
    }
    OrderView {
        status: words("refunded"),
        headline: words("Refunded"),
        detail: words("What you paid goes back: see each refund below."),
        tone: Tone::Stopped,
        cancel: None,
        open: false,
        steps: steps.into(),
        lines,
        address: vec!["x".repeat(200), words("شارع الملك فيصل 12."), words("Kochi 682001"), words("India")],
        email: format!("{}@example.org", "m".repeat(60)),
        money: vec![
            money(Tone::Good, "Paid", None),
            money(Tone::Good, "Refunded", Some("One arrived with a dent")),
        ],
        ..shipped_order()
    }
}

/// An order just paid.
pub(crate) fn confirmed_order() -> OrderView {
    OrderView {
        status: words("confirmed"),
        headline: words("Confirmed, thank you"),
        detail: words("The payment went through. We pack it next; this page shows when it leaves."),
        tone: Tone::Good,
        steps: steps(2, StepState::Next),
        reload: false,
        history: history(&[
            ("14:06", "Confirmed", Some("Paid with the test provider")),
            ("14:05", "Placed", None),
        ]),
        events: None,
        money: vec![money(Tone::Good, "Paid", None)],
        mails: Some(words("/mailbox.html")),
        ..pending_order()
    }
}

/// An order on its way.
pub(crate) fn shipped_order() -> OrderView {
    OrderView {
        status: words("shipped"),
        headline: words("On its way"),
        detail: words("It left our door. India Post carries it, number IN 4471 0932."),
        cancel: None,
        parcel: Some(ParcelView {
            company: words("India Post"),
            number: words("IN 4471 0932"),
            href: Some(words("https://track.example.in/IN44710932")),
        }),
        steps: steps(4, StepState::Next),
        history: history(&[
            ("18:40", "Shipped", Some("India Post, IN 4471 0932")),
            ("15:20", "Packing", None),
            ("14:06", "Confirmed", Some("Paid with the test provider")),
            ("14:05", "Placed", None),
        ]),
        ..confirmed_order()
    }
}

/// An order whose payment was declined.
pub(crate) fn cancelled_order() -> OrderView {
    let mut steps = steps(1, StepState::Stopped);
    steps.truncate(2);
    for step in steps.iter_mut().skip(1) {
        step.label = words("Cancelled");
    }
    OrderView {
        status: words("cancelled"),
        headline: words("Cancelled: the card was declined"),
        detail: words(
            "Nothing was charged and the things are back on the shelf. Try again with another card.",
        ),
        tone: Tone::Stopped,
        next: Some(link("Try another card", "/checkout.html")),
        steps,
        cancel: None,
        open: false,
        events: None,
        reload: false,
        history: history(&[
            ("14:06", "Cancelled", Some("The bank declined the card")),
            ("14:05", "Placed", None),
        ]),
        ..pending_order()
    }
}

fn mail_state(tone: Tone, text: &str) -> MailBadge {
    MailBadge { tone, words: words(text) }
}

/// Mails in every state.
pub(crate) fn mailbox() -> MailboxView {
    let mails = [
        ("Your order L-10427 is confirmed", "meera@example.in", Tone::Good, "kept", "14:06"),
        (
            "Your order L-10426 is confirmed",
            "a.very.long.address.of.somebody@subdomain.example.org",
            Tone::Waiting,
            "queued",
            "14:01",
        ),
        ("Your order L-10425 is confirmed", "नमस्ते@example.in", Tone::Stopped, "failed", "13:58"),
    ];
    MailboxView {
        note: words("No mail server is set, so the shop’s mails are kept here instead of being sent."),
        mails: mails
            .map(|(subject, to, tone, state, at)| MailRow {
                href: words("/mail.html"),
                to: words(to),
                subject: words(subject),
                state: mail_state(tone, state),
                at: moment(at),
            })
            .into(),
        next: Some(words("/mailbox.html?cursor=abc")),
    }
}

/// No mail.
pub(crate) fn empty_mailbox() -> MailboxView {
    MailboxView { mails: Vec::new(), next: None, ..mailbox() }
}

/// A mail with both its versions.
pub(crate) fn mail() -> MailView {
    MailView {
        to: words("meera@example.in"),
        subject: words("Your order L-10427 is confirmed"),
        state: mail_state(Tone::Good, "kept"),
        at: moment("14:06"),
        html_src: words("/mail-alone.html"),
        text: words(
            "Thank you, Meera.\n\nOrder L-10427\n\n  1 x Enamel kettle, 1.2 litres, sea    ₹2,360\n  4 x Band mug                          \
             ₹1,920\n\n  Total                                 ₹4,280\n\nFollow it: http://127.0.0.1:8080/orders/order_01h?token=abc\n",
        ),
        failure: None,
    }
}
