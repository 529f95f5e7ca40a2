//! The pages that are the same for everybody: front page and lists. They are rendered once and cached until an
//! event purges them.

use axum::extract::State;
use edge_common::{paths, tags};
use http::HeaderMap;
use message::{Fault, Limit, ListPage};
use product_contract::{
    Collection, CollectionSummary, ListCollections, ListProducts, Product, ProductError, ProductStatus,
};
use serde::Deserialize;
use web::{
    form::Params,
    page::{PageResponse, RenderedPage},
};

use crate::{
    Storefront,
    refusal::Refusal,
    views::{self, Link},
    words,
};

/// Products shown large on the front page.
const STILLS: usize = 3;
/// Products below them: two rows.
const PICKS: usize = 8;
/// The newest products, among which the front page chooses.
const CANDIDATES: i64 = 24;
/// Six rows on a desk.
const PER_PAGE: i64 = 24;

impl From<ProductError> for Refusal {
    fn from(error: ProductError) -> Self {
        match error {
            ProductError::Fault(fault) => fault.into(),
            // A made-up cursor, an unknown id.
            _ => Self::not_found(),
        }
    }
}

pub(crate) async fn home(
    State(storefront): State<Storefront>,
    headers: HeaderMap,
) -> Result<PageResponse, Refusal> {
    let page = storefront.0.pages.get_or_render("/", render_home(&storefront)).await?;
    Ok(page.answer(&headers))
}

async fn render_home(storefront: &Storefront) -> Result<RenderedPage, Refusal> {
    let (newest, collections) =
        tokio::try_join!(published(storefront, None, None, CANDIDATES), collections(storefront))?;
    let (stills, picks) = choose(newest.data);
    let shop = storefront.shop();
    let few = shop.low_stock_threshold;
    let cards = |products: &[Product]| {
        products.iter().map(|product| words::card(product, &storefront.0.theme, few)).collect::<Vec<_>>()
    };
    let collections = collections.iter().filter(|known| !known.collection.as_str().is_empty());
    let view = views::HomeView {
        headline: if shop.headline.as_str().is_empty() { shop.name.as_str() } else { shop.headline.as_str() }
            .to_owned(),
        intro: shop.intro.to_string(),
        stills: cards(&stills),
        picks: cards(&picks),
        collections: collections.map(collection_row).collect(),
    };
    let page = storefront.render("/", &view)?.tag(tags::PRODUCTS);
    Ok(page.tags(product_tags(&stills)).tags(product_tags(&picks)))
}

/// The products that the front page shows large, and those below them. Large are only those that have a picture and can
/// be bought; the others follow in the order: to be bought with a picture, to be bought, sold out.
fn choose(mut newest: Vec<Product>) -> (Vec<Product>, Vec<Product>) {
    let sold_out = |product: &Product| words::available(product) == 0;
    newest.sort_by_key(|product| (sold_out(product), product.pictures.is_empty()));
    let fine = newest.iter().take_while(|product| !sold_out(product) && !product.pictures.is_empty()).count();
    // A few products are better off in a row than alone beside the headline.
    let stills = if newest.len() > STILLS { fine.min(STILLS) } else { 0 };
    let mut picks = newest.split_off(stills);
    picks.truncate(PICKS);
    (newest, picks)
}

fn collection_row(collection: &CollectionSummary) -> views::CollectionRow {
    let name = collection.collection.to_string();
    views::CollectionRow { href: paths::collection(&name), name, count: things(collection.products) }
}

fn things(count: i64) -> String {
    if count == 1 { "1 thing".into() } else { format!("{count} things") }
}

/// The parameters of a list.
#[derive(Debug, Deserialize)]
pub(crate) struct ListQuery {
    collection: Option<String>,
    cursor: Option<String>,
    /// The place of the first product of this list page, from 1.
    from: Option<i64>,
}

impl ListQuery {
    /// The path as we write it, which is also the page's key in the cache.
    fn href(&self) -> String {
        let mut href = match self.collection.as_deref() {
            Some(collection) => paths::collection(collection),
            None => "/products".to_owned(),
        };
        if let Some(cursor) = &self.cursor {
            href.push(if self.collection.is_some() { '&' } else { '?' });
            href.push_str("cursor=");
            href.push_str(&paths::encoded(cursor));
            if let Some(from) = self.from {
                href.push_str("&from=");
                href.push_str(&from.to_string());
            }
        }
        href
    }
}

