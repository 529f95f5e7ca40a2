//! A sale while parts fail: buyers who never give up, a record of what they were promised, and the databases that must
//! agree with it in the end.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};
use serde_json::Value;
use store::query;
use testing::TestBackend;
use tokio::{task::JoinSet, time::sleep};

use crate::{
    api::{Api, Ask as _, basket, paid_by, text, until},
    operating::open,
    shop::Shop,
};

/// The number of concurrent buyers, each on a connection of its own.
const BUYERS: usize = 12;

/// A buyer's pause between two orders.
const PAUSE: Duration = Duration::from_millis(15);

/// The first stock of each variant. The last variant runs out, the others never do.
const PLENTY: i64 = 1_000_000;
const FEW: i64 = 150;
const VARIANTS: usize = 5;

/// The time limit for the remaining work after the last fault.
const SETTLING: Duration = Duration::from_mins(2);

/// Buyers at work.
pub(super) struct Sale {
    variants: Vec<String>,
    ledger: Arc<Mutex<Ledger>>,
    over: Arc<AtomicBool>,
    buyers: JoinSet<()>,
    began: Instant,
}

/// The result of every order that was ever sent, by its key.
#[derive(Default)]
struct Ledger {
    /// The orders with a 201.
    placed: HashMap<String, Value>,
    /// The orders with a 202: their URL, and the token that opens it.
    accepted: HashMap<String, (String, String)>,
    /// The orders that were refused because too little was left.
    refused: HashSet<String>,
    /// The orders without an answer, or with one that promises nothing.
    open: HashSet<String>,
    /// How often that happened.
    failures: usize,
}

impl Sale {
    /// Stocks the shop and starts the buyers.
    pub(super) async fn open(shop: &Shop) -> Self {
        let mut variants = Vec::new();
        for number in 0..VARIANTS {
            let stock = if number + 1 < VARIANTS { PLENTY } else { FEW };
            variants.push(shop.api.sell(&format!("thing-{number}"), 9_900, stock).await);
        }
        let (ledger, over) = (Arc::new(Mutex::new(Ledger::default())), Arc::new(AtomicBool::new(false)));
        let mut buyers = JoinSet::new();
        for buyer in 0..BUYERS {
            let (api, variants) = (shop.api.clone(), variants.clone());
            buyers.spawn(keep_buying(api, buyer, variants, Arc::clone(&ledger), Arc::clone(&over)));
        }
        Self { variants, ledger, over, buyers, began: Instant::now() }
    }

    /// How many orders were promised so far.
    pub(super) fn placed(&self) -> usize {
        self.ledger.lock().unwrap().placed.len()
    }

    /// Makes a deferred order that cannot be placed now; its page says so.
    pub(super) async fn accept(&self, api: &Api) {
        let key = format!("accepted-{}", self.placed());
        let accepted = ask(api, &key, &self.variants).header("prefer", "respond-async").answer().await;
        let token = text(&accepted.is(202)["token"]);
        let page = api.get(accepted.header("location")).bearer_auth(&token).answer().await;
        assert_eq!(page.is(202)["status"], "queued");
        self.ledger.lock().unwrap().accepted.insert(key, (accepted.header("location").to_owned(), token));
    }

    /// How many requests failed so far.
    pub(super) fn failures(&self) -> usize {
        self.ledger.lock().unwrap().failures
    }

    /// Waits until `more` orders have been promised from now on, and returns how long that took.
    pub(super) async fn goes_on(&self, more: usize, within: Duration) -> Duration {
        let (began, before) = (Instant::now(), self.placed());
        while self.placed() < before + more {
            assert!(began.elapsed() < within, "{} orders in {within:?}", self.placed() - before);
            sleep(Duration::from_millis(10)).await;
        }
        began.elapsed()
    }

    /// Stops the buyers when each has an answer, and compares the databases with the promises.
    pub(super) async fn close(mut self, shop: &Shop, backend: &TestBackend) {
        self.over.store(true, Ordering::Relaxed);
        while let Some(buyer) = self.buyers.join_next().await {
            buyer.unwrap();
        }
        let mut ledger = Arc::into_inner(self.ledger).unwrap().into_inner().unwrap();
        let unanswered = ledger.open.len();
        settle(&shop.api, &self.variants, &mut ledger).await;
        println!(
            "{:?}: {} orders, {} refused, {unanswered} were without an answer at first",
            self.began.elapsed(),
            ledger.placed.len(),
            ledger.refused.len()
        );
        let orders = check_orders(&shop.api, &ledger).await;
        check_stock(&shop.api, &self.variants, &orders).await;
        check_money_and_mails(shop, backend, &orders).await;
    }
}

