//! The page for a request that cannot be answered.

use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{
    HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE},
};
use message::{Fault, Kind};
use web::{
    guard::REQUEST_ID,
    problem::{self, Problem},
};

use crate::{
    Storefront,
    views::{ErrorView, Link},
};

/// Why a request has no page of its own; [`render`] makes an error page of it.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    view: Box<ErrorView>,
    /// Where it comes from; its headers are kept.
    problem: Option<Problem>,
}

impl Refusal {
    /// What happened and what to do, with ways on.
    pub(crate) fn new(
        status: StatusCode,
        title: impl Into<String>,
        message: impl Into<String>,
        links: Vec<Link>,
    ) -> Self {
        let view = ErrorView {
            status: status.as_u16(),
            title: title.into(),
            message: message.into(),
            links,
            correlation_id: None,
        };
        Self { view: Box::new(view), problem: None }
    }

    /// There is no such page.
    pub(crate) fn not_found() -> Self {
        Problem::new(&problem::NOT_FOUND).into()
    }

    /// The same in other words.
    #[must_use]
    pub(crate) fn reworded(mut self, title: &str, message: &str) -> Self {
        (self.view.title, self.view.message) = (title.to_owned(), message.to_owned());
        self
    }

    /// The same with other ways on.
    #[must_use]
    pub(crate) fn links(mut self, links: Vec<Link>) -> Self {
        self.view.links = links;
        self
    }

    /// The status of the response.
    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.view.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        let (title, message) = words(&problem);
        let links = vec![Link::new("See everything", "/products"), Link::new("To the front page", "/")];
        Self { problem: Some(problem.clone()), ..Self::new(problem.status(), title, message, links) }
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        // The service is starting, or this shop runs without it.
        let fault = match fault.kind() {
            Kind::NoRoute => Fault::unavailable(fault),
            _ => fault,
        };
        Problem::from(fault).into()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = match &self.problem {
            Some(problem) => problem.clone().into_response(),
            None => self.status().into_response(),
        };
        // A response without a type would pass for one of the router's own.
        response.headers_mut().insert(CONTENT_TYPE, HTML);
        response.extensions_mut().insert(self);
        response
    }
}

const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

/// What a shopper reads: problems speak to programmers.
fn words(problem: &Problem) -> (&str, &str) {
    match *problem.code() {
        problem::NOT_FOUND => (
            "There is nothing at this address",
            "The thing may have been renamed or is no longer sold. Everything we have is one page away.",
        ),
        problem::METHOD_NOT_ALLOWED => (
            "That does not work here",
            "There is something at this address, but it cannot be asked for in this way. Open the page anew.",
        ),
        problem::CROSS_SITE => (
            "This form was sent from another site",
            "So nothing was done. Open the page here in the shop and try again.",
        ),
        problem::BODY_TOO_LARGE => (
            "That was more than fits",
            "The form was larger than we read, so nothing was done. Shorten it and send it again.",
        ),
        problem::BODY_TIMEOUT => (
            "The form took too long to arrive",
            "Nothing was done. When the connection is better, go back and send it again.",
        ),
        problem::UNSUPPORTED_MEDIA_TYPE | problem::INVALID_BODY | problem::INVALID_QUERY => (
            "We could not read that",
            "Something in the address or the form is not as our pages write it. Start from the product’s page.",
        ),
        problem::TOO_MANY_REQUESTS => (
            "That was very often",
            "More orders came from your connection than we take in a minute, so nothing was done. Wait a minute and \
             try again; what you typed is still there when you go back.",
        ),
        problem::BUSY => (
            "The shop is very busy",
            "Wait a few seconds and try again; what you typed is still there when you go back.",
        ),
        problem::UNAVAILABLE => (
            "This part of the shop is away for a moment",
            "Try again in a moment. If you were buying something: what you typed is still there when you go back.",
        ),
        problem::TIMEOUT => (
            "That took too long",
            "We stopped waiting for an answer. Trying again is safe: nothing is ordered twice.",
        ),
        problem::INTERNAL => (
            "Something broke on our side",
            "It is written down, and somebody will look. Trying again may help, and is safe.",
        ),
        _ => (problem.code().title, problem.code().meaning),
    }
}

/// The fallback of all routes.
pub(crate) async fn not_found() -> Refusal {
    Refusal::not_found()
}

/// The outermost layer: renders the error pages of refusals, those of the kernel's layers included.
pub(crate) async fn render(State(storefront): State<Storefront>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    // Clients of the API are programs.
    let for_people = !path.starts_with("/api/") || path == "/api/docs";
    let mut response = next.run(request).await;
    let extensions = response.extensions_mut();
    let refusal = match (extensions.remove::<Refusal>(), extensions.remove::<Problem>()) {
        (Some(refusal), _) => refusal,
        (None, Some(problem)) => problem.into(),
        (None, None) => return response,
    };
    if !for_people {
        return match refusal.problem {
            Some(problem) => {
                with_body(response, problem.into_response().into_body(), "application/problem+json")
            }
            None => response,
        };
    }
    let mut view = refusal.view;
    let id = response.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok());
    view.correlation_id = id.map(ToOwned::to_owned);
    match storefront.0.theme.render(&storefront.site(""), &*view) {
        Ok(html) => with_body(response, html.into(), "text/html; charset=utf-8"),
        Err(fault) => {
            tracing::error!(%fault, "the error page cannot be rendered");
            response
        }
    }
}

fn with_body(mut response: Response, body: Body, content_type: &'static str) -> Response {
    let headers = response.headers_mut();
    headers.remove(CONTENT_LENGTH);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    *response.body_mut() = body;
    response
}
