//! A product's page: one per product, and one per variant that an address names.

use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use edge_common::{paths, tags};
use http::{HeaderMap, StatusCode};
use message::Limit;
use product_contract::{GetProduct, Product, ProductId, ProductKey, ProductStatus, Slug, Variant};
use serde::Deserialize;
use shop_contract::StockThreshold;
use web::{form::Params, page::RenderedPage};

use crate::{
    Storefront,
    choices::{ChoiceGroup, ChoiceValue, Choices, Chosen},
    pages::{
        Segment,
        browse::{product_tags, published},
    },
    refusal::Refusal,
    swatches,
    variant_table::VariantTable,
    views::{self, Link, Supply},
    words,
};

/// One row of others from the same collection.
const MORE: usize = 4;

/// More values of one option than this are chosen from a menu.
const MOST_BUTTONS: usize = 24;

/// The variant that an address or a form names: by its id, or by the values of its options.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct VariantFields {
    variant: String,
    option1: String,
    option2: String,
    option3: String,
}

impl VariantFields {
    /// The variant with this id.
    pub(crate) fn of(variant: impl Into<String>) -> Self {
        Self { variant: variant.into(), ..Self::default() }
    }

    /// The id that is given.
    pub(crate) fn id(&self) -> &str {
        self.variant.trim()
    }

    /// Whether options are given.
    pub(crate) fn has_options(&self) -> bool {
        self.chosen().iter().any(Option::is_some)
    }

    fn is_empty(&self) -> bool {
        self.id().is_empty() && !self.has_options()
    }

    fn chosen(&self) -> Chosen<'_> {
        [&self.option1, &self.option2, &self.option3]
            .map(|value| Some(value.as_str()).filter(|value| !value.is_empty()))
    }

    /// The variant of `product` that is named.
    pub(crate) fn find<'a>(&self, product: &'a Product) -> Option<&'a Variant> {
        if self.id().is_empty() {
            return Choices::of(product).find(&self.chosen());
        }
        product.variants.iter().find(|variant| variant.id.to_string() == self.id())
    }

    /// The path of the page of this choice as we write it, which is also the page's key in the cache.
    fn href(&self, slug: &Slug) -> String {
        let mut href = paths::product(slug);
        let named = [("variant", self.id().to_owned())];
        let options = ["option1", "option2", "option3"].into_iter().zip(self.chosen());
        let options = options.map(|(name, value)| (name, value.unwrap_or_default().to_owned()));
        let fields: Vec<_> =
            if self.id().is_empty() { options.collect() } else { named.into_iter().collect() };
        for (name, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
            href.push(if href.contains('?') { '&' } else { '?' });
            href.push_str(name);
            href.push('=');
            href.push_str(&paths::encoded(&value));
        }
        href
    }
}

pub(crate) async fn show(
    State(storefront): State<Storefront>,
    headers: HeaderMap,
    Segment(name): Segment,
    Params(fields): Params<VariantFields>,
) -> Result<Response, Refusal> {
    if let Ok(id) = name.parse::<ProductId>() {
        let product = visible(&storefront, ProductKey::Id(id)).await?;
        return Ok(Redirect::permanent(&fields.href(&product.slug)).into_response());
    }
    let slug: Slug = name.parse().map_err(|_| Refusal::not_found())?;
    let key = fields.href(&slug);
    let page = storefront.0.pages.get_or_render(&key, render(&storefront, slug, &fields)).await?;
    Ok(page.answer(&headers).into_response())
}

async fn render(
    storefront: &Storefront,
    slug: Slug,
    fields: &VariantFields,
) -> Result<RenderedPage, Refusal> {
    let product = visible(storefront, ProductKey::Slug(slug)).await?;
    let named = if fields.is_empty() { None } else { Some(named(&product, fields)?) };
    let neighbours = neighbours(storefront, &product).await;
    let view = view(storefront, &product, named, &neighbours);
    let page = storefront.render("", &view)?.tag(tags::product(product.id)).tags(product_tags(&neighbours));
    Ok(match product.collection.as_str() {
        "" => page,
        collection => page.tag(tags::collection(collection)),
    })
}

/// Pages of choices that do not exist are not cached: there is no end of them.
pub(crate) fn named<'a>(product: &'a Product, fields: &VariantFields) -> Result<&'a Variant, Refusal> {
    fields.find(product).ok_or_else(|| {
        Refusal::new(
            StatusCode::NOT_FOUND,
            "There is none of these",
            format!(
                "{} is not made in this combination. Its page shows those that there are.",
                product.title
            ),
            vec![
                Link::new(format!("Back to {}", product.title), paths::product(&product.slug)),
                Link::new("See everything", "/products"),
            ],
        )
    })
}

