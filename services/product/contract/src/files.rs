//! The pictures that products are shown with, and the files that hold them.

use message::{Base64, Example};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A picture of a product, with an alternative text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Picture {
    /// The file: see [`GetFile`].
    pub file: FileKey,
    /// What it shows, in words.
    pub alt: String,
}

/// The name of a stored file: the SHA-256 of its bytes, its width and height in pixels where they matter, and its extension
/// (`9c3e….1200x800.jpg`). What has a name never changes, and a page can reserve a picture's room by its name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct FileKey(pub String);

impl FileKey {
    /// Width and height in pixels, if the name says them. A square SVG's does not.
    pub fn size(&self) -> Option<(u32, u32)> {
        let (width, height) = self.0.split('.').nth(1)?.split_once('x')?;
        Some((width.parse().ok()?, height.parse().ok()?))
    }
}

/// Stores SVG pictures; other pictures are stored by [`PutMedia`](crate::PutMedia). A file that is there already is left as it is.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct PutFiles {
    /// The SVG texts, each at most 64 KiB, together at most 1,000.
    pub svgs: Vec<String>,
}

/// Reads a stored file.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct GetFile {
    /// The file.
    pub key: FileKey,
}

/// A stored file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct File {
    /// Its media type, such as `image/svg+xml`.
    pub media_type: String,
    /// The content of an SVG; empty for other pictures.
    #[serde(default)]
    pub text: String,
    /// The content of other pictures.
    #[serde(default, skip_serializing_if = "Base64::is_empty")]
    pub bytes: Base64,
}

impl Example for Picture {
    fn example() -> Self {
        Self { file: Example::example(), alt: "A round copper kettle".to_owned() }
    }
}

impl Example for FileKey {
    fn example() -> Self {
        Self("9c3e1f7a5b2d4860a1c8e7f6d5b4a39281706f5e4d3c2b1a0918273645546372.svg".to_owned())
    }
}

impl Example for File {
    fn example() -> Self {
        let text = r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="3"/></svg>"#;
        Self { media_type: "image/svg+xml".to_owned(), text: text.to_owned(), bytes: Base64::default() }
    }
}
