//! The API's documentation.

use serde::Serialize;

/// The HTTP API, from its `OpenAPI` 3.1 document.
#[derive(Debug, Clone, Serialize)]
pub struct ApiDocsView {
    /// The parsed document.
    pub api: serde_json::Value,
    /// Where the document itself is served.
    pub json_href: String,
}
