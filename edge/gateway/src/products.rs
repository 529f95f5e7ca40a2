//! The catalogue: pages for everybody, writing for the merchant.

mod if_match;
pub(crate) mod resource;
mod variants;

use std::{str::FromStr, sync::Arc};

use axum::extract::State;
use edge_common::{paths::encoded, tags};
use http::HeaderMap;
use message::{Example, Invalid, Limit, ListPage};
use product_contract::{
    ChangeProduct, CreateProduct, GetProduct, ListCollections, ListProducts, NewProduct, Product,
    ProductChange, ProductId, ProductKey, ProductStatus,
};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use web::{page::RenderedPage, problem::Problem};

use crate::{
    Gateway,
    access::{Admin, IsAdmin},
    answer::{Created, Either, Private, Public, Stored, Versioned},
    body::{Body, Sent},
    operation::{LARGE_BODY, Operation, get, patch, post},
    path::{Name, Path},
    problems::{IntoProblem, Refusal, SLUG_TAKEN},
    query::{Nothing, Query, append, of_parameters},
    resources::{CollectionList, ProductResource, SavedProductResource},
};

pub(crate) fn operations() -> Vec<Operation> {
    let products = [
        get("list_products", "/api/v1/products", list).says(
            "List products",
            "Those that are published, newest first. One `status` alone is for the merchant. Of large products a page has \
             fewer than `limit`, so follow `next_cursor`.",
        ),
        post("create_product", "/api/v1/products", create)
            .says(
                "Create a product",
                "With an `id` of yours it can be sent again: the same id creates once. Without one, the slug sees to \
                 that: a second product with it is refused. SKUs may be missing or double; `warnings` names doubles. \
                 Every order after the answer 201 is decided by it.",
            )
            .takes(LARGE_BODY)
            .refuses(&[&SLUG_TAKEN]),
        get("get_product", "/api/v1/products/{id}", read)
            .says("Read a product", "By id or slug. A draft is there for the merchant alone."),
        patch("change_product", "/api/v1/products/{id}", change)
            .says(
                "Change a product",
                "What is given is changed, the rest stays; null empties what may be empty. Lists (`pictures`) are given \
                 whole; of `variants`, those that are named are changed; `add_variants`, `remove_variants` and \
                 `variant_order` do what they say. With the status `archived` a product is neither shown nor sold, and \
                 is kept. With `If-Match` nothing is changed unless the product still has that version. Every order \
                 after the answer 200 is decided by the change: at its price, and of a draft there is none.",
            )
            .takes(LARGE_BODY)
            .refuses(&[&SLUG_TAKEN]),
        get("list_collections", "/api/v1/collections", collections)
            .says("List collections", "Those that have published products, by name."),
    ];
    products.into_iter().chain(variants::operations()).collect()
}

impl Sent for NewProduct {}

impl Sent for ProductChange {}

use if_match::IfMatch;

type ProductList = ListPage<ProductResource>;

/// What a page is drafted to, when it is not to be kept.
#[derive(Clone)]
enum Unkept {
    Refusal(Refusal),
    /// Right, but of a name that anybody can make up: kept, such pages would push out those that are wanted.
    Page(RenderedPage),
}

impl<E: IntoProblem> From<E> for Unkept {
    fn from(error: E) -> Self {
        Self::Refusal(error.into())
    }
}

async fn list(
    State(gateway): State<Gateway>,
    admin: Result<Admin, Problem>,
    Query(request): Query<ListProducts>,
    headers: HeaderMap,
) -> Result<Either<Public<ProductList>, Private<ProductList>>, Refusal> {
    if request.status.is_some() {
        admin?;
        return Ok(Either::Other(Private::of(
            &ask_list(&gateway, &request).await?.map(ProductResource::full),
        )?));
    }
    let request = ListProducts { status: Some(ProductStatus::Published), ..request };
    let page = match gateway.0.pages.get_or_render(&list_path(&request), draft_list(&gateway, &request)).await
    {
        Ok(page) => page,
        Err(Unkept::Page(draft)) => Arc::new(draft.finish(&HeaderMap::new())),
        Err(Unkept::Refusal(refusal)) => return Err(refusal),
    };
    Ok(Either::One(Public::of(&page, &headers)))
}

/// The one path of ours for this list, whatever the client wrote.
fn list_path(request: &ListProducts) -> String {
    let ListProducts { collection, status: _, cursor, limit } = request;
    let mut path = "/api/v1/products".to_owned();
    if *limit != Limit::default() {
        append(&mut path, "limit", &limit.get().to_string());
    }
    if let Some(cursor) = cursor {
        append(&mut path, "cursor", cursor);
    }
    if let Some(collection) = collection {
        append(&mut path, "collection", collection.as_str());
    }
    path
}

