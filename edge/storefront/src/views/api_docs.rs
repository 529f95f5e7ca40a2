//! The API's documentation.
//!
//! Texts whose docs say HTML are escaped already: a template writes them as they are.

use serde::Serialize;

/// The HTTP API, from its `OpenAPI` 3.1 document.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ApiDocsView {
    /// The API's name.
    pub title: String,
    /// What holds for all of it, as HTML.
    pub about: String,
    /// The codes of refusals, as HTML; may be empty.
    pub codes: String,
    /// The version of the API.
    pub version: String,
    /// The version of `OpenAPI`.
    pub openapi: String,
    /// Where the document itself is served.
    pub json_href: String,
    /// The keys that open operations.
    pub keys: Vec<ApiKey>,
    /// What a shell must know before the commands of the operations can be pasted.
    pub shell: String,
    /// The operations by tag.
    pub groups: Vec<ApiGroup>,
    /// The types of bodies, by name.
    pub types: Vec<ApiType>,
}

/// A key that opens operations.
#[derive(Debug, Clone, Serialize)]
pub struct ApiKey {
    /// "The admin key".
    pub name: String,
    /// Where it comes from, as HTML.
    pub about: String,
}

/// Operations that belong together.
#[derive(Debug, Clone, Serialize)]
pub struct ApiGroup {
    /// The tag.
    pub name: String,
    /// The fragment that leads here.
    pub anchor: String,
    /// What they are about, as HTML.
    pub about: String,
    /// The operations.
    pub operations: Vec<ApiOperation>,
}

/// One operation.
#[derive(Debug, Clone, Serialize)]
pub struct ApiOperation {
    /// The fragment that leads here.
    pub anchor: String,
    /// "POST".
    pub method: String,
    /// The path, with its variable part in braces.
    pub path: String,
    /// What it does, in a few words.
    pub summary: String,
    /// The same in sentences, as HTML.
    pub about: String,
    /// Who may call it, as a sentence.
    pub access: String,
    /// A shell command that calls it.
    pub command: String,
    /// The variable part of the path, the query, the headers.
    pub parameters: Vec<ApiField>,
    /// The type of the body, as HTML.
    pub body: Option<String>,
    /// What it is answered with.
    pub answers: Vec<ApiAnswer>,
    /// Why it may be refused: status and codes.
    pub refusals: Vec<ApiRefusal>,
}

/// A parameter of an operation, or a field of a type.
#[derive(Debug, Clone, Serialize)]
pub struct ApiField {
    /// Its name.
    pub name: String,
    /// Where a parameter stands: "query". Empty for a field.
    pub place: String,
    /// Its type, as HTML.
    pub kind: String,
    /// Whether it can be left out.
    pub optional: bool,
    /// What it is for, and its limits, as HTML.
    pub about: String,
}

/// An answer to an operation that was granted.
#[derive(Debug, Clone, Serialize)]
pub struct ApiAnswer {
    /// "201".
    pub status: String,
    /// What it means, as HTML.
    pub about: String,
    /// The type of its body, as HTML.
    pub kind: Option<String>,
    /// An example of its body.
    pub example: Option<String>,
}

/// A status that an operation is refused with.
#[derive(Debug, Clone, Serialize)]
pub struct ApiRefusal {
    /// "409", or "any" for what every operation may be refused with.
    pub status: String,
    /// The codes; the table of codes says what each means.
    pub codes: Vec<String>,
}

/// A type of bodies.
#[derive(Debug, Clone, Serialize)]
pub struct ApiType {
    /// Its name.
    pub name: String,
    /// The fragment that leads here.
    pub anchor: String,
    /// What it is, as HTML.
    pub about: String,
    /// What it is a choice or a list of, as HTML. `None` for an object.
    pub kind: Option<String>,
    /// The fields of an object.
    pub fields: Vec<ApiField>,
}
