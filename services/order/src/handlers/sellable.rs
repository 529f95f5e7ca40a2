//! Bringing the copy of what can be sold up to date without waiting for an event.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use bus::{Batch, Cx, Incoming, Progress, Review};
use message::{Fault, Kind};
use order_contract::{CopyError, CopyProducts, CopyReport, PlaceError, UnknownItem};
use product_contract::{ListOffers, ProductError, ProductId, VariantId, VariantOffer};

use crate::{
    State,
    domain::placement,
    queries::{self, sellable::Offers},
};

/// How long `product` may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Copies what has been asked for, all of it together: one question to `product` for every 100 products and 1,000
/// variants, outside of the transaction that writes the answers.
pub(crate) async fn copy(
    cx: Cx<State>,
    requests: Batch<CopyProducts>,
) -> Result<Vec<Result<CopyReport, CopyError>>, Fault> {
    let granted = || requests.iter().map(|request| &request.body).filter(|request| !is_too_much(request));
    let products: HashSet<_> = granted().flat_map(|request| request.products.iter().copied()).collect();
    let variants: HashSet<_> = granted().flat_map(|request| request.variants.iter().copied()).collect();
    let offers = offers(&cx, products.into_iter().collect(), variants.into_iter().collect()).await?;
    let known: HashSet<_> = offers.variants.iter().map(|offer| offer.variant.id).collect();
    if !known.is_empty() {
        let mut tx = cx.begin().await?;
        queries::sellable::copy(&mut tx, offers).await?;
        tx.commit().await?;
    }
    let answer = |Incoming { body, .. }: &Incoming<CopyProducts>| {
        if is_too_much(body) {
            return Err(CopyError::TooMany);
        }
        let missing = body.variants.iter().copied().filter(|variant| !known.contains(variant));
        Ok(CopyReport { missing: missing.collect() })
    };
    Ok(requests.iter().map(answer).collect())
}

fn is_too_much(CopyProducts { products, variants }: &CopyProducts) -> bool {
    products.len() > ListOffers::MAX_PRODUCTS || variants.len() > ListOffers::MAX_VARIANTS
}

async fn offers(cx: &Cx<State>, products: Vec<ProductId>, variants: Vec<VariantId>) -> Result<Offers, Fault> {
    // Of two readings of a variant the newer one counts.
    let mut newest: HashMap<VariantId, VariantOffer> = HashMap::new();
    let mut whole: HashMap<ProductId, i64> = HashMap::new();
    for products in products.chunks(ListOffers::MAX_PRODUCTS) {
        let answer = ask(cx, ListOffers { products: products.to_vec(), variants: Vec::new() }).await?;
        whole.extend(answer.iter().map(|offer| (offer.product_id, offer.product_version)));
        newest.extend(answer.into_iter().map(|offer| (offer.variant.id, offer)));
    }
    for variants in variants.chunks(ListOffers::MAX_VARIANTS) {
        for offer in ask(cx, ListOffers { products: Vec::new(), variants: variants.to_vec() }).await? {
            let known = newest.entry(offer.variant.id).or_insert_with(|| offer.clone());
            if known.product_version < offer.product_version {
                *known = offer;
            }
        }
    }
    Ok(Offers { variants: newest.into_values().collect(), whole })
}

async fn ask(cx: &Cx<State>, request: ListOffers) -> Result<Vec<VariantOffer>, Fault> {
    let late = |_| Err(Fault::new(Kind::Timeout, "product did not answer in time").into());
    match tokio::time::timeout(PATIENCE, cx.ask(&request)).await.unwrap_or_else(late) {
        Ok(offers) => Ok(offers),
        Err(ProductError::Fault(fault)) => Err(fault),
        Err(error) => Err(Fault::internal(error)),
    }
}

/// Asks `product` about variants that are not known here and copies those that exist. Returns those that do not.
pub(crate) async fn look_up(cx: &Cx<State>, variants: Vec<VariantId>) -> Result<Vec<VariantId>, Fault> {
    match cx.ask(&CopyProducts { products: Vec::new(), variants }).await {
        Ok(CopyReport { missing }) => Ok(missing),
        Err(CopyError::TooMany) => Err(Fault::internal("an order with more items than are allowed")),
        Err(CopyError::Fault(fault)) => Err(fault),
    }
}

/// Looks into the refusal of an order because of unknown variants: those that exist are known now, and the order is placed
/// once more; those that do not are not for sale. While `product` does not answer, nobody can say.
pub(crate) async fn review(cx: Cx<State>, error: PlaceError) -> Review<PlaceError> {
    let PlaceError::NotKnownYet(items) = error else { return Review::Stands(error) };
    match look_up(&cx, items.iter().map(|unknown| unknown.variant_id).collect()).await {
        Ok(missing) if missing.is_empty() => Review::Again,
        Ok(missing) => Review::Stands(not_for_sale(&items, &missing)),
        Err(fault) => {
            tracing::warn!(error = %fault, "an order waits for variants that product cannot be asked about");
            Review::Stands(PlaceError::NotKnownYet(items))
        }
    }
}

/// The refusal of those items whose variants are `missing`.
pub(crate) fn not_for_sale(items: &[UnknownItem], missing: &[VariantId]) -> PlaceError {
    let missing = items.iter().copied().filter(|unknown| missing.contains(&unknown.variant_id));
    placement::not_for_sale(&missing.collect::<Vec<_>>())
}

/// Notes the products of variants that were copied before there was a place for them.
pub(crate) async fn note_products(cx: Cx<State>) -> Result<Progress, Fault> {
    let variants = queries::sellable::without_product(cx.db(), 500).await?;
    if variants.is_empty() {
        return Ok(Progress::Done);
    }
    let offers = offers(&cx, Vec::new(), variants.clone()).await?;
    let found: HashSet<_> = offers.variants.iter().map(|offer| offer.variant.id).collect();
    let mut tx = cx.begin().await?;
    queries::sellable::copy(&mut tx, offers).await?;
    let lost = variants.into_iter().filter(|variant| !found.contains(variant));
    queries::sellable::take_off_sale(&mut tx, lost).await?;
    tx.commit().await?;
    Ok(Progress::Done)
}
