//! What everybody sees alike: the front page, the lists, the products. Finished once, kept until an event purges them.

use axum::{
    extract::{Path, State},
    response::{IntoResponse as _, Redirect, Response},
};
use http::HeaderMap;
use message::{Fault, Limit, ListPage};
use product_contract::{
    Collection, GetProduct, ListCollections, ListProducts, Product, ProductError, ProductId, ProductKey,
    ProductStatus, Shelf, Slug,
};
use serde::Deserialize;
use web::{
    form::Params,
    page::{PageResponse, RenderedPage},
};

use crate::{
    PRODUCTS, Storefront, product_tag,
    refusal::Refusal,
    shelf_tag,
    views::{self, Link, StockLevel},
    words,
};

/// Products shown large on the front page.
const STILLS: usize = 3;
/// Products below them: two rows.
const PICKS: usize = 8;
/// Six rows on a desk.
const PER_PAGE: i64 = 24;
/// One row of others from the same shelf.
const MORE: usize = 4;

impl From<ProductError> for Refusal {
    fn from(error: ProductError) -> Self {
        match error {
            ProductError::Fault(fault) => fault.into(),
            // A cursor that nobody gave out, an id that nobody has.
            _ => Self::not_found(),
        }
    }
}

pub(crate) async fn home(
    State(shop): State<Storefront>,
    headers: HeaderMap,
) -> Result<PageResponse, Refusal> {
    let page = shop.0.pages.get_or_render("/", draw_home(&shop)).await?;
    Ok(page.answer(&headers))
}

async fn draw_home(shop: &Storefront) -> Result<RenderedPage, Refusal> {
    let count = i64::try_from(STILLS + PICKS).unwrap_or(Limit::MAX);
    let (products, shelves) = tokio::try_join!(published(shop, None, None, count), shelves(shop))?;
    let mut cards: Vec<_> = products.data.iter().map(|product| words::card(product, &shop.0.theme)).collect();
    // What can be bought is shown first and large.
    cards.sort_by_key(|card| card.stock.level == StockLevel::Out);
    let picks = if cards.len() > STILLS { cards.split_off(STILLS) } else { std::mem::take(&mut cards) };
    let collections = shelves.iter().filter(|shelf| !shelf.collection.as_str().is_empty());
    let view = views::Home {
        headline: shop.0.settings.headline.clone(),
        lede: shop.0.settings.lede.clone(),
        stills: cards,
        picks,
        collections: collections.map(index_entry).collect(),
    };
    Ok(shop.draw("/", &view)?.tag(PRODUCTS).tags(tags(&products.data)))
}

fn index_entry(shelf: &Shelf) -> views::Collection {
    let name = shelf.collection.to_string();
    views::Collection { href: words::shelf_href(&name), name, count: things(shelf.products) }
}

fn things(count: i64) -> String {
    if count == 1 { "1 thing".into() } else { format!("{count} things") }
}

/// The parameters of a list.
#[derive(Debug, Deserialize)]
pub(crate) struct Shown {
    collection: Option<String>,
    cursor: Option<String>,
}

impl Shown {
    /// The address as we write it, which is also the page's key.
    fn href(&self) -> String {
        let mut href = match self.collection.as_deref() {
            Some(collection) => words::shelf_href(collection),
            None => "/products".to_owned(),
        };
        if let Some(cursor) = &self.cursor {
            href.push(if self.collection.is_some() { '&' } else { '?' });
            href.push_str("cursor=");
            href.push_str(&words::encoded(cursor));
        }
        href
    }
}

pub(crate) async fn list(
    State(shop): State<Storefront>,
    headers: HeaderMap,
    Params(mut shown): Params<Shown>,
) -> Result<PageResponse, Refusal> {
    shown.collection = shown.collection.filter(|name| !name.is_empty());
    shown.cursor = shown.cursor.filter(|cursor| !cursor.is_empty());
    let page = shop.0.pages.get_or_render(&shown.href(), draw_list(&shop, &shown)).await?;
    Ok(page.answer(&headers))
}

async fn draw_list(shop: &Storefront, shown: &Shown) -> Result<RenderedPage, Refusal> {
    let name = shown.collection.as_deref();
    let collection: Option<Collection> =
        name.map(str::parse).transpose().map_err(|_| Refusal::not_found())?;
    let (products, shelves) =
        tokio::try_join!(published(shop, collection, shown.cursor.clone(), PER_PAGE), shelves(shop))?;
    let shelf = shelves.iter().find(|shelf| Some(shelf.collection.as_str()) == name);
    // What nobody gave out as an address is not kept: else anybody could fill the memory with empty lists.
    if products.data.is_empty() && (shown.cursor.is_some() || name.is_some()) {
        return Err(Refusal::not_found());
    }
    let count = match shelf {
        Some(shelf) => shelf.products,
        None => shelves.iter().map(|shelf| shelf.products).sum(),
    };
    let first = Shown { collection: shown.collection.clone(), cursor: None };
    let next = products
        .next_cursor
        .clone()
        .map(|cursor| Shown { collection: shown.collection.clone(), cursor: Some(cursor) }.href());
    let view = views::List {
        title: name.unwrap_or("Everything").to_owned(),
        intro: (count > 0).then(|| format!("{}, newest first.", things(count))),
        collections: tabs(&shelves, name),
        cards: products.data.iter().map(|product| words::card(product, &shop.0.theme)).collect(),
        first: shown.cursor.is_some().then(|| first.href()),
        next,
    };
    let path = if name.is_none() { "/products" } else { "" };
    Ok(shop.draw(path, &view)?.tag(PRODUCTS).tags(tags(&products.data)))
}

