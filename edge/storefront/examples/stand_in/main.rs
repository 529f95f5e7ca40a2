//! The real pages without the services: sample goods, orders that are paid after two seconds, mails.
//! `cargo run -p storefront --example stand_in -- 127.0.0.1:8081`, and `empty` after the address for an empty shop.

use std::{error::Error, time::Duration};

use message::{Clock, IdSource};
use notification_contract::MailState;
use order_contract::{CancelReason, OrderCancelled, OrderConfirmed, OrderId, OrderStatus};
use product_contract::Product;
use stand_in::{Shop, goods};

#[path = "../../tests/storefront/stand_in/mod.rs"]
#[expect(dead_code, clippy::unwrap_used, reason = "made for the tests, which use the rest of it")]
mod stand_in;

/// Long enough to see an order wait.
const BANK: Duration = Duration::from_secs(2);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:8081".into());
    let ids = IdSource::random(Clock::system());
    let goods = if arguments.next().is_some() { Vec::new() } else { all(&ids) };
    let shop = Shop::with(goods, &address, |settings| {
        settings.price_note = "tax included".into();
    });
    println!("{}", shop.url);
    loop {
        tokio::time::sleep(BANK).await;
        let pending: Vec<_> = {
            let world = shop.world.lock();
            let pending = world.orders.values().filter(|known| known.order.status == OrderStatus::Pending);
            pending.map(|known| known.order.id).collect()
        };
        for id in pending {
            decide(&shop, id).await;
        }
    }
}

/// The tests' goods, a shirt in 47 variants, and something in more than 2,000.
fn all(ids: &IdSource) -> Vec<Product> {
    let colours = ["sea", "coral", "leaf", "amber", "ink", "cream", "clay", "mist"];
    let shirt = goods::many(ids, "linen-shirt", "Linen shirt", &colours, 6);
    let shades: Vec<_> = (1..=64).map(|shade| format!("shade {shade}")).collect();
    let shades: Vec<_> = shades.iter().map(String::as_str).collect();
    let thread = goods::many(ids, "thread", "Sewing thread", &shades, 32);
    let mut all = vec![goods::pictured(shirt, "bag"), goods::pictured(thread, "bottle")];
    all.extend(goods::shop(ids));
    all
}

/// Pays an order, or declines it as its form said.
async fn decide(shop: &Shop, id: OrderId) {
    let declined = {
        let mut world = shop.world.lock();
        let placed = world.placed.values().find(|(_, placed)| placed.id == id);
        let declined = placed.is_some_and(|(order, _)| order.payment.token.as_str() == "tok_declined");
        if declined && let Some(known) = world.orders.get_mut(&id) {
            known.order.cancel_reason = Some(CancelReason::PaymentFailed);
        }
        declined
    };
    if declined {
        shop.advance(id, OrderStatus::Cancelled, |order| OrderCancelled {
            id,
            version: order.version,
            from: OrderStatus::Pending,
            reason: CancelReason::PaymentFailed,
            order: None,
        })
        .await;
        return;
    }
    shop.advance(id, OrderStatus::Confirmed, |order| OrderConfirmed { order: order.clone() }).await;
    let mut world = shop.world.lock();
    let number = world.orders.get(&id).map_or(0, |known| known.order.number);
    let mail = goods::mail(&shop.ids, id, &format!("Your order {number} is confirmed"), MailState::Sent);
    world.mails.push(mail);
}
