//! What answers in place of the services.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
};

use bus::{Cx, Router};
use message::{Currency, Example as _, Fault, FieldError, Kind, ListPage, Money};
use order_contract::{
    Access, AdjustStock, AdjustmentEntry, AdvanceOrder, CancelOrder, CancelReason, ChangeAddress, CopyError,
    CopyProducts, CopyReport, CopyShop, GetHistory, GetOrder, GetStock, HistoryEntry, ListAdjustments,
    ListOrders, ListStock, LocationStock, Order, OrderError, OrderId, OrderLine, OrderRequested, OrderStatus,
    PayOrder, PlaceError, PlaceOrder, PlacedOrder, PriceChange, Quantity, Quote, RefundOrder, ReportLost,
    SetStock, Shortage, StockError, StockItem, StockReport, UnknownItem, Unpayable,
};
use product_contract::{
    ChangeProduct, CollectionSummary, CreateProduct, FileKey, GetProduct, ListCollections, ListProducts,
    Picture, Product, ProductError, ProductId, ProductKey, ProductStatus, SavedProduct, Variant, VariantId,
    Warning,
};
use serde_json::{Value, json};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::media;

pub(crate) const TOKEN: &str = "the-buyers-token";

pub(crate) fn product_id(number: u128) -> ProductId {
    ProductId::from_uuid(Uuid::from_u128(number))
}

pub(crate) fn variant_id(number: u128) -> VariantId {
    VariantId::from_uuid(Uuid::from_u128(number))
}

pub(crate) fn order_id() -> OrderId {
    OrderId::from_uuid(Uuid::from_u128(7))
}

pub(crate) fn new_order() -> Value {
    json!({
        "email": "mira@example.org",
        "items": [{"variant_id": variant_id(1), "quantity": 2}, {"variant_id": variant_id(2), "quantity": 1}],
        "shipping_address": {
            "name": "मीरा नायर 🫖", "line1": "14 Lake Road", "line2": "Flat 3", "city": "Kochi", "region": "Kerala",
            "postal_code": "682001", "country": "IN",
        },
        "payment": {"provider": "test", "token": "tok_ok"},
    })
}

pub(crate) fn new_product() -> Value {
    json!({
        "slug": "teapot", "title": "Teapot",
        "variants": [{"sku": "POT-1", "price": {"amount": 100, "currency": "INR"}}],
    })
}

fn a_product(number: u128, slug: &str, status: ProductStatus) -> Product {
    let collection = if number == 1 { "Kitchen & more" } else { "" };
    let price = Money::new(4200, Currency::INR);
    let variant = Variant { id: variant_id(number), price, available: 5, ..Variant::example() };
    Product {
        id: product_id(number),
        slug: slug.parse().unwrap(),
        collection: collection.parse().unwrap(),
        status,
        pictures: vec![Picture { file: FileKey("abc1.svg".to_owned()), ..Picture::example() }],
        variants: vec![variant],
        ..Product::example()
    }
}

/// Stands in for `product`: 1 `kettle` and 2 `lamp` are published, 3 `secret` is a draft.
pub(crate) struct Catalogue {
    /// The last picture that was uploaded.
    pub(crate) uploaded: Mutex<Option<message::Base64>>,
    pub(crate) products: Mutex<Vec<Product>>,
    /// How often it was asked for a product or a list.
    pub(crate) reads: AtomicUsize,
}

impl Default for Catalogue {
    fn default() -> Self {
        let products = vec![
            a_product(1, "kettle", ProductStatus::Published),
            a_product(2, "lamp", ProductStatus::Published),
            a_product(3, "secret", ProductStatus::Draft),
        ];
        Self { uploaded: Mutex::default(), products: Mutex::new(products), reads: AtomicUsize::new(0) }
    }
}

pub(crate) type Shared<T> = Cx<Arc<T>>;

