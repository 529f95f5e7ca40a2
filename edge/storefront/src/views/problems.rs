//! What the API's problems mean.

use serde::Serialize;

use super::Link;

/// All codes, or one.
#[derive(Debug, Clone, Serialize)]
pub struct ProblemsView {
    /// "Problems", or the one's title.
    pub title: String,
    /// A sentence about the list; empty for one.
    pub intro: String,
    /// The codes.
    pub problems: Vec<ProblemRow>,
    /// Where more stands.
    pub ways: Vec<Link>,
}

/// One code.
#[derive(Debug, Clone, Serialize)]
pub struct ProblemRow {
    /// What programs compare: "out-of-stock".
    pub code: String,
    /// Its page.
    pub href: String,
    /// The status that it is answered with: "409 Conflict".
    pub status: String,
    /// A few words.
    pub title: String,
    /// What it means and what to do; code stands between backticks.
    pub meaning: String,
}
