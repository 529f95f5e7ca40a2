//! Deciding over a batch of orders: first come, first served, all of an order or nothing.

use std::{borrow::Cow, collections::HashMap};

use message::{Fault, IdempotencyKey};
use order_contract::{OrderId, PlaceError, PlaceOrder};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    destination::Destinations,
    placement::{self, Bill, Catalogue},
    stock::{Allocation, Inventory},
};
use crate::Settings;

/// What is decided about one order of a batch. A new order is an `N`: first a [`Grant`], then what is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision<N> {
    /// It becomes a new order.
    New(N),
    /// Its idempotency key placed this order before.
    Again(OrderId),
    /// It is refused.
    Refused(PlaceError),
}

impl<N> Decision<N> {
    /// The new order, if it is one.
    pub fn as_new(&self) -> Option<&N> {
        match self {
            Self::New(order) => Some(order),
            Self::Again(_) | Self::Refused(_) => None,
        }
    }

    /// The order of before, if it is one.
    pub fn as_again(&self) -> Option<OrderId> {
        match self {
            Self::Again(id) => Some(*id),
            Self::New(_) | Self::Refused(_) => None,
        }
    }

    /// The same decision, with `f` of the new order.
    pub fn map_new<M>(self, f: impl FnOnce(N) -> M) -> Decision<M> {
        match self {
            Self::New(order) => Decision::New(f(order)),
            Self::Again(id) => Decision::Again(id),
            Self::Refused(error) => Decision::Refused(error),
        }
    }
}

/// What a new order is granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Of what was asked for, see `fingerprint`.
    pub fingerprint: Uuid,
    /// What it costs.
    pub bill: Bill,
    /// The stock that it holds.
    pub allocations: Vec<Allocation>,
}

/// An order that was placed in an earlier batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownOrder {
    /// The key that it was placed under.
    pub key: String,
    /// Of what was asked for, see `fingerprint`.
    pub fingerprint: Uuid,
    /// Its id.
    pub id: OrderId,
}

/// Decides about the orders of a batch, one after the other. Each decision changes what is left for the next.
#[derive(Debug)]
pub struct Decider<'b> {
    settings: &'b Settings,
    destinations: Destinations,
    catalogue: Catalogue,
    inventory: Inventory,
    keys: HashMap<Cow<'b, str>, (Uuid, Option<OrderId>)>,
}

impl<'b> Decider<'b> {
    /// Begins with these countries, variants, this stock and the orders that have one of its keys already.
    pub fn new(
        settings: &'b Settings,
        destinations: Destinations,
        catalogue: Catalogue,
        inventory: Inventory,
        known: impl IntoIterator<Item = KnownOrder>,
    ) -> Self {
        let keys = known
            .into_iter()
            .map(|KnownOrder { key, fingerprint, id }| (key.into(), (fingerprint, Some(id))));
        Self { settings, destinations, catalogue, inventory, keys: keys.collect() }
    }

    /// Decides about the next order.
    pub fn decide(&mut self, order: &'b PlaceOrder) -> Result<Decision<Grant>, Fault> {
        let fingerprint = fingerprint(order)?;
        if let Some(decision) = self.recall(&order.idempotency_key, fingerprint) {
            return Ok(decision);
        }
        Ok(self.grant(order, fingerprint).map_or_else(Decision::Refused, Decision::New))
    }

    /// The stock that is left, and what was taken of it.
    pub fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    /// The decision that follows from the key alone. A new key is remembered, and nothing follows from it.
    fn recall(&mut self, key: &'b IdempotencyKey, fingerprint: Uuid) -> Option<Decision<Grant>> {
        match self.keys.get(key.as_str()) {
            None => {
                self.keys.insert(key.as_str().into(), (fingerprint, None));
                None
            }
            Some((other, _)) if *other != fingerprint => Some(Decision::Refused(PlaceError::KeyReused)),
            Some((_, Some(id))) => Some(Decision::Again(*id)),
            Some((_, None)) => Some(Decision::Refused(PlaceError::InProgress)),
        }
    }

    fn grant(&mut self, order: &PlaceOrder, fingerprint: Uuid) -> Result<Grant, PlaceError> {
        placement::check_provider(&order.payment.provider, &self.settings.payment_providers)?;
        placement::check_buyer(&order.email, &order.shipping_address)?;
        let country = &order.shipping_address.country;
        self.destinations
            .check(country, "/shipping_address/country")
            .map_err(|wrong| PlaceError::Invalid(vec![wrong]))?;
        let destination = Some(country);
        let bill = placement::bill(&order.items, &self.catalogue, &self.settings.tax, destination)?;
        placement::check_total(order.expected_total, &order.items, &bill, &self.inventory)?;
        let allocations = placement::allocate(&order.items, &mut self.inventory)?;
        Ok(Grant { fingerprint, bill, allocations })
    }
}

