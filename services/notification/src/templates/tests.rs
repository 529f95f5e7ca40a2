use message::{Currency, Example, Id, Money};
use notification_contract::MailKind;
use order_contract::{CancelReason, Order, OrderRefund};
use product_contract::OptionValue;

use super::*;

fn rupees(amount: i64) -> serde_json::Value {
    serde_json::json!({ "amount": amount * 100, "currency": Currency::INR })
}

/// An order of a lamp and two cups; `exclusive` shows its prices without tax.
fn order(exclusive: bool) -> Order {
    let line = |title: &str, quantity: i64, unit: i64, subtotal: i64, tax: i64, options: &[(&str, &str)]| {
        let options: Vec<_> =
            options.iter().map(|(name, value)| OptionValue::new(name, value).unwrap()).collect();
        serde_json::json!({
            "variant_id": Id::<product_contract::Variant>::from_uuid(uuid()), "sku": "LAMP-1", "title": title,
            "options": options, "quantity": quantity, "unit_price": rupees(unit), "tax_rate": 1800,
            "subtotal": rupees(subtotal), "tax": rupees(tax), "total": rupees(subtotal + tax),
        })
    };
    let (lamp, cup) = if exclusive { (1000, 500) } else { (1180, 590) };
    serde_json::from_value(serde_json::json!({
        "id": Id::<Order>::from_uuid(uuid()), "number": 1042, "status": "confirmed", "email": "mira@example.org",
        "lines": [
            line("Reading lamp, brass & linen", 1, lamp, 1000, 180, &[("Colour", "Sand"), ("Cable", "2 m")]),
            line("Cup <small>", 2, cup, 1000, 180, &[]),
        ],
        "subtotal": rupees(2000), "tax": rupees(360), "total": rupees(2360),
        "shipping_address": {
            "name": "मीरा O'Neil", "line1": "12 Harbour Road", "line2": "Second floor", "city": "Kochi", "region": "Kerala",
            "postal_code": "682001", "country": "IN",
        },
        "tracking": null, "cancel_reason": null, "version": 2, "placed_at": "2026-11-20T23:08:00Z",
        "updated_at": "2026-11-20T23:08:01Z", "held_until": "2026-11-20T23:23:00Z",
    }))
    .unwrap()
}

fn uuid() -> uuid::Uuid {
    uuid::Uuid::nil()
}

fn shop() -> ShopSettings {
    let (time_zone, tax_name) = ("Asia/Kolkata".parse().unwrap(), "GST".parse().unwrap());
    ShopSettings { time_zone, tax_name, ..ShopSettings::default() }
}

fn render_topic(topic: &Topic, shop_url: &str) -> Rendered {
    let settings = Settings { shop_url: shop_url.parse().ok(), ..Settings::default() };
    Templates::new(&settings, OrderSecret::new([7; 32])).render(topic, &shop()).unwrap()
}

fn topic(kind: MailKind, order: Order) -> Topic {
    Topic { kind, order, refund: None }
}

fn render(order: &Order, shop_url: &str) -> Rendered {
    render_topic(&topic(MailKind::OrderConfirmed, order.clone()), shop_url)
}

const SHOP: &str = "https://lateen.example/";

/// The URL that every mail about the order has.
fn link() -> String {
    let id = Id::<Order>::from_uuid(uuid());
    format!("https://lateen.example/orders/{id}?token={}", OrderSecret::new([7; 32]).token(id))
}

/// The mails of every kind, each with the words that it must have in both forms.
fn kinds() -> Vec<(Topic, Vec<&'static str>)> {
    let whole = || order(false);
    let attempt: order_contract::PaymentAttempt = Example::example();
    let failed = order_contract::PaymentAttempt {
        state: order_contract::AttemptState::Failed,
        failure: Some("The bank declined it.".to_owned()),
        ..attempt
    };
    let refund = OrderRefund {
        amount: Money::new(59_000, Currency::INR),
        tax: Money::new(9000, Currency::INR),
        lines: vec![order_contract::RefundedLine {
            variant_id: Id::from_uuid(uuid()),
            quantity: 1,
            amount: Money::new(59_000, Currency::INR),
            tax: Money::new(9000, Currency::INR),
        }],
        reason: "one cup <broken>".parse().unwrap(),
        ..OrderRefund::example()
    };
    let cancelled = |reason| Order { cancel_reason: Some(reason), ..whole() };
    let paid = |order| Order { paid: Some(Money::new(236_000, Currency::INR)), ..order };
    vec![
        (
            topic(MailKind::OrderConfirmed, whole()),
            vec!["Your order 1042 is confirmed", "Total", "Shipped to", "India"],
        ),
        (
            topic(MailKind::PaymentFailed, Order { payments: vec![failed], ..whole() }),
            vec![
                "was not charged: The bank declined it. It is kept",
                "21 November 2026, 04:53 IST",
                "Pay your order, ₹2,360",
            ],
        ),
        (
            topic(MailKind::OrderShipped, Order { tracking: Example::example(), ..whole() }),
            vec!["Your order 1042 is on its way", "Monsoon Parcels", "MP 4471 0923", "12 Harbour Road"],
        ),
        (
            topic(MailKind::OrderCancelled, cancelled(CancelReason::Expired)),
            vec!["not paid in time", "were not charged"],
        ),
        (
            topic(MailKind::OrderCancelled, paid(cancelled(CancelReason::Lost))),
            vec!["lost on its way", "What you paid goes back"],
        ),
        (
            Topic { refund: Some(refund), ..topic(MailKind::Refunded, whole()) },
            vec!["₹590 is on its way back to you", "Reason", "one cup", "Tax in it", "1 × "],
        ),
        (topic(MailKind::Link, whole()), vec!["Here is the link to your order", "only"]),
    ]
}

