//! A shop of the order service alone, with a product whose variants can be sold.

use std::sync::{Arc, Mutex};

use bus::{Cx, Router};
use message::{Address, Clock, Currency, Example as _, Fault, Metadata, Money, Timestamp};
use order::Settings;
use order_contract::OrderSecret;
use order_contract::{
    AdjustStock, GetStock, Item, PaymentMethod, PlaceOrder, Quantity, StockAdjustment, StockReport,
};
use product_contract::{
    ListOffers, NewVariant, Product, ProductChanged, ProductError, Variant, VariantId, VariantOffer,
};
use testing::{TestBackend, TestShop, TestShopBuilder};

pub(crate) fn builder(backend: &TestBackend) -> TestShopBuilder {
    with_settings(backend, Settings::default())
}

pub(crate) fn with_settings(backend: &TestBackend, settings: Settings) -> TestShopBuilder {
    with_products(backend, settings, Products::default())
}

/// The same, beside a stand-in for `product` that has these products.
pub(crate) fn with_products(
    backend: &TestBackend,
    settings: Settings,
    products: Products,
) -> TestShopBuilder {
    let order = move |db| order::service(db, settings, OrderSecret::new([7; 32]));
    TestShop::builder(backend)
        .service(order::NAME, order::MIGRATIONS, order)
        .stand_in(Router::new("product", products).on(list_offers))
}

/// What `product` has, and how often it was asked.
#[derive(Clone, Default)]
pub(crate) struct Products(pub(crate) Arc<Mutex<Catalogue>>);

#[derive(Default)]
pub(crate) struct Catalogue {
    pub(crate) products: Vec<Product>,
    pub(crate) is_down: bool,
    pub(crate) asked: usize,
}

async fn list_offers(cx: Cx<Products>, request: ListOffers) -> Result<Vec<VariantOffer>, ProductError> {
    let mut catalogue = cx.0.lock().unwrap();
    catalogue.asked += 1;
    if catalogue.is_down {
        return Err(Fault::unavailable("product is down").into());
    }
    let offers = catalogue.products.iter().flat_map(VariantOffer::all_of);
    Ok(offers
        .filter(|offer| {
            request.products.contains(&offer.product_id) || request.variants.contains(&offer.variant.id)
        })
        .collect())
}

/// Makes `count` variants known to the service, at ₹118 each with tax, and stocks each with `stock`.
pub(crate) async fn stock_up(shop: &TestShop, count: usize, stock: i64) -> Vec<VariantId> {
    let product = product(shop, count);
    let variants: Vec<_> = product.variants.iter().map(|variant| variant.id).collect();
    tell(shop, product).await;
    if stock > 0 {
        let adjustments = variants.iter().map(|variant| adjustment(shop, *variant, "main", stock)).collect();
        shop.ask(&AdjustStock { adjustments, in_advance: false }).await.unwrap();
    }
    variants
}

pub(crate) fn adjustment(
    shop: &TestShop,
    variant_id: VariantId,
    location: &str,
    delta: i64,
) -> StockAdjustment {
    StockAdjustment {
        key: key(shop),
        variant_id,
        location: location.parse().unwrap(),
        delta,
        reason: "count".parse().unwrap(),
    }
}

pub(crate) fn key(shop: &TestShop) -> message::IdempotencyKey {
    shop.bus.ids().id::<Key>().to_string().parse().unwrap()
}

struct Key;
impl message::Entity for Key {
    const PREFIX: &'static str = "key";
}

pub(crate) fn product(shop: &TestShop, count: usize) -> Product {
    let variant = |number| Variant {
        sku: Some(format!("KETTLE-{number}").parse().unwrap()),
        ..NewVariant::new(Money::new(11_800, Currency::INR)).into_variant(shop.bus.ids().id())
    };
    Product {
        id: shop.bus.ids().id(),
        title: "Kettle".parse().unwrap(),
        variants: (0..count).map(variant).collect(),
        version: 1,
        created_at: shop.clock.now(),
        updated_at: shop.clock.now(),
        ..Product::example()
    }
}

/// Delivers a product's change to the service, as if `product` had published it.
pub(crate) async fn tell(shop: &TestShop, product: Product) {
    deliver(shop, &ProductChanged { product }).await;
}

pub(crate) async fn deliver<E: message::Event>(shop: &TestShop, event: &E) {
    let headers = message::Headers::new(shop.bus.correlation());
    let envelope = message::Envelope::event(event, headers, shop.bus.ids()).unwrap();
    shop.deliver(order::NAME, vec![envelope]).await.unwrap();
}

pub(crate) fn place(shop: &TestShop, items: &[(VariantId, i64)]) -> PlaceOrder {
    PlaceOrder {
        idempotency_key: key(shop),
        email: "mira@example.org".parse().unwrap(),
        items: items
            .iter()
            .map(|(variant_id, quantity)| Item::new(*variant_id, Quantity::try_from(*quantity).unwrap()))
            .collect(),
        shipping_address: address("Mira"),
        payment: PaymentMethod { provider: "test".parse().unwrap(), token: "tok_ok".parse().unwrap() },
        expected_total: None,
        note: None,
        source: None,
        locale: None,
        metadata: Metadata::default(),
    }
}

pub(crate) fn address(name: &str) -> Address {
    Address { name: name.parse().unwrap(), ..Address::example() }
}

pub(crate) async fn stock(shop: &TestShop, variant_id: VariantId) -> StockReport {
    shop.ask(&GetStock { variant_id }).await.unwrap()
}

pub(crate) fn captured(
    shop: &TestShop,
    order_id: order_contract::OrderId,
) -> payment_contract::PaymentCaptured {
    payment_contract::PaymentCaptured {
        payment_id: shop.bus.ids().id(),
        order_id,
        attempt: 1,
        amount: Money::new(11_800, Currency::INR),
        reason: None,
        version: 2,
    }
}

pub(crate) fn failed(
    shop: &TestShop,
    order_id: order_contract::OrderId,
    attempt: i64,
) -> payment_contract::PaymentFailed {
    payment_contract::PaymentFailed {
        payment_id: shop.bus.ids().id(),
        order_id,
        attempt,
        amount: Money::new(11_800, Currency::INR),
        reason: Some("declined".to_owned()),
        version: 2,
    }
}

/// Delivers the news that money went back, or that the bank refused it.
pub(crate) async fn money_back(
    shop: &TestShop,
    order_id: order_contract::OrderId,
    attempt: i64,
    refund_id: Option<order_contract::RefundId>,
    amount: Money,
    is_done: bool,
) {
    let payment_id = shop.bus.ids().id();
    match refund_id {
        Some(refund_id) if !is_done => {
            let reason = "The account is closed.".to_owned();
            let event = payment_contract::PaymentRefundFailed {
                payment_id,
                order_id,
                attempt,
                amount,
                refund_id,
                reason,
                version: 3,
            };
            deliver(shop, &event).await;
        }
        _ => {
            let event = payment_contract::PaymentRefunded {
                payment_id,
                order_id,
                attempt,
                amount,
                refund_id,
                version: 3,
            };
            deliver(shop, &event).await;
        }
    }
}

pub(crate) fn manual_clock() -> Clock {
    let start: Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
    Clock::manual(start)
}