pub(crate) fn product(catalogue: Arc<Catalogue>) -> Router<Arc<Catalogue>> {
    async fn get(cx: Shared<Catalogue>, GetProduct { key }: GetProduct) -> Result<Product, ProductError> {
        cx.reads.fetch_add(1, SeqCst);
        let is_it = |product: &&Product| match &key {
            ProductKey::Id(id) => product.id == *id,
            ProductKey::Slug(slug) => product.slug == *slug,
        };
        cx.products.lock().unwrap().iter().find(is_it).cloned().ok_or(ProductError::NotFound)
    }
    async fn list(cx: Shared<Catalogue>, request: ListProducts) -> Result<ListPage<Product>, ProductError> {
        cx.reads.fetch_add(1, SeqCst);
        let wanted = |product: &&Product| {
            request.status.is_none_or(|status| product.status == status)
                && request.collection.as_ref().is_none_or(|collection| product.collection == *collection)
        };
        let Ok(skip) = request.cursor.map_or(Ok(0), |cursor| cursor.parse()) else {
            return Err(ProductError::Invalid(vec![FieldError::new("/cursor", "expected a cursor")]));
        };
        let products = cx.products.lock().unwrap();
        let found =
            products.iter().filter(wanted).skip(skip).take(request.limit.get() + 1).cloned().collect();
        Ok(ListPage::from_overfull(found, request.limit, |_| (skip + request.limit.get()).to_string()))
    }
    async fn collections(
        _: Shared<Catalogue>,
        _: ListCollections,
    ) -> Result<Vec<CollectionSummary>, ProductError> {
        Ok(vec![CollectionSummary { collection: "Kitchen".to_owned().try_into().unwrap(), products: 2 }])
    }
    async fn create(cx: Shared<Catalogue>, request: CreateProduct) -> Result<SavedProduct, ProductError> {
        let new = request.product;
        match new.slug.as_str() {
            "taken" => return Err(ProductError::SlugTaken(new.slug)),
            "negative" => {
                return Err(ProductError::Invalid(vec![FieldError::new(
                    "/variants/0/price/amount",
                    "expected 0 or more",
                )]));
            }
            _ => {}
        }
        let product = Product { title: new.title, ..a_product(9, new.slug.as_str(), new.status) };
        cx.products.lock().unwrap().push(product.clone());
        Ok(SavedProduct { product, warnings: vec![Warning::example()] })
    }
    async fn change(cx: Shared<Catalogue>, request: ChangeProduct) -> Result<SavedProduct, ProductError> {
        let mut products = cx.products.lock().unwrap();
        let product =
            products.iter_mut().find(|product| product.id == request.id).ok_or(ProductError::NotFound)?;
        product.title = request.change.title.unwrap_or_else(|| product.title.clone());
        product.status = request.change.status.unwrap_or(product.status);
        Ok(SavedProduct { product: product.clone(), warnings: Vec::new() })
    }
    let router = Router::new("product", catalogue).on(get).on(list).on(collections).on(create).on(change);
    router.on(media::put).on(media::get)
}

/// Stands in for `order`.
#[derive(Default)]
pub(crate) struct Desk {
    answers: Mutex<HashMap<String, (PlaceOrder, PlacedOrder)>>,
    /// How many orders were placed.
    pub(crate) placed: AtomicUsize,
    /// How many orders of `slow@` have come.
    pub(crate) slow: AtomicUsize,
    /// Lets `slow@` go on.
    pub(crate) go: Notify,
    /// The last list that was asked for, and the last step.
    pub(crate) listed: Mutex<Option<ListOrders>>,
    pub(crate) adjusted: Mutex<Option<AdjustStock>>,
    pub(crate) counted: Mutex<Option<SetStock>>,
    pub(crate) listed_stock: Mutex<Option<ListStock>>,
    /// The products that it was to copy, and whether it fails to.
    pub(crate) copied: Mutex<Vec<ProductId>>,
    pub(crate) copies_fail: AtomicBool,
    /// The orders that were accepted to be placed later.
    pub(crate) wished: Mutex<Vec<OrderRequested>>,
}

fn the_order(status: OrderStatus) -> Order {
    let line = |(number, quantity)| OrderLine {
        variant_id: variant_id(number),
        quantity: Quantity::try_from(quantity).unwrap(),
        ..OrderLine::example()
    };
    Order {
        id: order_id(),
        status,
        lines: [(1, 2), (2, 1)].map(line).into(),
        cancel_reason: (status == OrderStatus::Cancelled).then_some(CancelReason::Requested),
        tracking: None,
        ..Order::example()
    }
}

/// The order, for those whose it is.
fn for_asker(id: OrderId, access: &Access) -> Result<Order, OrderError> {
    let is_theirs = match access {
        Access::Token(token) => token == TOKEN,
        Access::Admin => true,
    };
    if is_theirs && id == order_id() {
        Ok(the_order(OrderStatus::Pending))
    } else {
        Err(OrderError::NotFound)
    }
}

