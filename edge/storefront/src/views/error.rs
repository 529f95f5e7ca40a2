//! The page for a request that cannot be answered.

use serde::Serialize;

use super::Link;

/// What went wrong, and the ways on.
#[derive(Debug, Clone, Serialize)]
pub struct ErrorView {
    /// The HTTP status.
    pub status: u16,
    /// What happened, as a headline.
    pub title: String,
    /// What happened and what to do, in a sentence or two.
    pub message: String,
    /// Ways on; the first one is shown as a button.
    pub links: Vec<Link>,
    /// For the shop's people, to find it in the logs.
    pub correlation_id: Option<String>,
}
