use message::{Currency, Id};
use product_contract::OptionValue;

use super::*;

fn rupees(amount: i64) -> serde_json::Value {
    serde_json::json!({ "amount": amount * 100, "currency": Currency::INR })
}

/// An order of a lamp and two cups; `exclusive` shows its prices without tax.
fn order(exclusive: bool) -> Order {
    let line = |title: &str, quantity: i64, unit: i64, subtotal: i64, tax: i64, options: &[(&str, &str)]| {
        let options: Vec<_> = options
            .iter()
            .map(|(name, value)| OptionValue { name: (*name).to_owned(), value: (*value).to_owned() })
            .collect();
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

fn render(order: &Order, shop_url: &str) -> Rendered {
    let settings = Settings { shop_url: shop_url.parse().ok(), ..Settings::default() };
    Templates::new(&settings).confirmation(order, &shop()).unwrap()
}

#[test]
fn the_text_reads_well() {
    let expected = "\
Thank you, मीरा O'Neil.

Your order 1042 is confirmed. Here is what you bought on
21 November 2026, 04:38 IST.

* Reading lamp, brass & linen (Colour: Sand, Cable: 2 m)
  1 × ₹1,180 = ₹1,180

* Cup <small>
  2 × ₹590 = ₹1,180

Total: ₹2,360 (includes ₹360 GST)

It goes to:

  मीरा O'Neil
  12 Harbour Road
  Second floor
  Kochi 682001
  Kerala
  India

Something is not right? Answer this mail; a person reads it. Please keep
the number 1042 at hand.

-- \nLateen
https://lateen.example";
    assert_eq!(render(&order(false), "https://lateen.example/").text, expected);
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
    assert!(!html.contains("<small>"));
    assert!(html.contains("<title>Your order 1042 is confirmed</title>"));
    assert!(!html.contains("href="), "no links without a shop's address");
    if let Ok(folder) = std::env::var("CARAVEL_MAIL_PREVIEW") {
        let file = |name: &str, order: &Order, url: &str| {
            std::fs::write(format!("{folder}/{name}.html"), render(order, url).html).unwrap();
        };
        file("inclusive", &order(false), "https://lateen.example");
        file("exclusive", &order(true), "");
    }
}