/// The order for a key: the same whenever it is sent.
fn order_of(key: &str, variants: &[String]) -> Value {
    let hash = key.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut random = SmallRng::seed_from_u64(hash);
    let first = random.random_range(0..variants.len());
    let items: Vec<_> = (0..random.random_range(1..=3))
        .map(|step| (&variants[(first + step) % variants.len()], random.random_range(1..=3)))
        .collect();
    let token =
        ["tok_ok", "tok_ok", "tok_ok", "tok_ok", "tok_declined", "tok_lost"][random.random_range(0..6)];
    paid_by(basket(&items), token)
}

async fn keep_buying(
    api: Api,
    buyer: usize,
    variants: Vec<String>,
    ledger: Arc<Mutex<Ledger>>,
    over: Arc<AtomicBool>,
) {
    for number in 0.. {
        if over.load(Ordering::Relaxed) {
            return;
        }
        let key = format!("buyer-{buyer}-{number}");
        let was_answered = buy(&api, &key, &variants, &ledger).await;
        sleep(if was_answered { PAUSE } else { PAUSE * 4 }).await;
    }
}

/// Sends the order of `key` and records the result. Returns whether it is known now.
async fn buy(api: &Api, key: &str, variants: &[String], ledger: &Mutex<Ledger>) -> bool {
    let request = ask(api, key, variants).timeout(Duration::from_secs(10));
    // Some buyers prefer a deferred order.
    let request = if key.ends_with('3') { request.header("prefer", "respond-async") } else { request };
    let answer = request.try_answer().await;
    let mut ledger = ledger.lock().unwrap();
    match answer {
        Ok(answer) if answer.status == 201 => {
            ledger.open.remove(key);
            ledger.placed.insert(key.to_owned(), answer.json());
            true
        }
        Ok(answer) if answer.status == 202 => {
            ledger.open.remove(key);
            let token = text(&answer.json()["token"]);
            ledger.accepted.insert(key.to_owned(), (answer.header("location").to_owned(), token));
            true
        }
        Ok(answer) if answer.status == 409 && answer.json()["code"] == "out-of-stock" => {
            ledger.open.remove(key);
            ledger.refused.insert(key.to_owned());
            true
        }
        Ok(answer) if answer.status >= 500 || answer.status == 409 => {
            ledger.open.insert(key.to_owned());
            ledger.failures += 1;
            false
        }
        Ok(answer) => panic!("{}: {}", answer.status, answer.text()),
        Err(_) => {
            ledger.open.insert(key.to_owned());
            ledger.failures += 1;
            false
        }
    }
}

fn ask(api: &Api, key: &str, variants: &[String]) -> reqwest::RequestBuilder {
    api.placing(key, &order_of(key, variants))
}

/// Waits until every deferred order is placed or refused, and records the result.
async fn await_accepted(api: &Api, ledger: &mut Ledger) {
    let began = Instant::now();
    for (key, (location, token)) in std::mem::take(&mut ledger.accepted) {
        let order = loop {
            let answer = api.get(&location).bearer_auth(&token).try_answer().await;
            match answer {
                Ok(answer) if answer.status == 200 => break answer.json(),
                Ok(answer) if answer.status == 202 || answer.status >= 500 => {}
                Ok(answer) => panic!("{key}: {}", answer.text()),
                Err(_) => {}
            }
            assert!(began.elapsed() < SETTLING, "{key} is accepted and not placed");
            sleep(Duration::from_millis(50)).await;
        };
        if order["status"] == "refused" {
            assert_eq!(order["problem"]["code"], "out-of-stock", "{key}: {order}");
            ledger.refused.insert(key);
        } else {
            ledger.placed.insert(key, order);
        }
    }
}

/// Repeats orders without an answer until each has one, and waits until no order is pending.
async fn settle(api: &Api, variants: &[String], ledger: &mut Ledger) {
    let began = Instant::now();
    let shared = Mutex::new(std::mem::take(ledger));
    loop {
        let open: Vec<String> = shared.lock().unwrap().open.iter().cloned().collect();
        if open.is_empty() {
            break;
        }
        for key in open {
            buy(api, &key, variants, &shared).await;
        }
        assert!(began.elapsed() < SETTLING, "some orders get no answer");
    }
    *ledger = shared.into_inner().unwrap();
    await_accepted(api, ledger).await;
    loop {
        let pending = api.orders("&status=pending").await;
        if pending.is_empty() {
            return;
        }
        // Those whose card was declined wait for another one; their buyers change their minds.
        for order in pending.iter().filter(|order| order["payments"][0]["state"] == "failed") {
            let cancel =
                api.request(reqwest::Method::POST, &format!("/api/v1/orders/{}/cancel", text(&order["id"])));
            let _ = api.admin(cancel).try_answer().await;
        }
        let elapsed = began.elapsed();
        assert!(elapsed < SETTLING, "{} orders are pending, such as {}", pending.len(), pending[0]);
        sleep(Duration::from_millis(200)).await;
    }
}