#[test]
fn every_mail_leads_to_its_order_and_says_what_happened() {
    for (topic, words) in kinds() {
        let Rendered { html, text } = render_topic(&topic, SHOP);
        for words in words {
            assert!(text.contains(words), "{words}: {text}");
            assert!(html.contains(words), "{words}: {html}");
        }
        let html_link = minijinja::value::Value::from(link()).to_string().replace('/', "&#x2f;");
        assert!(text.contains(&link()), "{text}");
        assert!(html.contains(&html_link) || html.contains(&link()), "{html}");
        assert!(!html.contains("<broken>") && !html.contains("<small>"), "{html}");
        assert!(
            html.contains(&format!("<title>{}</title>", topic.subject())) && !text.contains("  \n"),
            "{text}"
        );
        assert!(text.lines().all(|line| !line.ends_with(' ') || line == "-- "), "{text:?}");
        assert!(!text.contains("\n\n\n"), "{text}");
        assert!(text.ends_with("-- \nLateen\nhttps://lateen.example"), "{text}");
        // Without the shop's own URL there is nothing to lead to.
        let Rendered { html, text } = render_topic(&topic, "");
        assert!(!html.contains("href=") && !text.contains("http"), "{text}");
    }
}

#[test]
fn the_text_reads_well() {
    let expected = "\
Thank you, मीरा O'Neil.

Your order 1042 is confirmed. Here is what you bought on 21 November 2026, 04:38 IST.

See your order:
LINK

* Reading lamp, brass & linen (Colour: Sand, Cable: 2 m)
  1 × ₹1,180 = ₹1,180

* Cup <small>
  2 × ₹590 = ₹1,180

Total: ₹2,360 (includes ₹360 GST)

Shipped to:

  मीरा O'Neil
  12 Harbour Road
  Second floor
  Kochi 682001
  Kerala
  India

Your note:

  Ring twice.
  The dog is kind.

Something is not right? Answer this mail; a person reads it. Please keep
the number 1042 at hand.

-- \nLateen
https://lateen.example";
    let order = Order { note: Some("Ring twice.\nThe dog is kind.".parse().unwrap()), ..order(false) };
    assert_eq!(render(&order, SHOP).text, expected.replace("LINK", &link()));
}

#[test]
fn a_refund_reads_well() {
    let (refund, _) = kinds().into_iter().find(|(topic, _)| topic.refund.is_some()).unwrap();
    let expected = "\
₹590 is on its way back to you.

It belongs to your order 1042 and goes the way that you paid. It can take a few days until your bank shows it.

See your order:
LINK

Amount: ₹590
Tax in it: ₹90
Reason: one cup <broken>

* Reading lamp, brass & linen (Colour: Sand, Cable: 2 m)
  1 × ₹1,180 = ₹590

Something is not right?";
    let text = render_topic(&refund, SHOP).text;
    assert!(text.starts_with(&expected.replace("LINK", &link())), "{text}");
}

#[test]
fn prices_without_tax_get_it_below() {
    let text = render(&order(true), "").text;
    assert!(text.contains("  1 × ₹1,000 = ₹1,000\n"), "{text}");
    assert!(text.contains("\nSubtotal: ₹2,000\nGST: ₹360\nTotal: ₹2,360\n"), "{text}");
    assert!(text.ends_with("-- \nLateen"), "{text}");
}

#[test]
fn the_page_escapes_what_others_wrote() {
    let html = render(&order(false), "").html;
    assert!(html.contains("Cup &lt;small&gt;") && html.contains("brass &amp; linen"), "{html}");
    assert!(html.contains("<title>Your order 1042 is confirmed</title>"));
    if let Ok(folder) = std::env::var("CARAVEL_MAIL_PREVIEW") {
        for (at, (topic, _)) in kinds().into_iter().enumerate() {
            let file = format!("{folder}/{at}-{}.html", topic.kind);
            std::fs::write(file, render_topic(&topic, SHOP).html).unwrap();
        }
    }
}
