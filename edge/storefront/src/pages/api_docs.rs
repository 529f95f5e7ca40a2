//! The API's documentation, rendered from its OpenAPI document.

use axum::extract::State;
use http::HeaderMap;
use web::page::PageResponse;

use crate::{Storefront, refusal::Refusal, views::ApiDocsView};

const PATH: &str = "/api/docs";

pub(crate) async fn show(
    State(storefront): State<Storefront>,
    headers: HeaderMap,
) -> Result<PageResponse, Refusal> {
    let render = async {
        let api = storefront.0.openapi.clone();
        storefront.render(PATH, &ApiDocsView { api, json_href: "/api/openapi.json".into() })
    };
    Ok(storefront.0.pages.get_or_render(PATH, render).await?.answer(&headers))
}