pub(crate) async fn list(
    State(storefront): State<Storefront>,
    headers: HeaderMap,
    Params(mut query): Params<ListQuery>,
) -> Result<PageResponse, Refusal> {
    query.collection = query.collection.filter(|name| !name.is_empty());
    query.cursor = query.cursor.filter(|cursor| !cursor.is_empty());
    query.from = query.from.filter(|_| query.cursor.is_some());
    let page = storefront.0.pages.get_or_render(&query.href(), render_list(&storefront, &query)).await?;
    Ok(page.answer(&headers))
}

async fn render_list(storefront: &Storefront, query: &ListQuery) -> Result<RenderedPage, Refusal> {
    let name = query.collection.as_deref();
    let collection: Option<Collection> =
        name.map(str::parse).transpose().map_err(|_| Refusal::not_found())?;
    let (products, collections) = tokio::try_join!(
        published(storefront, collection, query.cursor.clone(), PER_PAGE),
        collections(storefront)
    )?;
    // Made-up names and cursors are not cached: they could fill the memory with empty lists.
    if products.data.is_empty() && (query.cursor.is_some() || name.is_some()) {
        return Err(Refusal::not_found());
    }
    let count = match collections.iter().find(|known| Some(known.collection.as_str()) == name) {
        Some(known) => known.products,
        None => collections.iter().map(|known| known.products).sum(),
    };
    let few = storefront.shop().low_stock_threshold;
    let from = query.from.unwrap_or(1);
    // Made-up places are not cached either.
    if from > count.max(1) || from % PER_PAGE != 1 {
        return Err(Refusal::not_found());
    }
    let next_from = (query.from.is_some() || query.cursor.is_none()).then_some(from + PER_PAGE);
    let to = from + i64::try_from(products.data.len()).unwrap_or_default() - 1;
    // The place is not known on a page whose address does not name it.
    let position = next_from.filter(|_| to < count || from > 1).map(|_| format!("{from}–{to} of {count}"));
    let first = ListQuery { collection: query.collection.clone(), cursor: None, from: None };
    let next = products.next_cursor.clone().map(|cursor| {
        let collection = query.collection.clone();
        ListQuery { collection, cursor: Some(cursor), from: next_from }.href()
    });
    let view = views::ListView {
        title: name.unwrap_or("Everything").to_owned(),
        intro: (count > 0).then(|| format!("{}, newest first.", things(count))),
        collections: tabs(&collections, name),
        cards: products.data.iter().map(|product| words::card(product, &storefront.0.theme, few)).collect(),
        first: query.cursor.is_some().then(|| first.href()),
        position,
        next,
    };
    let path = if name.is_none() { "/products" } else { "" };
    Ok(storefront.render(path, &view)?.tag(tags::PRODUCTS).tags(product_tags(&products.data)))
}

fn tabs(collections: &[CollectionSummary], shown: Option<&str>) -> Vec<Link> {
    let named = collections.iter().map(|known| known.collection.as_str()).filter(|name| !name.is_empty());
    let mut tabs = vec![Link { current: shown.is_none(), ..Link::new("Everything", "/products") }];
    tabs.extend(
        named.map(|name| Link { current: shown == Some(name), ..Link::new(name, paths::collection(name)) }),
    );
    // One tab is no choice.
    if tabs.len() > 1 { tabs } else { Vec::new() }
}

pub(crate) async fn published(
    storefront: &Storefront,
    collection: Option<Collection>,
    cursor: Option<String>,
    limit: i64,
) -> Result<ListPage<Product>, Refusal> {
    let limit = Limit::try_from(limit).map_err(Fault::internal)?;
    let request = ListProducts { collection, status: Some(ProductStatus::Published), cursor, limit };
    Ok(storefront.ask(&request).await?)
}

async fn collections(storefront: &Storefront) -> Result<Vec<CollectionSummary>, Refusal> {
    Ok(storefront.ask(&ListCollections {}).await?)
}

pub(crate) fn product_tags(products: &[Product]) -> impl Iterator<Item = String> {
    products.iter().map(|product| tags::product(product.id))
}
