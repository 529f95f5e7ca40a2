//! The pages that the `type` of the API's problems leads to: what each code means.

use axum::extract::{Path, State, rejection::PathRejection};
use http::HeaderMap;
use web::{page::PageResponse, problem::Code};

use crate::{
    Storefront,
    refusal::Refusal,
    views::{Link, ProblemRow, ProblemsView},
};

pub(crate) async fn list(
    State(storefront): State<Storefront>,
    headers: HeaderMap,
) -> Result<PageResponse, Refusal> {
    let view = ProblemsView {
        title: "Problems".into(),
        intro: "Why the API refuses. Programs compare the code, which never changes.".into(),
        problems: storefront.0.settings.problems.iter().map(|code| row(code)).collect(),
        ways: vec![Link::new("The API", "/api/docs")],
    };
    show(&storefront, "/problems", &view, &headers).await
}

pub(crate) async fn one(
    State(storefront): State<Storefront>,
    headers: HeaderMap,
    name: Result<Path<String>, PathRejection>,
) -> Result<PageResponse, Refusal> {
    let Path(name) = name.map_err(|_| Refusal::not_found())?;
    let code = storefront.0.settings.problems.iter().find(|code| code.name == name);
    let code = code.ok_or_else(Refusal::not_found)?;
    let view = ProblemsView {
        title: code.title.into(),
        intro: String::new(),
        problems: vec![row(code)],
        ways: vec![Link::new("All problems", "/problems"), Link::new("The API", "/api/docs")],
    };
    show(&storefront, &path(code), &view, &headers).await
}

fn path(code: &Code) -> String {
    format!("/problems/{}", code.name)
}

fn row(code: &Code) -> ProblemRow {
    ProblemRow {
        code: code.name.into(),
        href: path(code),
        status: code.status.to_string(),
        title: code.title.into(),
        meaning: code.meaning.into(),
    }
}

async fn show(
    storefront: &Storefront,
    path: &str,
    view: &ProblemsView,
    headers: &HeaderMap,
) -> Result<PageResponse, Refusal> {
    let page = storefront.0.pages.get_or_render(path, async { storefront.render("", view) }).await?;
    Ok(page.answer(headers))
}
