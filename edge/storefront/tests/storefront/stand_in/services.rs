//! What the services would answer.

use bus::{Bus, Cx, Router, Service};
use message::{Currency, Fault, Id, ListPage, Money, Request};
use notification_contract::{GetMail, LinkRequested, ListMails, NotificationError, RenderedMail, SendLink};
use order_contract::{
    Access, AttemptState, CancelOrder, CancelReason, GetHistory, GetOrder, HistoryEntry, Item, Order,
    OrderError, OrderLine, OrderStatus, PayOrder, PaymentAttempt, PlaceError, PlaceOrder, PlacedOrder,
    PriceChange, Quote, QuoteOrder, Shortage, Totals,
};
use payment_contract::{ListProviders, PaymentChoice, PaymentError, PaymentProvider};
use product_contract::{
    CollectionSummary, GetProduct, ListCollections, ListProducts, Product, ProductError, ProductId,
    ProductKey, VariantId,
};

use super::{Known, Shared, World};

pub(crate) fn all(world: &Shared, bus: &Bus) -> Vec<Service> {
    let product = Router::new("product", world.clone()).on(list).on(get).on(collections);
    let order =
        Router::new("order", world.clone()).on(quote).on(place).on(get_order).on(history).on(pay).on(cancel);
    let payment = Router::new("payment", world.clone()).on(providers);
    let notification = Router::new("notification", world.clone()).on(mails).on(mail).on(link);
    [product, order, payment, notification].map(|service| service.into_service(bus.clone())).into()
}

/// Notes that it was asked, and fails if its service is down.
fn asked<R: Request>(world: &mut World, _: &R) -> Result<(), Fault> {
    *world.asked.entry(R::NAME).or_default() += 1;
    match world.down.iter().find(|service| R::NAME.starts_with(**service)) {
        Some(service) => Err(Fault::unavailable(format!("{service} is down"))),
        None => Ok(()),
    }
}

async fn list(cx: Cx<Shared>, request: ListProducts) -> Result<ListPage<Product>, ProductError> {
    let mut world = cx.lock();
    asked(&mut world, &request)?;
    // As the service does it, a cursor is the id of the last product of the page before.
    let last = request.cursor.as_deref().map(str::parse::<ProductId>).transpose();
    let last = last.map_err(|_| ProductError::Invalid(Vec::new()))?;
    let place =
        |id| world.products.iter().position(|product| product.id == id).map_or(usize::MAX, |at| at + 1);
    let shown = world.products.iter().skip(last.map_or(0, place)).filter(|product| {
        request.status.is_none_or(|status| product.status == status)
            && request.collection.as_ref().is_none_or(|name| product.collection == *name)
    });
    let page: Vec<_> = shown.take(request.limit.get() + 1).cloned().collect();
    Ok(ListPage::from_overfull(page, request.limit, |product| product.id.to_string()))
}

async fn get(cx: Cx<Shared>, request: GetProduct) -> Result<Product, ProductError> {
    let mut world = cx.lock();
    asked(&mut world, &request)?;
    let found = world.products.iter().find(|product| match &request.key {
        ProductKey::Id(id) => product.id == *id,
        ProductKey::Slug(slug) => product.slug == *slug,
    });
    found.cloned().ok_or(ProductError::NotFound)
}

async fn collections(
    cx: Cx<Shared>,
    request: ListCollections,
) -> Result<Vec<CollectionSummary>, ProductError> {
    let mut world = cx.lock();
    asked(&mut world, &request)?;
    let mut collections: Vec<CollectionSummary> = Vec::new();
    for product in &world.products {
        match collections.iter_mut().find(|known| known.collection == product.collection) {
            Some(known) => known.products += 1,
            None => {
                collections.push(CollectionSummary { collection: product.collection.clone(), products: 1 });
            }
        }
    }
    Ok(collections)
}

