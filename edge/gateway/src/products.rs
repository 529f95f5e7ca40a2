//! The catalogue: pages for everybody, writing for the merchant.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header::LOCATION};
use product_contract::{
    ChangeProduct, Collection, CreateProduct, GetProduct, ListCollections, ListProducts, NewProduct,
    ProductChange, ProductId, ProductKey, ProductStatus, Slug,
};
use serde_json::{Value, json};
use web::{
    page::{CachedPage, RenderedPage},
    problem::Problem,
};

use crate::{
    Gateway, PRODUCTS,
    access::{Admin, IsAdmin},
    body::{Body, Sent},
    examples, private,
    problems::{Refusal, not_found},
    query::{NoParams, Params, Segment, append, of_parameters},
    schema, tag,
};

impl Sent for NewProduct {
    fn example() -> Value {
        examples::new_product()
    }
}

impl Sent for ProductChange {
    fn example() -> Value {
        examples::product_change()
    }
}

/// What a page is drafted to, when it is not to be kept.
#[derive(Clone)]
enum Unkept {
    Problem(Problem),
    /// Right, but of a name that anybody can make up: kept, such pages would push out those that are wanted.
    Page(RenderedPage),
}

impl From<Problem> for Unkept {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// List products
///
/// Those that are published, newest first.
#[utoipa::path(get, path = "/api/v1/products", tag = "catalogue", operation_id = "list_products",
    params(
        ("limit" = Option<i64>, Query, description = "How many: 1 to 100, 20 unless said.", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "Where to go on: the `next_cursor` of the page before."),
        ("collection" = Option<String>, Query, description = "Only those of this collection."),
        ("status" = Option<schema::ProductStatus>, Query,
            description = "Only those in this state, drafts too; for the merchant."),
    ),
    responses(
        (status = 200, description = "A page of products.", body = schema::ProductList,
            headers(("ETag" = String, description = "Send it back as `If-None-Match`.")),
            example = json!({"data": [examples::product()], "next_cursor": null})),
        (status = 304, description = "You have it already: `If-None-Match` names it."),
        (status = 401, description = "`unauthorized`: `status` without the admin key."),
        (status = 422, description = "`invalid-parameter`."),
    ),
    security((), ("admin" = [])))]
pub(crate) async fn list(
    State(gateway): State<Gateway>,
    admin: Result<Admin, Problem>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut params = Params::of(&uri, &["limit", "cursor", "collection", "status"]);
    let request = ListProducts {
        limit: params.limit(),
        cursor: params.cursor(),
        collection: params.take::<Collection>("collection"),
        status: params.take_with("status", |name| match name {
            "draft" => Ok(ProductStatus::Draft),
            "published" => Ok(ProductStatus::Published),
            _ => Err("expected draft or published"),
        }),
    };
    params.end()?;
    if request.status.is_some() {
        admin?;
        let page = gateway.ask(&request).await.map_err(Refusal::problem).map_err(of_parameters)?;
        return private(StatusCode::OK, &page.map(schema::Product::from));
    }
    let request = ListProducts { status: Some(ProductStatus::Published), ..request };
    let page = gateway.0.pages.get_or_render(&address(&request), draft_list(&gateway, &request)).await;
    answer(page, &headers)
}

/// The one address of ours for this list, whatever the client wrote.
fn address(request: &ListProducts) -> String {
    let mut address = "/api/v1/products".to_owned();
    if request.limit != message::Limit::default() {
        append(&mut address, "limit", &request.limit.get().to_string());
    }
    if let Some(cursor) = &request.cursor {
        append(&mut address, "cursor", cursor);
    }
    if let Some(collection) = &request.collection {
        append(&mut address, "collection", collection.as_str());
    }
    address
}

async fn draft_list(gateway: &Gateway, request: &ListProducts) -> Result<RenderedPage, Unkept> {
    let page = gateway.ask(request).await.map_err(Refusal::problem).map_err(of_parameters)?;
    let tags: Vec<_> = page.data.iter().map(|product| tag(product.id)).collect();
    let body = message::to_json(&page.map(schema::Product::from)).map_err(Problem::from)?;
    let empty = tags.is_empty();
    let draft = RenderedPage::json(body).tag(PRODUCTS).tags(tags);
    if empty { Err(Unkept::Page(draft)) } else { Ok(draft) }
}

fn answer(page: Result<Arc<CachedPage>, Unkept>, headers: &HeaderMap) -> Result<Response, Problem> {
    match page {
        Ok(page) => Ok(page.answer(headers).into_response()),
        Err(Unkept::Page(draft)) => Ok(draft.finish(&HeaderMap::new()).answer(headers).into_response()),
        Err(Unkept::Problem(problem)) => Err(problem),
    }
}

/// Read a product
///
/// By id or slug. A draft is there for the merchant alone.
#[utoipa::path(get, path = "/api/v1/products/{id}", tag = "catalogue", operation_id = "get_product",
    params(("id" = String, Path, description = "Its id or its slug.", example = json!("copper-kettle"))),
    responses(
        (status = 200, description = "The product.", body = schema::Product,
            headers(("ETag" = String, description = "Send it back as `If-None-Match`.")),
            example = json!(examples::product())),
        (status = 304, description = "You have it already: `If-None-Match` names it."),
        (status = 404, description = "`not-found`: there is no such product, or it is not published."),
    ),
    security((), ("admin" = [])))]