async fn ask_list(gateway: &Gateway, request: &ListProducts) -> Result<ListPage<Product>, Problem> {
    gateway.ask(request).await.map_err(|error| of_parameters(error.into_problem()))
}

async fn draft_list(gateway: &Gateway, request: &ListProducts) -> Result<RenderedPage, Unkept> {
    let page = ask_list(gateway, request).await?.map(ProductResource::public);
    let draft = RenderedPage::json(message::to_json(&page)?).tag(tags::PRODUCTS);
    let draft = draft.tags(page.data.iter().map(|product| tags::product(product.id)));
    if page.data.is_empty() { Err(Unkept::Page(draft)) } else { Ok(draft) }
}

/// The id of a product, or its slug: no slug has an underscore, as every id has.
#[derive(JsonSchema)]
struct IdOrSlug(#[schemars(with = "String")] ProductKey);

impl FromStr for IdOrSlug {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let id = text.parse().map(ProductKey::Id);
        id.or_else(|_| text.parse().map(ProductKey::Slug)).map(Self)
    }
}

impl Serialize for IdOrSlug {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            ProductKey::Id(id) => id.serialize(serializer),
            ProductKey::Slug(slug) => slug.serialize(serializer),
        }
    }
}

impl Example for IdOrSlug {
    fn example() -> Self {
        Self(ProductKey::Slug(product_contract::Product::example().slug))
    }
}

impl Name for IdOrSlug {
    const ABOUT: &'static str = "Its id or its slug.";
    const NOTHING: &'static str = ProductId::NOTHING;
}

async fn read(
    State(gateway): State<Gateway>,
    IsAdmin(is_admin): IsAdmin,
    _: Query<Nothing>,
    Path(IdOrSlug(key)): Path<IdOrSlug>,
    headers: HeaderMap,
) -> Result<Either<Public<ProductResource>, Versioned<ProductResource>>, Refusal> {
    let path = match &key {
        ProductKey::Id(id) => path(*id),
        ProductKey::Slug(slug) => format!("/api/v1/products/{}", encoded(slug.as_str())),
    };
    let request = GetProduct { key };
    if is_admin {
        let product = ProductResource::full(gateway.ask(&request).await?);
        return Ok(Either::Other(Versioned::of(product.version, &product)?));
    }
    let page = gateway.0.pages.get_or_render(&path, draft_product(&gateway, &request)).await?;
    Ok(Either::One(Public::of(&page, &headers)))
}

async fn draft_product(gateway: &Gateway, request: &GetProduct) -> Result<RenderedPage, Refusal> {
    let product = gateway.ask(request).await?;
    if product.status != ProductStatus::Published {
        return Err(ProductId::nothing().into());
    }
    let tag = tags::product(product.id);
    Ok(RenderedPage::json(message::to_json(&ProductResource::public(product))?).tag(tag))
}

async fn create(
    State(gateway): State<Gateway>,
    _: Admin,
    _: Query<Nothing>,
    Body(product): Body<NewProduct>,
) -> Result<Either<Created<SavedProductResource>, Stored<SavedProductResource>>, Refusal> {
    let saved: SavedProductResource = gateway.ask(&CreateProduct { product }).await?.into();
    let path = path(saved.product.id);
    Ok(if gateway.changed(saved.product.id).await {
        Either::One(Created::at(&path, &saved)?)
    } else {
        Either::Other(Stored::at(&path, &saved)?)
    })
}

async fn change(
    State(gateway): State<Gateway>,
    _: Admin,
    _: Query<Nothing>,
    Path(id): Path<ProductId>,
    IfMatch(expected_version): IfMatch,
    Body(change): Body<ProductChange>,
) -> Result<Either<Versioned<SavedProductResource>, Stored<SavedProductResource>>, Refusal> {
    let request = ChangeProduct { id, expected_version, change };
    let saved: SavedProductResource = gateway.ask(&request).await?.into();
    Ok(if gateway.changed(id).await {
        Either::One(Versioned::of(saved.product.version, &saved)?)
    } else {
        Either::Other(Stored::at(&path(id), &saved)?)
    })
}

async fn collections(
    State(gateway): State<Gateway>,
    _: Query<Nothing>,
    headers: HeaderMap,
) -> Result<Public<CollectionList>, Refusal> {
    let draft = async {
        let data = gateway.ask(&ListCollections {}).await?;
        Ok::<_, Refusal>(RenderedPage::json(message::to_json(&CollectionList { data })?).tag(tags::PRODUCTS))
    };
    let page = gateway.0.pages.get_or_render("/api/v1/collections", draft).await?;
    Ok(Public::of(&page, &headers))
}

/// Where a product is read.
fn path(id: ProductId) -> String {
    format!("/api/v1/products/{id}")
}