/// Says whether two requests ask for the same: the first half of SHA-256 over all that is asked for.
fn fingerprint(order: &PlaceOrder) -> Result<Uuid, Fault> {
    let json = serde_json::to_vec(order).map_err(Fault::internal)?;
    let digest = Sha256::digest(&json);
    Uuid::from_slice(digest.get(..16).unwrap_or_default()).map_err(Fault::internal)
}

#[cfg(test)]
mod tests {
    use message::{Currency, Id, Metadata, Money};
    use order_contract::{Item, PaymentMethod, Quantity};
    use product_contract::{TaxClass, VariantId};
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{placement::Sellable, stock::StockRow};

    fn id<E>(number: u128) -> Id<E> {
        Id::from_uuid(Uuid::from_u128(number))
    }

    /// Asks for `quantity` of the only variant.
    fn order(key: u8, quantity: i64) -> PlaceOrder {
        let address = serde_json::json!({
            "name": "Mira Sethi", "line1": "14 Harbour Road", "city": "Kochi", "postal_code": "682001",
            "country": "IN",
        });
        PlaceOrder {
            note: None,
            source: None,
            locale: None,
            metadata: Metadata::default(),
            idempotency_key: format!("key-{key}").parse().unwrap(),
            email: "mira@example.org".parse().unwrap(),
            items: vec![Item::new(id(1), Quantity::try_from(quantity).unwrap())],
            shipping_address: serde_json::from_value(address).unwrap(),
            payment: PaymentMethod { provider: "test".parse().unwrap(), token: "tok".parse().unwrap() },
            expected_total: None,
        }
    }

    fn batch(settings: &Settings, available: i64, known: Vec<KnownOrder>) -> Decider<'_> {
        let variant: VariantId = id(1);
        let sellable = Sellable {
            sku: Some("KETTLE".parse().unwrap()),
            title: "Kettle".to_owned(),
            options: Vec::new(),
            price: Money::new(10_000, Currency::INR),
            tax_class: TaxClass::default(),
            for_sale: true,
        };
        let row = StockRow { location: "main".parse().unwrap(), available, version: 1 };
        let inventory = Inventory::new([(variant, row)], &[]);
        Decider::new(settings, Destinations::default(), [(variant, sellable)].into(), inventory, known)
    }

    #[test]
    fn a_key_that_placed_an_order_before_gives_that_order_again() {
        let (settings, first, other) = (Settings::default(), order(1, 2), order(1, 3));
        let known =
            KnownOrder { key: "key-1".to_owned(), fingerprint: fingerprint(&first).unwrap(), id: id(9) };
        let mut batch = batch(&settings, 10, vec![known]);
        assert_eq!(batch.decide(&first).unwrap(), Decision::Again(id(9)));
        assert_eq!(batch.decide(&other).unwrap(), Decision::Refused(PlaceError::KeyReused));
        assert_eq!(batch.inventory().available(id(1)), 10);
    }

    proptest! {
        /// The model: a set of keys, and a number that is counted down while there is enough.
        #[test]
        fn decides_as_a_plain_number_would(
            available in 0_i64..20,
            requests in prop::collection::vec((0_u8..6, 1_i64..5), 0..20),
        ) {
            let settings = Settings::default();
            let orders: Vec<_> = requests.iter().map(|(key, quantity)| order(*key, *quantity)).collect();
            let mut batch = batch(&settings, available, Vec::new());
            let (mut left, mut keys) = (available, HashMap::new());
            for ((key, quantity), order) in requests.into_iter().zip(&orders) {
                match (batch.decide(order).unwrap(), keys.insert(key, quantity)) {
                    (Decision::New(grant), None) => {
                        prop_assert_eq!(grant.allocations.iter().map(|part| part.quantity).sum::<i64>(), quantity);
                        left -= quantity;
                        prop_assert!(left >= 0);
                    }
                    (Decision::Refused(PlaceError::OutOfStock(_)), None) => prop_assert!(left < quantity),
                    (Decision::Refused(PlaceError::InProgress), Some(before)) => {
                        prop_assert_eq!(before, quantity);
                    }
                    (Decision::Refused(PlaceError::KeyReused), Some(before)) => {
                        prop_assert!(before != quantity);
                        keys.insert(key, before);
                    }
                    other => prop_assert!(false, "{:?}", other),
                }
                prop_assert_eq!(batch.inventory().available(id(1)), left);
            }
        }
    }
}
