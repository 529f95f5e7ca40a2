//! The API's documentation, rendered from its OpenAPI document.

use axum::extract::State;
use edge_common::{ask_briefly, tags};
use http::HeaderMap;
use product_contract::{ListProducts, Product, ProductStatus};
use web::page::PageResponse;

use crate::{Storefront, refusal::Refusal, views::ApiDocsView};

const PATH: &str = "/api/docs";

pub(crate) async fn show(
    State(storefront): State<Storefront>,
    headers: HeaderMap,
) -> Result<PageResponse, Refusal> {
    let render = async {
        let product = sample(&storefront).await;
        let view = ApiDocsView::new(&storefront.0.openapi, "/api/openapi.json", product.as_ref());
        Ok::<_, Refusal>(storefront.render(PATH, &view)?.tag(tags::PRODUCTS))
    };
    Ok(storefront.0.pages.get_or_render(PATH, render).await?.answer(&headers))
}

/// A product that is for sale, best one of which something is left. The page does without if `product` is away.
async fn sample(storefront: &Storefront) -> Option<Product> {
    let request = ListProducts { status: Some(ProductStatus::Published), ..ListProducts::default() };
    let products = ask_briefly(&storefront.0.bus, &request).await.ok()?.data;
    let is_left = |product: &Product| product.variants.iter().any(|variant| variant.available > 0);
    let best = products.iter().position(is_left).unwrap_or_default();
    products.into_iter().nth(best)
}
