//! The orders that are placed: baskets of one to four lines, two and a half on average, over the whole catalogue.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};
use serde_json::json;

use crate::load::{
    parser::Response,
    request::{self, Slot, Source, Template},
};

/// Baskets have 1 to this many lines, each size as often as the others.
pub const MOST_LINES: usize = 4;

/// The width of the number that makes an order's key and postal address unique.
const NUMBER: usize = 16;

/// Which variants are bought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Demand {
    /// Random variants.
    Spread,
    /// This variant in every basket; the rest of the basket at random.
    Hot(String),
}

/// An endless supply of orders.
#[derive(Clone, Debug)]
pub struct Orders {
    sizes: Vec<Basket>,
    variants: Arc<[String]>,
    /// The variant in every basket.
    hot: Option<usize>,
    chance: SmallRng,
    run: u32,
    connection: u16,
    count: u32,
    /// The number of lines of the last request.
    lines: usize,
    promised: Arc<AtomicU64>,
}

/// A request for a basket of one size.
#[derive(Clone, Debug)]
struct Basket {
    request: Template,
    key: Slot,
    email: Slot,
    variants: Vec<Slot>,
}

impl Orders {
    /// Orders of run `run`, whose keys differ from other runs'. Accepted items are added to `promised`.
    pub fn new(
        variants: Arc<[String]>,
        demand: &Demand,
        run: u32,
        promised: Arc<AtomicU64>,
    ) -> io::Result<Self> {
        let width = variants.first().map_or(0, String::len);
        if variants.len() < MOST_LINES || variants.iter().any(|id| id.len() != width) {
            return Err(io::Error::other("the catalogue has too few variants, or ids of different lengths"));
        }
        let hot = match demand {
            Demand::Spread => None,
            Demand::Hot(id) => variants.iter().position(|variant| variant == id),
        };
        let sizes = (1..=MOST_LINES).map(|lines| Basket::new(lines, width)).collect();
        let chance = SmallRng::seed_from_u64(0);
        Ok(Self { sizes, variants, hot, chance, run, connection: 0, count: 0, lines: 0, promised })
    }

    /// The requests of connection `connection`: the same in every run with the same number.
    #[must_use]
    pub fn of(&self, connection: usize) -> Self {
        let seed = u64::from(self.run) << 32 | connection as u64;
        let connection = u16::try_from(connection).unwrap_or(u16::MAX);
        Self { chance: SmallRng::seed_from_u64(seed), connection, ..self.clone() }
    }

    /// Writes variants into the lines of a basket, none twice.
    fn choose_variants(&mut self, size: usize) {
        let Some(basket) = self.sizes.get_mut(size) else { return };
        let mut chosen = Vec::with_capacity(MOST_LINES);
        for slot in &basket.variants {
            let variant = match self.hot {
                Some(hot) if chosen.is_empty() => hot,
                _ => any_but(&chosen, self.variants.len(), &mut self.chance),
            };
            if let Some(id) = self.variants.get(variant) {
                basket.request.fill(slot, id.as_bytes());
            }
            chosen.push(variant);
        }
    }
}

fn any_but(chosen: &[usize], count: usize, chance: &mut SmallRng) -> usize {
    loop {
        let any = chance.random_range(0..count);
        if !chosen.contains(&any) {
            return any;
        }
    }
}

impl Source for Orders {
    fn next(&mut self) -> &[u8] {
        let size = self.chance.random_range(0..self.sizes.len());
        self.choose_variants(size);
        self.lines = size + 1;
        let number = u64::from(self.run) << 48 | u64::from(self.connection) << 32 | u64::from(self.count);
        self.count += 1;
        let Some(basket) = self.sizes.get_mut(size) else { return &[] };
        let digits = hex(number);
        basket.request.fill(&basket.key, &digits);
        basket.request.fill(&basket.email, &digits);
        basket.request.bytes()
    }

    fn answered(&mut self, response: &Response, _body: &[u8]) {
        if response.status == 201 {
            self.promised.fetch_add(self.lines as u64, Ordering::Relaxed);
        }
    }
}

