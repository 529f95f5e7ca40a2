//! The rows of orders, and the statements that write them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use message::{Currency, Fault, IdSource, Money, Timestamp};
use order_contract::{OrderId, OrderPlaced, PaymentMethod, StockChanged, StockLevel};
use product_contract::VariantId;
use rand::RngExt as _;
use store::{Db, Tx, query};

use crate::basket::{Demand, MOST_LINES};

/// As many variants as the demo shop has, or about.
const VARIANTS: usize = 150;

const PLENTY: i64 = 1_000_000_000;
const UNIT_PRICE: i64 = 49_900;
const TAX_RATE: i64 = 1_800;
const HOLD: Duration = Duration::from_mins(15);
const LOCATION: &str = "main";
const ADDRESS: &str = r#"{"name":"Asha Rao","line1":"14 Harbour Road","line2":"Flat 3","city":"Kochi","region":"Kerala","postal_code":"682001","country":"IN"}"#;
const OPTIONS: &str = r#"[{"name":"Size","value":"M"},{"name":"Colour","value":"Sand"}]"#;

/// Writes orders.
#[derive(Debug)]
pub(super) struct Writer {
    db: Db,
    ids: IdSource,
    variants: Vec<VariantId>,
    numbers: AtomicI64,
    payment: PaymentMethod,
}

/// One order before it is rows.
#[derive(Debug)]
struct Order {
    number: i64,
    key: String,
    email: String,
    lines: Vec<VariantId>,
    event: OrderPlaced,
}

impl Order {
    fn id(&self) -> OrderId {
        self.event.id
    }

    fn total(&self) -> i64 {
        self.event.total.amount
    }

    fn tax(&self) -> i64 {
        tax_within(self.total())
    }
}

impl Writer {
    pub(super) fn new(db: Db, ids: IdSource) -> Result<Self, Fault> {
        let variants = (0..VARIANTS).map(|_| ids.id()).collect();
        let line = |text: &str| text.parse().map_err(Fault::internal);
        let payment = PaymentMethod { provider: line("test")?, token: line("tok_ok")? };
        Ok(Self { db, ids, variants, numbers: AtomicI64::new(1), payment })
    }

    /// Makes stock of every variant.
    pub(super) async fn stock(&self) -> Result<(), Fault> {
        let mut tx = self.db.begin().await?;
        query(
            "INSERT INTO stock (variant_id, location, available, reserved, sold, version)
             SELECT r.variant_id, $1, $2, 0, 0, 1 FROM rows(variant_id uuid) AS r",
        )
        .bind(LOCATION)
        .bind(PLENTY)
        .rows(self.variants.iter().map(|variant| (*variant,)))
        .execute(&mut tx)
        .await?;
        tx.commit().await
    }

    /// One transaction with the rows of `size` orders, and nothing decided.
    pub(super) async fn batch(&self, size: usize) -> Result<(), Fault> {
        let orders = (0..size).map(|_| self.order(&Demand::Spread)).collect::<Result<Vec<_>, _>>()?;
        let mut tx = self.db.begin().await?;
        self.write(&mut tx, &orders).await?;
        tx.commit().await
    }

    /// One transaction for one order, as a shop does it that decides order by order.
    pub(super) async fn interactive(&self, demand: &Demand) -> Result<(), Fault> {
        let order = self.order(demand)?;
        let mut tx = self.db.begin().await?;
        let available = query(
            "SELECT stock.available AS available FROM stock JOIN rows(variant_id uuid) AS r
             ON stock.variant_id = r.variant_id WHERE stock.location = $1
             ORDER BY stock.variant_id FOR UPDATE OF stock",
        )
        .bind(LOCATION)
        .rows(order.lines.iter().map(|variant| (*variant,)))
        .fetch_all(&mut tx, |row| row.get::<i64>("available"))
        .await?;
        if available.len() != order.lines.len() || available.contains(&0) {
            return Err(Fault::internal("the stock of the measurement is not as it was made"));
        }
        self.write(&mut tx, &[order]).await?;
        tx.commit().await
    }

    fn order(&self, demand: &Demand) -> Result<Order, Fault> {
        let chance = &mut rand::rng();
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let size = chance.random_range(1..=MOST_LINES);
        let hot = self.variants.first().copied().filter(|_| *demand != Demand::Spread);
        let mut lines: Vec<VariantId> = hot.into_iter().collect();
        while lines.len() < size {
            let any = self.variants.get(chance.random_range(0..VARIANTS)).copied();
            lines.extend(any.filter(|variant| !lines.contains(variant)));
        }
        let total = UNIT_PRICE * i64::try_from(lines.len()).unwrap_or(0);
        let email = format!("buyer-{number:016x}@example.com");
        let event = OrderPlaced {
            id: self.ids.id(),
            version: 1,
            number,
            email: email.parse().map_err(Fault::internal)?,
            total: Money { amount: total, currency: Currency::INR },
            payment: self.payment.clone(),
            placed_at: self.ids.clock().now(),
        };
        Ok(Order { number, key: format!("bench-{number:016x}"), email, lines, event })
    }

