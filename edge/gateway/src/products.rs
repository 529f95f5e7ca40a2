//! The catalogue: pages for everybody, writing for the merchant.

use std::{str::FromStr, sync::Arc};

use axum::extract::State;
use edge_common::tags;
use http::HeaderMap;
use message::{Example, Invalid, Limit};
use product_contract::{
    ChangeProduct, CreateProduct, GetProduct, ListCollections, ListProducts, NewProduct, ProductChange,
    ProductId, ProductKey, ProductStatus,
};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use web::{page::RenderedPage, problem::Problem};

use crate::{
    Gateway,
    access::{Admin, IsAdmin},
    answer::{Created, Either, Private, Public, Stored},
    body::{Body, Sent},
    operation::{Operation, get, patch, post},
    path::{Name, Path},
    problems::{IntoProblem, Refusal, SKU_TAKEN, SLUG_TAKEN},
    query::{Nothing, Query, append, of_parameters},
    resources::{CollectionList, ProductResource},
};

pub(crate) fn operations() -> [Operation; 5] {
    [
        get("list_products", "/api/v1/products", list).says(
            "List products",
            "Those that are published, newest first. Drafts and one `status` alone are for the merchant.",
        ),
        post("create_product", "/api/v1/products", create)
            .says(
                "Create a product",
                "With an `id` of yours it can be sent again: the same id creates once. Without one, the slug sees to \
                 that: a second product with it is refused. Every order after the answer 201 is decided by it.",
            )
            .refuses(&[&SLUG_TAKEN, &SKU_TAKEN]),
        get("get_product", "/api/v1/products/{id}", read)
            .says("Read a product", "By id or slug. A draft is there for the merchant alone."),
        patch("change_product", "/api/v1/products/{id}", change)
            .says(
                "Change a product",
                "What is given is changed, the rest stays. Lists (`pictures`) are given whole; of `variants`, those \
                 that are named are changed. Every order after the answer 200 is decided by the change: at its price, and \
                 of a draft there is none.",
            )
            .refuses(&[&SLUG_TAKEN]),
        get("list_collections", "/api/v1/collections", collections)
            .says("List collections", "Those that have published products, by name."),
    ]
}

impl Sent for NewProduct {}

impl Sent for ProductChange {}

type ProductList = message::ListPage<ProductResource>;

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
        return Ok(Either::Other(Private::of(&ask_list(&gateway, &request).await?)?));
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

async fn ask_list(gateway: &Gateway, request: &ListProducts) -> Result<ProductList, Problem> {
    let page = gateway.ask(request).await.map_err(|error| of_parameters(error.into_problem()))?;
    Ok(page.map(ProductResource::from))
}

async fn draft_list(gateway: &Gateway, request: &ListProducts) -> Result<RenderedPage, Unkept> {
    let page = ask_list(gateway, request).await?;
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
) -> Result<Either<Public<ProductResource>, Private<ProductResource>>, Refusal> {
    let path = match &key {
        ProductKey::Id(id) => path(*id),
        ProductKey::Slug(slug) => format!("/api/v1/products/{slug}"),
    };
    let request = GetProduct { key };
    if is_admin {
        return Ok(Either::Other(Private::of(&gateway.ask(&request).await?.into())?));
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
    Ok(RenderedPage::json(message::to_json(&ProductResource::from(product))?).tag(tag))
}

async fn create(
    State(gateway): State<Gateway>,
    _: Admin,
    _: Query<Nothing>,
    Body(product): Body<NewProduct>,
) -> Result<Either<Created<ProductResource>, Stored<ProductResource>>, Refusal> {
    let product = gateway.ask(&CreateProduct { product }).await?;
    let path = path(product.id);
    Ok(if gateway.changed(product.id).await {
        Either::One(Created::at(&path, &product.into())?)
    } else {
        Either::Other(Stored::at(&path, &product.into())?)
    })
}

async fn change(
    State(gateway): State<Gateway>,
    _: Admin,
    _: Query<Nothing>,
    Path(id): Path<ProductId>,
    Body(change): Body<ProductChange>,
) -> Result<Either<Private<ProductResource>, Stored<ProductResource>>, Refusal> {
    let product = gateway.ask(&ChangeProduct { id, change }).await?;
    Ok(if gateway.changed(id).await {
        Either::One(Private::of(&product.into())?)
    } else {
        Either::Other(Stored::at(&path(id), &product.into())?)
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