/// Checks that each promised key has its order, as promised, and that there are no others. Returns them by id.
async fn check_orders(api: &Api, ledger: &Ledger) -> BTreeMap<String, Value> {
    let orders = api.orders("").await;
    let count = orders.len();
    let orders: BTreeMap<String, Value> =
        orders.into_iter().map(|order| (text(&order["id"]), order)).collect();
    assert_eq!(orders.len(), count, "an order is listed twice");
    let promised: HashSet<String> = ledger.placed.values().map(|placed| text(&placed["id"])).collect();
    assert_eq!(promised.len(), ledger.placed.len(), "two keys were given one order");
    for (key, placed) in &ledger.placed {
        let order = orders.get(&text(&placed["id"])).unwrap_or_else(|| panic!("{key} is lost: {placed}"));
        for field in ["number", "lines", "subtotal", "tax", "total", "placed_at"] {
            assert_eq!(order[field], placed[field], "{field} of {key}");
        }
        assert!(order["status"] == "confirmed" || order["status"] == "cancelled", "{order}");
    }
    assert_eq!(orders.len(), ledger.placed.len(), "there are orders without a promise");
    let numbers: HashSet<i64> = orders.values().map(|order| order["number"].as_i64().unwrap()).collect();
    assert_eq!(numbers.len(), orders.len(), "an order number was given twice");
    assert!(!ledger.refused.is_empty(), "what there is few of never ran out");
    orders
}

/// No unit was made, lost or left reserved.
async fn check_stock(api: &Api, variants: &[String], orders: &BTreeMap<String, Value>) {
    let mut sold: HashMap<&str, i64> = HashMap::new();
    let confirmed = orders.values().filter(|order| order["status"] == "confirmed");
    for line in confirmed.flat_map(|order| order["lines"].as_array().unwrap()) {
        *sold.entry(line["variant_id"].as_str().unwrap()).or_default() += line["quantity"].as_i64().unwrap();
    }
    for (number, variant) in variants.iter().enumerate() {
        let stock = api.stock(variant).await;
        assert_eq!(stock.sum(), if number + 1 < VARIANTS { PLENTY } else { FEW }, "{stock:?}");
        assert_eq!(stock.reserved, 0, "{stock:?}");
        assert_eq!(stock.sold, sold.get(variant.as_str()).copied().unwrap_or(0), "{stock:?}");
    }
}

/// Each order has one mail about its end, and at most one about a payment that failed; the money of confirmed orders is taken
/// once, of the others never. The API shows neither, so this reads the services' databases.
async fn check_money_and_mails(shop: &Shop, backend: &TestBackend, orders: &BTreeMap<String, Value>) {
    let in_state = |status: &str| -> HashSet<String> {
        let chosen = orders.iter().filter(|(_, order)| order["status"] == status);
        chosen.map(|(id, _)| id.clone()).collect()
    };
    let (confirmed, cancelled) = (in_state("confirmed"), in_state("cancelled"));
    assert!(!confirmed.is_empty() && !cancelled.is_empty());

    let mails = open(shop, notification::NAME, notification::MIGRATIONS, backend).await;
    let about = async |kind: &str| {
        let sent = query("SELECT order_id FROM mail WHERE kind = $1 AND state = 'sent'").bind(kind);
        sent.fetch_all(&mails, order_id).await.unwrap()
    };
    for (kind, orders) in [("order_confirmed", &confirmed), ("order_cancelled", &cancelled)] {
        until("every mail is sent", || async { about(kind).await.len() >= orders.len() }).await;
        let sent = about(kind).await;
        assert_eq!(sent.len(), orders.len(), "one mail each: {kind}");
        assert_eq!(sent.into_iter().collect::<HashSet<_>>(), *orders, "{kind}");
    }
    let failed = about("payment_failed").await;
    assert_eq!(failed.iter().collect::<HashSet<_>>().len(), failed.len(), "no payment failed twice");
    assert!(failed.iter().all(|order| cancelled.contains(order)), "only what was not paid failed");
    let others = query("SELECT count(*) AS n FROM mail WHERE state <> 'sent'");
    assert_eq!(others.fetch_one(&mails, |row| row.get::<i64>("n")).await.unwrap(), 0, "a mail waits");

    let payments = open(shop, payment::NAME, payment::MIGRATIONS, backend).await;
    let charged = query("SELECT order_id FROM payment_attempt WHERE state = 'captured'");
    let charged = charged.fetch_all(&payments, order_id).await.unwrap();
    assert_eq!(charged.into_iter().collect::<HashSet<_>>(), confirmed);
    // The bank's own record of payments whose answer was lost.
    let twice = query("SELECT count(*) AS n FROM sandbox_charge WHERE asked > 1");
    let twice = twice.fetch_one(&payments, |row| row.get::<i64>("n")).await.unwrap();
    assert_eq!(twice, 0, "the bank was asked twice for the same money");
}

fn order_id(row: &store::Row) -> Result<String, message::Fault> {
    Ok(row.get::<order_contract::OrderId>("order_id")?.to_string())
}