    /// The event about the stock that these orders took.
    fn levels(&self, orders: &[Order]) -> StockChanged {
        let changed: BTreeSet<VariantId> = orders.iter().flat_map(|order| &order.lines).copied().collect();
        let level = |variant_id| StockLevel { variant_id, available: PLENTY, version: 1 };
        StockChanged { id: self.ids.id(), levels: changed.into_iter().map(level).collect() }
    }

    async fn write(&self, tx: &mut Tx, orders: &[Order]) -> Result<(), Fault> {
        let now = self.ids.clock().now();
        insert_orders(tx, orders, now).await?;
        insert_lines(tx, orders).await?;
        insert_reservations(tx, orders).await?;
        take_stock(tx, orders).await?;
        orders.iter().try_for_each(|order| tx.publish(&order.event))?;
        tx.publish(&self.levels(orders))
    }
}

/// The tax in a price that includes it, rounded half up.
fn tax_within(total: i64) -> i64 {
    let divisor = 10_000 + TAX_RATE;
    (total * TAX_RATE + divisor / 2) / divisor
}

async fn insert_orders(tx: &mut Tx, orders: &[Order], now: Timestamp) -> Result<(), Fault> {
    query(
        "INSERT INTO orders (id, number, status, email, currency, subtotal, tax, shipping_address, version,
             idempotency_key, fingerprint, placed_at, updated_at, held_until)
         SELECT r.id, r.number, 'pending', r.email, r.currency, r.subtotal, r.tax, r.shipping_address, 1,
             r.idempotency_key, r.fingerprint, $1, $1, $2
         FROM rows(id uuid, number int, email text, currency text, subtotal int, tax int, shipping_address text,
                   idempotency_key text, fingerprint uuid) AS r",
    )
    .bind(now)
    .bind(now.after(HOLD))
    .rows(orders.iter().map(|order| {
        let (total, tax) = (order.total(), order.tax());
        let fingerprint = order.id().uuid();
        (order.id(), order.number, &order.email, "INR", total - tax, tax, ADDRESS, &order.key, fingerprint)
    }))
    .execute(tx)
    .await
    .map(drop)
}

async fn insert_lines(tx: &mut Tx, orders: &[Order]) -> Result<(), Fault> {
    let tax = tax_within(UNIT_PRICE);
    query(
        "INSERT INTO order_line (order_id, position, variant_id, sku, title, options, quantity, unit_price, tax_rate,
             subtotal, tax)
         SELECT r.order_id, r.position, r.variant_id, r.sku, r.title, r.options, r.quantity, r.unit_price, r.tax_rate,
             r.subtotal, r.tax
         FROM rows(order_id uuid, position int, variant_id uuid, sku text, title text, options text, quantity int,
                   unit_price int, tax_rate int, subtotal int, tax int) AS r",
    )
    .rows(orders.iter().flat_map(|order| {
        (0_i64..).zip(&order.lines).map(move |(position, variant)| {
            let (sku, title) = ("LINEN-SHIRT-M-SAND", "Linen shirt with a stand-up collar");
            let (price, subtotal) = (UNIT_PRICE, UNIT_PRICE - tax);
            (order.id(), position, *variant, sku, title, OPTIONS, 1, price, TAX_RATE, subtotal, tax)
        })
    }))
    .execute(tx)
    .await
    .map(drop)
}

async fn insert_reservations(tx: &mut Tx, orders: &[Order]) -> Result<(), Fault> {
    query(
        "INSERT INTO reservation (order_id, variant_id, location, quantity)
         SELECT r.order_id, r.variant_id, $1, 1 FROM rows(order_id uuid, variant_id uuid) AS r",
    )
    .bind(LOCATION)
    .rows(orders.iter().flat_map(|order| order.lines.iter().map(|variant| (order.id(), *variant))))
    .execute(tx)
    .await
    .map(drop)
}

async fn take_stock(tx: &mut Tx, orders: &[Order]) -> Result<(), Fault> {
    let mut sums = BTreeMap::<VariantId, i64>::new();
    for variant in orders.iter().flat_map(|order| &order.lines) {
        *sums.entry(*variant).or_default() += 1;
    }
    query(
        "UPDATE stock SET available = available - r.quantity, reserved = reserved + r.quantity, version = version + 1
         FROM rows(variant_id uuid, quantity int) AS r
         WHERE stock.variant_id = r.variant_id AND stock.location = $1 AND stock.available >= r.quantity",
    )
    .bind(LOCATION)
    .rows(sums)
    .execute(tx)
    .await
    .map(drop)
}
