//! The pictures that products are shown with, and the files that hold them.

use message::{Message, Request};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ProductError;

/// A picture of a product, and the words for those who do not see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Picture {
    /// Which file: see [`GetFile`].
    pub file: FileKey,
    /// What it shows, in words.
    pub alt: String,
}

/// The name of a stored file: the SHA-256 of its bytes and its extension, so that it never changes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct FileKey(pub String);

/// Stores files, SVG pictures today; a file that is there already is left as it is.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct PutFiles {
    /// The SVG texts, each at most 64 KiB, together at most 1,000.
    pub svgs: Vec<String>,
}

impl Message for PutFiles {
    const NAME: &'static str = "product.put_files";
}
impl Request for PutFiles {
    type Reply = Vec<FileKey>;
    type Error = ProductError;
}

/// Reads a stored file.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct GetFile {
    /// Which.
    pub key: FileKey,
}

/// A stored file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct File {
    /// Its media type, `image/svg+xml`.
    pub media_type: String,
    /// What it holds.
    pub text: String,
}

impl Message for GetFile {
    const NAME: &'static str = "product.get_file";
}
impl Request for GetFile {
    type Reply = Option<File>;
    type Error = ProductError;
}
