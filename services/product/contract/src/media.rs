//! Pictures of merchants: JPEG, PNG, WebP, SVG.

use message::{Base64, Example};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{File, FileKey};

/// Stores a picture. The same bytes again get the same key, and nothing changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PutMedia {
    /// A JPEG, PNG or WebP of at most 10 MiB and 50 million pixels, or an SVG of at most 64 KiB without scripts and without
    /// references to other files.
    pub bytes: Base64,
    /// What its sender takes it for: `image/jpeg`; `null` if that is not known. The bytes must be of that type.
    #[serde(default)]
    pub media_type: Option<String>,
}

/// A picture that is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StoredMedia {
    /// Its name, which pictures of products are given as `file`.
    pub key: FileKey,
    /// `image/jpeg`, `image/png`, `image/webp` or `image/svg+xml`.
    pub media_type: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its width in pixels, as it is shown: turned as its EXIF orientation says. `null` for an SVG that does not say.
    pub width: Option<u32>,
    /// Its height in pixels.
    pub height: Option<u32>,
}

impl Example for PutMedia {
    fn example() -> Self {
        let File { media_type, text, .. } = File::example();
        Self { bytes: text.into_bytes().into(), media_type: Some(media_type) }
    }
}

impl Example for StoredMedia {
    fn example() -> Self {
        Self {
            key: FileKey(
                "9c3e1f7a5b2d4860a1c8e7f6d5b4a39281706f5e4d3c2b1a0918273645546372.1200x800.jpg".to_owned(),
            ),
            media_type: "image/jpeg".to_owned(),
            size: 182_044,
            width: Some(1200),
            height: Some(800),
        }
    }
}