pub(crate) async fn read(
    State(gateway): State<Gateway>,
    IsAdmin(is_admin): IsAdmin,
    _: NoParams,
    key: Segment,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (address, key) = key.ok().and_then(|Path(key)| known_by(&key)).ok_or_else(no_product)?;
    let request = GetProduct { key };
    if is_admin {
        return private(
            StatusCode::OK,
            &schema::Product::from(gateway.ask(&request).await.map_err(Refusal::problem)?),
        );
    }
    let page = gateway.0.pages.get_or_render(&address, draft_product(&gateway, &request)).await?;
    Ok(page.answer(&headers).into_response())
}

async fn draft_product(gateway: &Gateway, request: &GetProduct) -> Result<RenderedPage, Problem> {
    let product = gateway.ask(request).await.map_err(Refusal::problem)?;
    if product.status != ProductStatus::Published {
        return Err(no_product());
    }
    let tag = tag(product.id);
    Ok(RenderedPage::json(message::to_json(&schema::Product::from(product))?).tag(tag))
}

/// A product's address and name. No slug has an underscore, as every id has.
fn known_by(key: &str) -> Option<(String, ProductKey)> {
    let key = key
        .parse::<ProductId>()
        .map(ProductKey::Id)
        .or_else(|_| key.parse::<Slug>().map(ProductKey::Slug))
        .ok()?;
    let address = match &key {
        ProductKey::Id(id) => format!("/api/v1/products/{id}"),
        ProductKey::Slug(slug) => format!("/api/v1/products/{slug}"),
    };
    Some((address, key))
}

/// Create a product
///
/// With an `id` of yours it can be sent again: the same id creates once. Without one, the slug sees to that: a second
/// product with it is refused.
#[utoipa::path(post, path = "/api/v1/products", tag = "catalogue", operation_id = "create_product",
    request_body(content = schema::NewProduct, example = json!(examples::new_product())),
    responses(
        (status = 201, description = "The product.", body = schema::Product,
            headers(("Location" = String, description = "Where it is read."))),
        (status = 400, description = "`malformed-json`."),
        (status = 401, description = "`unauthorized`: without the admin key."),
        (status = 409, description = "`slug-taken`, `sku-taken`."),
        (status = 422, description = "`invalid-body`: `errors` points at each field."),
    ),
    security(("admin" = [])))]
pub(crate) async fn create(
    State(gateway): State<Gateway>,
    _: Admin,
    _: NoParams,
    Body(product): Body<NewProduct>,
) -> Result<Response, Problem> {
    let product = gateway.ask(&CreateProduct { product }).await.map_err(Refusal::problem)?;
    gateway.changed(product.id);
    let location = HeaderValue::try_from(format!("/api/v1/products/{}", product.id))
        .map_err(message::Fault::internal)?;
    let mut response = private(StatusCode::CREATED, &schema::Product::from(product))?;
    response.headers_mut().insert(LOCATION, location);
    Ok(response)
}

/// Change a product
///
/// What is given is changed, the rest stays. Lists (`pictures`) are given whole; of `variants`, those that are named
/// are changed.
#[utoipa::path(patch, path = "/api/v1/products/{id}", tag = "catalogue", operation_id = "change_product",
    params(("id" = String, Path, description = "Its id.", example = json!(examples::PRODUCT))),
    request_body(content = schema::ProductChange, example = json!(examples::product_change())),
    responses(
        (status = 200, description = "The product as it is now.", body = schema::Product),
        (status = 400, description = "`malformed-json`."),
        (status = 401, description = "`unauthorized`: without the admin key."),
        (status = 404, description = "`not-found`: there is no such product."),
        (status = 409, description = "`slug-taken`."),
        (status = 422, description = "`invalid-body`: `errors` points at each field."),
    ),
    security(("admin" = [])))]
pub(crate) async fn change(
    State(gateway): State<Gateway>,
    _: Admin,
    _: NoParams,
    id: Segment,
    Body(change): Body<ProductChange>,
) -> Result<Response, Problem> {
    let id = id.ok().and_then(|Path(id)| id.parse().ok()).ok_or_else(no_product)?;
    let product = gateway.ask(&ChangeProduct { id, change }).await.map_err(Refusal::problem)?;
    gateway.changed(id);
    private(StatusCode::OK, &schema::Product::from(product))
}

/// List collections
///
/// Those that have published products, by name.
#[utoipa::path(get, path = "/api/v1/collections", tag = "catalogue", operation_id = "list_collections",
    responses(
        (status = 200, description = "The collections.", body = schema::CollectionList,
            headers(("ETag" = String, description = "Send it back as `If-None-Match`.")),
            example = json!({"data": [{"collection": "Kitchen", "products": 12}]})),
        (status = 304, description = "You have it already: `If-None-Match` names it."),
    ))]
pub(crate) async fn collections(
    State(gateway): State<Gateway>,
    _: NoParams,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let draft = async {
        let shelves = gateway.ask(&ListCollections {}).await.map_err(Refusal::problem)?;
        Ok::<_, Problem>(RenderedPage::json(message::to_json(&json!({ "data": shelves }))?).tag(PRODUCTS))
    };
    let page = gateway.0.pages.get_or_render("/api/v1/collections", draft).await?;
    Ok(page.answer(&headers).into_response())
}

fn no_product() -> Problem {
    not_found("There is no such product.")
}