fn lines(world: &World, items: &[Item]) -> Result<(Vec<OrderLine>, Totals), PlaceError> {
    let mut lines = Vec::new();
    for item in items {
        let found = world.products.iter().find_map(|product| {
            let variant = product.variants.iter().find(|variant| variant.id == item.variant_id)?;
            Some((product, variant))
        });
        let (product, variant) = found.ok_or(PlaceError::Invalid(Vec::new()))?;
        if variant.available < item.quantity.get() {
            let Item { variant_id, quantity, .. } = *item;
            let shortage = Shortage { variant_id, requested: quantity, available: variant.available };
            return Err(PlaceError::OutOfStock(vec![shortage]));
        }
        let total = variant.price.amount * item.quantity.get();
        lines.push(OrderLine {
            variant_id: variant.id,
            sku: variant.sku.clone(),
            title: product.title.to_string(),
            options: variant.options.clone(),
            quantity: item.quantity,
            unit_price: variant.price,
            tax_rate: 1800,
            totals: totals(total),
            metadata: item.metadata.clone(),
        });
    }
    let sum = lines.iter().map(|line| line.totals.total.amount).sum();
    Ok((lines, totals(sum)))
}

/// Prices include 18 %.
fn totals(total: i64) -> Totals {
    let rupees = |amount| Money::new(amount, Currency::INR);
    let tax = total * 18 / 118;
    Totals { subtotal: rupees(total - tax), tax: rupees(tax), total: rupees(total) }
}

async fn providers(cx: Cx<Shared>, request: ListProviders) -> Result<Vec<PaymentProvider>, PaymentError> {
    asked(&mut cx.lock(), &request)?;
    let choice = |(token, label): (&str, &str)| PaymentChoice {
        token: token.into(),
        label: label.into(),
        hint: "What happens then.".into(),
    };
    Ok(vec![PaymentProvider {
        name: "test".into(),
        label: "Test provider".into(),
        hint: "No card, no money.".into(),
        choices: [("tok_ok", "A card that works"), ("tok_declined", "A card that is declined")]
            .map(choice)
            .into(),
    }])
}

async fn quote(cx: Cx<Shared>, request: QuoteOrder) -> Result<Quote, PlaceError> {
    let mut world = cx.lock();
    asked(&mut world, &request)?;
    let (lines, totals) = lines(&world, &request.items)?;
    Ok(Quote { lines, totals })
}

async fn place(cx: Cx<Shared>, request: PlaceOrder) -> Result<PlacedOrder, PlaceError> {
    let mut world = cx.lock();
    asked(&mut world, &request)?;
    if world.in_progress > 0 {
        world.in_progress -= 1;
        return Err(PlaceError::InProgress);
    }
    if let Some((before, placed)) = world.placed.get(request.idempotency_key.as_str()) {
        return if *before == request { Ok(placed.clone()) } else { Err(PlaceError::KeyReused) };
    }
    let (lines, totals) = lines(&world, &request.items)?;
    if let Some(expected) = request.expected_total.filter(|expected| *expected != totals.total) {
        let current = Quote { lines, totals };
        return Err(PlaceError::PriceChanged(Box::new(PriceChange { expected, current })));
    }
    for item in &request.items {
        take(&mut world, item.variant_id, item.quantity.get());
    }
    let (id, now) = (cx.id(), cx.now());
    let (number, token) = (1000 + i64::try_from(world.orders.len()).unwrap(), format!("token+{id}"));
    let order = Order {
        id,
        number,
        status: OrderStatus::Pending,
        email: request.email.clone(),
        lines: lines.clone(),
        totals,
        shipping_address: request.shipping_address.clone(),
        note: request.note.clone(),
        source: request.source.clone(),
        locale: request.locale.clone(),
        metadata: request.metadata.clone(),
        tracking: None,
        cancel_reason: None,
        version: 1,
        placed_at: now,
        updated_at: now,
        held_until: now,
        payments: Vec::new(),
        refunds: Vec::new(),
        paid: None,
        refunded: None,
    };
    let history = vec![HistoryEntry { status: OrderStatus::Pending, at: now, note: None }];
    world.orders.insert(id, Known { order, token: token.clone(), history });
    let status = OrderStatus::Pending;
    let placed = PlacedOrder { id, number, status, lines, totals, placed_at: now, held_until: now, token };
    world.placed.insert(request.idempotency_key.to_string(), (request, placed.clone()));
    Ok(placed)
}