async fn place(cx: Shared<Desk>, request: PlaceOrder) -> Result<PlacedOrder, PlaceError> {
    let key = request.idempotency_key.to_string();
    if let Some((before, answer)) = cx.answers.lock().unwrap().get(&key) {
        return if *before == request { Ok(answer.clone()) } else { Err(PlaceError::KeyReused) };
    }
    let first = request.items[0].clone();
    match request.email.as_str().split('@').next().unwrap() {
        "sold-out" => {
            let shortage = |item: &order_contract::Item, available| Shortage {
                variant_id: item.variant_id,
                requested: item.quantity,
                available,
            };
            return Err(PlaceError::OutOfStock(vec![shortage(&request.items[1], 0), shortage(&first, 1)]));
        }
        "unknown" => {
            let unknown = FieldError::new("/items/0/variant_id", "expected a variant that is sold here");
            return Err(PlaceError::Invalid(vec![unknown]));
        }
        "changed" => {
            let order = the_order(OrderStatus::Pending);
            let current = Quote { lines: order.lines, totals: order.totals };
            let expected = request.expected_total.unwrap();
            return Err(PlaceError::PriceChanged(Box::new(PriceChange { expected, current })));
        }
        "new" => {
            let unknown = UnknownItem { item: 1, variant_id: variant_id(2) };
            return Err(PlaceError::NotKnownYet(vec![unknown]));
        }
        "in-progress" => return Err(PlaceError::InProgress),
        "busy" => return Err(Fault::new(Kind::Busy, "the queue is full").into()),
        "down" => return Err(Fault::unavailable("the database is away").into()),
        "late" => return Err(Fault::new(Kind::Timeout, "no answer").into()),
        "broken" => return Err(Fault::internal("secret table").into()),
        "panic" => panic!("at the disco"),
        "slow" => {
            cx.slow.fetch_add(1, SeqCst);
            cx.go.notified().await;
        }
        _ => {}
    }
    cx.placed.fetch_add(1, SeqCst);
    let order = the_order(OrderStatus::Pending);
    let placed = PlacedOrder {
        id: order.id,
        number: order.number,
        status: order.status,
        lines: order.lines,
        totals: order.totals,
        placed_at: order.placed_at,
        held_until: order.held_until,
        token: TOKEN.to_owned(),
    };
    cx.answers.lock().unwrap().insert(key, (request, placed.clone()));
    Ok(placed)
}

pub(crate) fn order(desk: Arc<Desk>) -> Router<Arc<Desk>> {
    async fn get(_: Shared<Desk>, GetOrder { id, access }: GetOrder) -> Result<Order, OrderError> {
        for_asker(id, &access)
    }
    async fn history(_: Shared<Desk>, request: GetHistory) -> Result<Vec<HistoryEntry>, OrderError> {
        for_asker(request.id, &request.access)?;
        Ok(vec![HistoryEntry::example()])
    }
    async fn list(cx: Shared<Desk>, request: ListOrders) -> Result<ListPage<Order>, OrderError> {
        *cx.listed.lock().unwrap() = Some(request);
        Ok(ListPage { data: vec![the_order(OrderStatus::Pending)], next_cursor: Some("next".to_owned()) })
    }
    async fn cancel(_: Shared<Desk>, request: CancelOrder) -> Result<Order, OrderError> {
        for_asker(request.id, &request.access)?;
        Ok(the_order(OrderStatus::Cancelled))
    }
    async fn change(_: Shared<Desk>, request: ChangeAddress) -> Result<Order, OrderError> {
        let order = for_asker(request.id, &request.access)?;
        if request.shipping_address.name.as_str() == "Too Late" {
            return Err(OrderError::AddressFixed(OrderStatus::Shipped));
        }
        Ok(Order { shipping_address: request.shipping_address, ..order })
    }
    async fn advance(_: Shared<Desk>, request: AdvanceOrder) -> Result<Order, OrderError> {
        let order = for_asker(request.id, &Access::Admin)?;
        if request.to == OrderStatus::Refunded {
            return Err(OrderError::Transition { from: order.status, to: request.to });
        }
        Ok(Order { status: request.to, tracking: request.tracking, ..order })
    }
    async fn pay(_: Shared<Desk>, request: PayOrder) -> Result<Order, OrderError> {
        let order = for_asker(request.id, &request.access)?;
        match request.payment.token.as_str() {
            "under-way" => Err(OrderError::Unpayable(Unpayable::UnderWay)),
            "reused" => Err(OrderError::KeyReused),
            _ => Ok(order),
        }
    }
    async fn refund(_: Shared<Desk>, request: RefundOrder) -> Result<Order, OrderError> {
        let order = for_asker(request.id, &Access::Admin)?;
        match request.amount {
            Some(amount) if amount.amount > 100 => {
                Err(OrderError::TooMuch { refundable: Money::new(100, Currency::INR) })
            }
            _ => Ok(order),
        }
    }
    async fn lose(_: Shared<Desk>, request: ReportLost) -> Result<Order, OrderError> {
        let order = for_asker(request.id, &Access::Admin)?;
        Err(OrderError::Transition { from: order.status, to: OrderStatus::Cancelled })
    }
    Router::new("order", desk)
        .on(pay)
        .on(refund)
        .on(lose)
        .listen(|desk: &Arc<Desk>, wish: OrderRequested| desk.wished.lock().unwrap().push(wish))
        .on(place)
        .on(get)
        .on(history)
        .on(list)
        .on(cancel)
        .on(change)
        .on(advance)
        .on(stock)
        .on(list_stock)
        .on(adjustments)
        .on(adjust)
        .on(set)
        .on(copy)
        .on(copy_shop)
}

