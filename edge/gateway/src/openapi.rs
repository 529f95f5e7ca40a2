//! The OpenAPI 3.1 document, generated from the handlers and the shapes.

use axum::{extract::State, response::IntoResponse as _, response::Response};
use http::HeaderMap;
use message::to_json;
use serde_json::Value;
use utoipa::{
    Modify, OpenApi as _, PartialSchema as _, ToSchema as _,
    openapi::{
        ContentBuilder, HttpMethod, InfoBuilder, OpenApi, Ref, RefOr, ResponseBuilder, Tag,
        path::Operation,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
        tag::TagBuilder,
    },
};
use web::{page::RenderedPage, problem::Problem};

use crate::{Gateway, problems, query::NoParams, routes::Document, schema};

const PROBLEM: &str = "application/problem+json";

/// The API's description.
pub fn openapi() -> Value {
    serde_json::to_value(Document::openapi()).unwrap_or_default()
}

/// This document
///
/// OpenAPI 3.1.
#[utoipa::path(get, path = "/api/openapi.json", tag = "operations", operation_id = "get_openapi",
    responses((status = 200, description = "The document.", body = Value)))]
pub(crate) async fn document(
    State(gateway): State<Gateway>,
    _: NoParams,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let draft = async { Ok::<_, Problem>(RenderedPage::json(to_json(&openapi())?)) };
    let page = gateway.0.pages.get_or_render("/api/openapi.json", draft).await?;
    Ok(page.answer(&headers).into_response())
}

/// What all operations have in common.
pub(crate) struct Finish;

impl Modify for Finish {
    fn modify(&self, document: &mut OpenApi) {
        document.info = InfoBuilder::new()
            .title("Caravel")
            .version(env!("CARGO_PKG_VERSION"))
            .description(Some(introduction()))
            .build();
        document.tags = Some(tags());
        let components = document.components.get_or_insert_default();
        let mut shapes = vec![(schema::Problem::name().into_owned(), schema::Problem::schema())];
        schema::Problem::schemas(&mut shapes);
        components.schemas.extend(shapes);
        for (name, about) in [
            ("admin", "The admin key, which the first start prints and stores in `admin.key`."),
            ("order_token", "The `token` of the answer that placed the order."),
        ] {
            let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(about)).build();
            components.add_security_scheme(name, SecurityScheme::Http(scheme));
        }
        for path in document.paths.paths.values_mut() {
            for method in [HttpMethod::Get, HttpMethod::Post, HttpMethod::Patch, HttpMethod::Delete] {
                let operation = match method {
                    HttpMethod::Get => &mut path.get,
                    HttpMethod::Post => &mut path.post,
                    HttpMethod::Delete => &mut path.delete,
                    _ => &mut path.patch,
                };
                operation.iter_mut().for_each(explain_refusals);
            }
        }
    }
}

/// Every refusal is a problem, those that no operation names too.
fn explain_refusals(operation: &mut Operation) {
    let refusal = || ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response
            && status.starts_with(['4', '5'])
            && response.content.is_empty()
        {
            response.content.insert(PROBLEM.to_owned(), refusal().into());
        }
    }
    let other = ResponseBuilder::new()
        .description("Any other refusal, such as `busy`, `unavailable`, `timeout` or `internal`.")
        .content(PROBLEM, refusal())
        .build();
    operation.responses.responses.insert("default".to_owned(), RefOr::T(other));
}

fn tags() -> Vec<Tag> {
    let tag = |name: &str, about: &str| TagBuilder::new().name(name).description(Some(about)).build();
    vec![
        tag("catalogue", "What the shop shows."),
        tag("orders", "Buying, and what becomes of it."),
        tag("stock", "How much there is."),
        tag("operations", "What the machinery asks."),
    ]
}

/// The document's first words, and the table of codes.
fn introduction() -> String {
    let mut text = String::from(
        "The HTTP API of a Caravel shop.\n\n\
         - Bodies are JSON in UTF-8, at most 64 KiB; unknown fields and unknown parameters are refused.\n\
         - Money is in minor units with its currency, times are RFC 3339 in UTC, ids begin with what they name.\n\
         - Lists answer `{\"data\": […], \"next_cursor\": …}`; send `next_cursor` back as `?cursor=` for the next page.\n\
         - Whoever sends the same `Idempotency-Key` again gets the same answer, and nothing is done twice.\n\
         - Every answer has an `X-Request-Id`, which finds it in the shop's logs; send your own UUID if you like.\n\n\
         Refusals are problems (RFC 9457). Programs look at `code`:\n\n| code | status | meaning |\n|---|---|---|\n",
    );
    for code in problems::all() {
        for cell in ["| ", code.name, " | ", code.status.as_str(), " | ", code.meaning, " |\n"] {
            text.push_str(cell);
        }
    }
    text
}