fn tabs(shelves: &[Shelf], shown: Option<&str>) -> Vec<Link> {
    let named = shelves.iter().map(|shelf| shelf.collection.as_str()).filter(|name| !name.is_empty());
    let mut tabs = vec![Link { current: shown.is_none(), ..Link::new("Everything", "/products") }];
    tabs.extend(
        named.map(|name| Link { current: shown == Some(name), ..Link::new(name, words::shelf_href(name)) }),
    );
    // One tab is no choice.
    if tabs.len() > 1 { tabs } else { Vec::new() }
}

pub(crate) async fn product(
    State(shop): State<Storefront>,
    headers: HeaderMap,
    Path(name): Path<String>,
) -> Result<Response, Refusal> {
    if let Ok(id) = name.parse::<ProductId>() {
        let product = visible(&shop, ProductKey::Id(id)).await?;
        return Ok(Redirect::permanent(&words::product_href(&product)).into_response());
    }
    let slug: Slug = name.parse().map_err(|_| Refusal::not_found())?;
    let key = format!("/products/{slug}");
    let page = shop.0.pages.get_or_render(&key, draw_product(&shop, slug)).await?;
    Ok(page.answer(&headers).into_response())
}

async fn draw_product(shop: &Storefront, slug: Slug) -> Result<RenderedPage, Refusal> {
    let product = visible(shop, ProductKey::Slug(slug)).await?;
    let count = i64::try_from(MORE + 1).unwrap_or(Limit::MAX);
    let shelf = product.collection.clone();
    let shelf = (!shelf.as_str().is_empty()).then_some(shelf);
    let mut neighbours = match &shelf {
        // A page that cannot say what stands beside it still sells.
        Some(shelf) => match published(shop, Some(shelf.clone()), None, count).await {
            Ok(page) => page.data,
            Err(_) => Vec::new(),
        },
        None => Vec::new(),
    };
    neighbours.retain(|other| other.id != product.id);
    neighbours.truncate(MORE);
    let view = product_view(shop, &product, &neighbours);
    let draft = shop.draw("", &view)?.tag(product_tag(product.id)).tags(tags(&neighbours));
    Ok(match shelf {
        Some(shelf) => draft.tag(shelf_tag(shelf.as_str())),
        None => draft,
    })
}

fn product_view(shop: &Storefront, product: &Product, neighbours: &[Product]) -> views::Product {
    let chosen = product.variants.iter().find(|variant| variant.available > 0);
    let shown = chosen.or(product.variants.first());
    let left = shown.map_or(0, |variant| variant.available);
    let options = shown.map(|variant| variant.options.as_slice()).unwrap_or_default();
    let variants = product.variants.iter().map(|variant| views::Variant {
        id: variant.id.to_string(),
        words: words::options(&variant.options).unwrap_or_else(|| variant.sku.to_string()),
        price: variant.price.to_string(),
        stock: words::stock(variant.available),
        max_quantity: words::most(variant.available),
        chosen: chosen.is_some_and(|chosen| chosen.id == variant.id),
    });
    let shelf = product.collection.as_str();
    views::Product {
        slug: product.slug.to_string(),
        title: product.title.to_string(),
        price: shown.map(|variant| variant.price.to_string()).unwrap_or_default(),
        price_note: shop.0.settings.price_note.clone(),
        description: product.description.clone(),
        collection: (!shelf.is_empty()).then(|| Link::new(shelf, words::shelf_href(shelf))),
        pictures: words::pictures(product, &shop.0.theme),
        choice: words::choice(options),
        variants: variants.collect(),
        stock: words::stock(left),
        max_quantity: words::most(left),
        more: neighbours.iter().map(|product| words::card(product, &shop.0.theme)).collect(),
    }
}

/// A product that shoppers may see.
pub(crate) async fn visible(shop: &Storefront, key: ProductKey) -> Result<Product, Refusal> {
    let product = shop.ask(&GetProduct { key }).await?;
    if product.status == ProductStatus::Published { Ok(product) } else { Err(Refusal::not_found()) }
}

async fn published(
    shop: &Storefront,
    collection: Option<Collection>,
    cursor: Option<String>,
    limit: i64,
) -> Result<ListPage<Product>, Refusal> {
    let limit = Limit::try_from(limit).map_err(Fault::internal)?;
    let request = ListProducts { collection, status: Some(ProductStatus::Published), cursor, limit };
    Ok(shop.ask(&request).await?)
}

async fn shelves(shop: &Storefront) -> Result<Vec<Shelf>, Refusal> {
    Ok(shop.ask(&ListCollections {}).await?)
}

fn tags(products: &[Product]) -> impl Iterator<Item = String> {
    products.iter().map(|product| product_tag(product.id))
}