fn report(variant_id: VariantId, available: i64) -> StockReport {
    let here = LocationStock { location: "main".parse().unwrap(), available, reserved: 2, sold: 3 };
    StockReport { variant_id, available, reserved: 2, sold: 3, locations: vec![here] }
}

async fn stock(_: Shared<Desk>, GetStock { variant_id: id }: GetStock) -> Result<StockReport, StockError> {
    if id == variant_id(77) { Err(StockError::NoSuchVariants(vec![id])) } else { Ok(report(id, 5)) }
}

async fn list_stock(cx: Shared<Desk>, request: ListStock) -> Result<ListPage<StockItem>, StockError> {
    *cx.listed_stock.lock().unwrap() = Some(request);
    Ok(ListPage { data: vec![StockItem::example()], next_cursor: None })
}

async fn adjustments(
    _: Shared<Desk>,
    request: ListAdjustments,
) -> Result<ListPage<AdjustmentEntry>, StockError> {
    let next_cursor = request.cursor.is_none().then(|| "count/7".to_owned());
    Ok(ListPage { data: vec![AdjustmentEntry::example()], next_cursor })
}

async fn set(cx: Shared<Desk>, request: SetStock) -> Result<Vec<StockReport>, StockError> {
    let one = request.counts[0].clone();
    *cx.counted.lock().unwrap() = Some(request);
    if one.variant_id == variant_id(77) {
        return Err(StockError::NoSuchVariants(vec![one.variant_id]));
    }
    Ok(vec![report(one.variant_id, one.available.max(0))])
}

async fn copy_shop(cx: Shared<Desk>, CopyShop {}: CopyShop) -> Result<i64, CopyError> {
    if cx.copies_fail.load(SeqCst) {
        return Err(Fault::unavailable("the database is away").into());
    }
    Ok(4)
}

async fn copy(cx: Shared<Desk>, request: CopyProducts) -> Result<CopyReport, CopyError> {
    if cx.copies_fail.load(SeqCst) {
        return Err(Fault::unavailable("the database is away").into());
    }
    cx.copied.lock().unwrap().extend(request.products);
    Ok(CopyReport::default())
}

async fn adjust(cx: Shared<Desk>, request: AdjustStock) -> Result<Vec<StockReport>, StockError> {
    let one = request.adjustments[0].clone();
    *cx.adjusted.lock().unwrap() = Some(request);
    match one.reason.as_str() {
        "reused" => Err(StockError::KeyReused),
        "nowhere" => {
            Err(StockError::Invalid(vec![FieldError::new("/adjustments/0/location", "expected a place")]))
        }
        _ if one.delta < -5 => Err(StockError::NotEnough { variant_id: one.variant_id, available: 5 }),
        _ => Ok(vec![report(one.variant_id, 5 + one.delta)]),
    }
}