/// A few others of the product's collection.
async fn neighbours(storefront: &Storefront, product: &Product) -> Vec<Product> {
    if product.collection.as_str().is_empty() {
        return Vec::new();
    }
    let count = i64::try_from(MORE + 1).unwrap_or(Limit::MAX);
    let list = |cursor| published(storefront, Some(product.collection.clone()), cursor, count);
    // Those that come after it in the list, whose cursors are ids; behind the last comes the first. A page without its
    // neighbours still sells.
    let mut others = list(Some(product.id.to_string())).await.map(|page| page.data).unwrap_or_default();
    if others.len() < MORE {
        let first = list(None).await.map(|page| page.data).unwrap_or_default();
        let known: Vec<_> = others.iter().map(|other| other.id).collect();
        others.extend(first.into_iter().filter(|other| !known.contains(&other.id)));
    }
    others.retain(|other| other.id != product.id);
    others.truncate(MORE);
    others
}

fn view(
    storefront: &Storefront,
    product: &Product,
    named: Option<&Variant>,
    neighbours: &[Product],
) -> views::ProductView {
    let few = storefront.shop().low_stock_threshold;
    let choices = Choices::of(product);
    let first = product.variants.iter().find(|variant| variant.available > 0).or(product.variants.first());
    let shown = named.or(first);
    let left = shown.map_or(0, |variant| variant.available);
    let mut pictures = words::pictures(product, &storefront.0.theme);
    let picture = shown.and_then(|variant| words::picture_of(product, variant));
    // The variant's own picture is the first.
    if let Some(place) = picture {
        pictures.get_mut(..=place).unwrap_or_default().rotate_right(1);
    }
    let collection = product.collection.as_str();
    let table = VariantTable::of(product, &choices, picture, few);
    views::ProductView {
        slug: product.slug.to_string(),
        href: paths::product(&product.slug),
        title: product.title.to_string(),
        price: shown.map(|variant| variant.price.to_string()).unwrap_or_default(),
        from: named.is_none().then(|| words::price(product)),
        price_note: storefront.0.settings.price_note.clone(),
        description: product.description.clone(),
        collection: (!collection.is_empty()).then(|| Link::new(collection, paths::collection(collection))),
        pictures,
        variant: shown.filter(|_| choices.groups.is_empty()).map(|variant| variant.id.to_string()),
        groups: shown.map(|variant| groups(&choices, variant, few)).unwrap_or_default(),
        chosen: shown.and_then(|variant| words::options(&variant.options)).unwrap_or_default(),
        stock: words::stock(left, few),
        sold_out: words::available(product) == 0,
        max_quantity: words::most(left),
        badges: table.badges.clone(),
        table: table.json(),
        more: neighbours.iter().map(|product| words::card(product, &storefront.0.theme, few)).collect(),
    }
}

/// What can be chosen, marked as seen from the variant that is shown.
fn groups(choices: &Choices<'_>, shown: &Variant, few: StockThreshold) -> Vec<views::OptionGroup> {
    let Some(places) = choices.places(shown) else { return Vec::new() };
    let group = |(index, group): (usize, &ChoiceGroup<'_>)| {
        let value = |(place, value): (usize, &ChoiceValue)| {
            let mut there = places.to_vec();
            if let Some(known) = there.get_mut(index) {
                *known = place;
            }
            let level = choices.at(&there).map(|variant| words::stock(variant.available, few).level);
            views::OptionChoice {
                value: value.value.clone(),
                words: value.words.clone(),
                colour: swatches::colour(&value.words),
                chosen: places.get(index) == Some(&place),
                state: match level {
                    None => "none",
                    Some(Supply::Out) => "out",
                    Some(_) => "in",
                },
            }
        };
        views::OptionGroup {
            field: group.field,
            label: group.label.to_owned(),
            is_menu: group.values.len() > MOST_BUTTONS,
            values: group.values.iter().enumerate().map(value).collect(),
        }
    };
    choices.groups.iter().enumerate().map(group).collect()
}

/// A product that shoppers may see.
pub(crate) async fn visible(storefront: &Storefront, key: ProductKey) -> Result<Product, Refusal> {
    let product = storefront.ask(&GetProduct { key }).await?;
    if product.status == ProductStatus::Published { Ok(product) } else { Err(Refusal::not_found()) }
}
