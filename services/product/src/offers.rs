//! What is sold of products, read for `order`.

use std::collections::HashMap;

use bus::Cx;
use message::FieldError;
use product_contract::{ListOffers, ProductError, ProductId, Variant, VariantOffer};

use crate::queries;

/// What of a product matters to an order, without its variants.
pub(crate) type Head = (ProductId, i64, product_contract::Title, product_contract::ProductStatus);

/// Lists what is sold of products, and these variants.
pub(crate) async fn list(
    cx: Cx<()>,
    ListOffers { products, variants }: ListOffers,
) -> Result<Vec<VariantOffer>, ProductError> {
    let mut errors = Vec::new();
    if products.len() > ListOffers::MAX_PRODUCTS {
        let detail = format!("expected at most {} products", ListOffers::MAX_PRODUCTS);
        errors.push(FieldError::new("/products", detail));
    }
    if variants.len() > ListOffers::MAX_VARIANTS {
        let detail = format!("expected at most {} variants", ListOffers::MAX_VARIANTS);
        errors.push(FieldError::new("/variants", detail));
    }
    if !errors.is_empty() {
        return Err(ProductError::Invalid(errors));
    }
    // The products before their variants: what is read may be newer than the version that it is given, never older.
    let mut offers = Vec::new();
    if !products.is_empty() {
        let heads = queries::offers::heads(cx.db(), &products).await?;
        offers.extend(join(heads, queries::offers::variants_of(cx.db(), &products).await?));
    }
    if !variants.is_empty() {
        let heads = queries::offers::heads_of_variants(cx.db(), &variants).await?;
        offers.extend(join(heads, queries::offers::variants(cx.db(), &variants).await?));
    }
    Ok(offers)
}

fn join(heads: Vec<Head>, variants: Vec<(ProductId, Variant)>) -> impl Iterator<Item = VariantOffer> {
    let heads: HashMap<_, _> = heads.into_iter().map(|head| (head.0, head)).collect();
    variants.into_iter().filter_map(move |(product_id, variant)| {
        let (_, product_version, title, status) = heads.get(&product_id)?.clone();
        Some(VariantOffer { product_id, product_version, title, status, variant })
    })
}