impl Basket {
    fn new(lines: usize, id_width: usize) -> Self {
        let mut body = Template::default();
        let email = body.text(r#"{"email":"buyer-"#).slot(NUMBER);
        body.text(r#"@example.com","items":["#);
        let variants: Vec<Slot> = (0..lines)
            .map(|n| {
                let slot = body
                    .text(if n == 0 { r#"{"variant_id":""# } else { r#",{"variant_id":""# })
                    .slot(id_width);
                body.text(r#"","quantity":1}"#);
                slot
            })
            .collect();
        let rest = json!({
            "shipping_address": {
                "name": "Asha Rao", "line1": "14 Harbour Road", "line2": "Flat 3", "city": "Kochi", "region": "Kerala",
                "postal_code": "682001", "country": "IN",
            },
            "payment": { "provider": "test", "token": "tok_ok" },
        });
        body.text("],").text(rest.to_string().trim_start_matches('{'));

        let mut request = Template::default();
        let head = request::head("POST", "/api/v1/orders", &[], Some(body.bytes().len()));
        let key = request.text(head.trim_end()).text("\r\nIdempotency-Key: bench-").slot(NUMBER);
        request.text("\r\n\r\n");
        let offset = request.append(&body);
        let variants = variants.iter().map(|slot| slot.shifted(offset)).collect();
        Self { request, key, email: email.shifted(offset), variants }
    }
}

fn hex(number: u64) -> [u8; NUMBER] {
    let mut digits = [b'0'; NUMBER];
    for (n, digit) in digits.iter_mut().rev().enumerate() {
        let nibble = (number >> (4 * n) & 0xf) as u8;
        *digit = if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
    }
    digits
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use serde_json::Value;

    use super::*;

    fn variants() -> Arc<[String]> {
        (0..20).map(|n| format!("variant_{n:026}")).collect()
    }

    /// The key and the body of a request, after checking its framing.
    fn read(request: &[u8]) -> (String, Value) {
        let text = str::from_utf8(request).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let header = |name: &str| {
            head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).unwrap().to_owned()
        };
        assert!(head.starts_with("POST /api/v1/orders HTTP/1.1\r\n"), "{head}");
        assert_eq!(header("Content-Length").parse::<usize>().unwrap(), body.len());
        (header("Idempotency-Key"), serde_json::from_str(body).unwrap())
    }

    fn orders(demand: &Demand) -> Orders {
        Orders::new(variants(), demand, 7, Arc::default()).unwrap()
    }

    fn items(body: &Value) -> Vec<&str> {
        body["items"].as_array().unwrap().iter().map(|item| item["variant_id"].as_str().unwrap()).collect()
    }

    #[test]
    fn every_order_is_another_and_well_formed() {
        let (mut keys, mut sizes) = (HashSet::new(), HashMap::new());
        for connection in 0..4 {
            let mut orders = orders(&Demand::Spread).of(connection);
            for _ in 0..500 {
                let (key, body) = read(orders.next());
                let items = items(&body);
                assert_eq!(
                    items.iter().collect::<HashSet<_>>().len(),
                    items.len(),
                    "a variant twice: {items:?}"
                );
                assert!(items.iter().all(|id| variants().iter().any(|known| known == id)));
                assert_eq!(body["email"], format!("{}@example.com", key.replace("bench-", "buyer-")));
                assert_eq!(body["payment"]["token"], "tok_ok");
                assert!(keys.insert(key));
                *sizes.entry(items.len()).or_insert(0) += 1;
            }
        }
        assert_eq!(sizes.len(), MOST_LINES);
        assert!(sizes.values().all(|&count| count > 400), "each size as often: {sizes:?}");
    }

    #[test]
    fn a_hot_product_is_in_every_basket_once() {
        let hot = variants()[3].clone();
        let mut orders = orders(&Demand::Hot(hot.clone()));
        for _ in 0..500 {
            let (_, body) = read(orders.next());
            assert_eq!(items(&body).iter().filter(|id| **id == hot).count(), 1);
        }
    }

    #[test]
    fn what_is_accepted_is_counted() {
        let mut orders = orders(&Demand::Spread);
        let mut expected = 0;
        for status in [201, 409, 503, 201, 201] {
            let lines = items(&read(orders.next()).1).len();
            expected += if status == 201 { lines as u64 } else { 0 };
            orders.answered(&Response { status, ..Response::default() }, &[]);
        }
        assert_eq!(orders.promised.load(Ordering::Relaxed), expected);
    }

    #[test]
    fn a_catalogue_too_small_is_refused() {
        assert!(Orders::new(Arc::from(["a".to_owned()]), &Demand::Spread, 0, Arc::default()).is_err());
    }
}
