//! The variants of a product, one by one.

use axum::extract::State;
use product_contract::{
    ChangeProduct, NewVariant, ProductChange, ProductError, ProductId, SavedProduct, VariantChange, VariantId,
};
use web::problem::Problem;

use super::{if_match::IfMatch, path};
use crate::{
    Gateway,
    access::Admin,
    answer::{Created, Done, Either, Private, Stored},
    body::{Body, Sent},
    operation::{Operation, delete, patch, post},
    path::{Name as _, Path, Paths},
    problems::{IntoProblem as _, Refusal},
    query::{Nothing, Query},
    resources::{SavedProductResource, SavedVariantResource},
};

pub(crate) fn operations() -> [Operation; 3] {
    [
        post("add_variant", "/api/v1/products/{id}/variants", add).says(
            "Add a variant",
            "It comes after the others. With an `id` of yours it can be sent again: the same id adds once. Without one, its \
             options see to that: a second variant with the same is refused.",
        ),
        patch("change_variant", "/api/v1/products/{id}/variants/{variant_id}", change)
            .says("Change a variant", "What is given is changed, the rest stays; null empties what may be empty."),
        delete("remove_variant", "/api/v1/products/{id}/variants/{variant_id}", remove).says(
            "Remove a variant",
            "It is not sold any more; what was sold of it stays in its orders, and its stock is kept for the books. The last \
             variant of a product cannot be removed: archive the product.",
        ),
    ]
}

impl Sent for NewVariant {}

impl Sent for VariantChange {}

async fn add(
    State(gateway): State<Gateway>,
    _: Admin,
    _: Query<Nothing>,
    Path(id): Path<ProductId>,
    IfMatch(expected_version): IfMatch,
    Body(new): Body<NewVariant>,
) -> Result<Either<Created<SavedVariantResource>, Stored<SavedVariantResource>>, Refusal> {
    let variant_id = new.id.unwrap_or_else(|| gateway.0.bus.ids().id());
    let new = NewVariant { id: Some(variant_id), ..new };
    let change = ProductChange { add_variants: vec![new], ..ProductChange::default() };
    let (saved, orders_follow) = save(&gateway, ChangeProduct { id, expected_version, change }).await?;
    let (path, variant) = (path(id), only(saved, variant_id)?);
    Ok(if orders_follow {
        Either::One(Created::at(&path, &variant)?)
    } else {
        Either::Other(Stored::at(&path, &variant)?)
    })
}

async fn change(
    State(gateway): State<Gateway>,
    _: Admin,
    _: Query<Nothing>,
    Paths(id, variant_id): Paths<ProductId, VariantId>,
    IfMatch(expected_version): IfMatch,
    Body(change): Body<VariantChange>,
) -> Result<Either<Private<SavedVariantResource>, Stored<SavedVariantResource>>, Refusal> {
    let change = VariantChange { id: Some(variant_id), ..change };
    let change = ProductChange { variants: vec![change], ..ProductChange::default() };
    let (saved, orders_follow) = save(&gateway, ChangeProduct { id, expected_version, change }).await?;
    let variant = only(saved, variant_id)?;
    Ok(if orders_follow {
        Either::One(Private::of(&variant)?)
    } else {
        Either::Other(Stored::at(&path(id), &variant)?)
    })
}

async fn remove(
    State(gateway): State<Gateway>,
    _: Admin,
    _: Query<Nothing>,
    Paths(id, variant_id): Paths<ProductId, VariantId>,
    IfMatch(expected_version): IfMatch,
) -> Result<Either<Done, Stored<SavedProductResource>>, Refusal> {
    let change = ProductChange { remove_variants: vec![variant_id], ..ProductChange::default() };
    let (saved, orders_follow) = save(&gateway, ChangeProduct { id, expected_version, change }).await?;
    Ok(if orders_follow { Either::One(Done) } else { Either::Other(Stored::at(&path(id), &saved.into())?) })
}

/// Makes a change of one variant, and returns whether orders follow it already; what is wrong with it is said in the terms
/// of a request about that variant.
async fn save(gateway: &Gateway, request: ChangeProduct) -> Result<(SavedProduct, bool), Problem> {
    let saved = gateway.ask(&request).await.map_err(of_variant)?;
    Ok((saved, gateway.changed(request.id).await))
}

/// Where the one variant is in the change that is asked for.
const ONE: [&str; 4] = ["/variants/0", "/add_variants/0", "/remove_variants/0", "/remove_variants"];

fn of_variant(error: ProductError) -> Problem {
    let ProductError::Invalid(errors) = error else { return error.into_problem() };
    if errors.iter().any(|error| matches!(error.pointer.as_str(), "/variants/0/id" | "/remove_variants/0")) {
        return VariantId::nothing();
    }
    Problem::invalid(errors.into_iter().map(|mut error| {
        error.pointer = without_place(&error.pointer);
        error
    }))
}

fn without_place(pointer: &str) -> String {
    ONE.iter().find_map(|place| pointer.strip_prefix(place)).unwrap_or(pointer).to_owned()
}

/// The variant that was asked for.
fn only(
    SavedProduct { product, mut warnings }: SavedProduct,
    id: VariantId,
) -> Result<SavedVariantResource, Problem> {
    let variant = product.variants.into_iter().find(|variant| variant.id == id);
    let variant = variant.ok_or_else(VariantId::nothing)?;
    for warning in &mut warnings {
        warning.pointer = without_place(&warning.pointer);
    }
    Ok(SavedVariantResource { variant, warnings })
}