fn take(world: &mut World, id: VariantId, count: i64) {
    let variants = world.products.iter_mut().flat_map(|product| &mut product.variants);
    for variant in variants.filter(|variant| variant.id == id) {
        variant.available -= count;
    }
}

fn opened(world: &World, id: Id<Order>, access: &Access) -> Result<(Order, Vec<HistoryEntry>), OrderError> {
    let known = world.orders.get(&id).filter(|known| *access == Access::Token(known.token.clone()));
    known.map(|known| (known.order.clone(), known.history.clone())).ok_or(OrderError::NotFound)
}

async fn get_order(cx: Cx<Shared>, request: GetOrder) -> Result<Order, OrderError> {
    let mut world = cx.lock();
    asked(&mut world, &request)?;
    Ok(opened(&world, request.id, &request.access)?.0)
}

async fn history(cx: Cx<Shared>, request: GetHistory) -> Result<Vec<HistoryEntry>, OrderError> {
    let mut world = cx.lock();
    asked(&mut world, &request)?;
    Ok(opened(&world, request.id, &request.access)?.1)
}

async fn mails(
    cx: Cx<Shared>,
    request: ListMails,
) -> Result<ListPage<notification_contract::Mail>, NotificationError> {
    let mut world = cx.lock();
    asked(&mut world, &request)?;
    let start = request.cursor.as_deref().map_or(0, |cursor| cursor.parse().unwrap());
    let mails = world.mails.iter().rev().map(|mail| mail.mail.clone());
    let mails = mails.filter(|mail| request.order_id.is_none_or(|order| mail.order_id == order));
    let page: Vec<_> = mails.skip(start).take(request.limit.get() + 1).collect();
    Ok(ListPage::from_overfull(page, request.limit, |_| (start + request.limit.get()).to_string()))
}

async fn mail(cx: Cx<Shared>, request: GetMail) -> Result<Option<RenderedMail>, NotificationError> {
    let mut world = cx.lock();
    asked(&mut world, &request)?;
    Ok(world.mails.iter().find(|mail| mail.mail.id == request.id).cloned())
}

async fn link(cx: Cx<Shared>, request: SendLink) -> Result<LinkRequested, NotificationError> {
    let mut world = cx.lock();
    asked(&mut world, &request)?;
    world.links.push(request);
    Ok(LinkRequested {})
}

async fn pay(cx: Cx<Shared>, request: PayOrder) -> Result<Order, OrderError> {
    let mut world = cx.lock();
    asked(&mut world, &request)?;
    let order = opened(&world, request.id, &request.access)?.0;
    if let Some(reason) = order.unpayable(cx.now()) {
        return Err(OrderError::Unpayable(reason));
    }
    let payment =
        PaymentAttempt { attempt: 2, state: AttemptState::Pending, ..order.payments.last().unwrap().clone() };
    let known = world.orders.get_mut(&request.id).unwrap();
    known.order.payments.push(payment);
    known.order.version += 1;
    Ok(known.order.clone())
}

async fn cancel(cx: Cx<Shared>, request: CancelOrder) -> Result<Order, OrderError> {
    let mut world = cx.lock();
    asked(&mut world, &request)?;
    let (from, to) = (opened(&world, request.id, &request.access)?.0.status, OrderStatus::Cancelled);
    if matches!(from, OrderStatus::Shipped | OrderStatus::Delivered) {
        return Err(OrderError::Transition { from, to });
    }
    let known = world.orders.get_mut(&request.id).unwrap();
    (known.order.status, known.order.cancel_reason) = (to, Some(CancelReason::Requested));
    known.history.push(HistoryEntry { status: to, at: cx.now(), note: None });
    Ok(known.order.clone())
}
