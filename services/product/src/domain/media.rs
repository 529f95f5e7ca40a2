//! Which uploads are pictures, and what they are called.

use message::FieldError;
use product_contract::{FileKey, StoredMedia};
use sha2::{Digest as _, Sha256};

use super::{
    SVG,
    raster::{self, Format},
    svg,
};

/// In bytes. With base64 it stays below what a broker takes as one message.
const MOST_BYTES: usize = 10 << 20;
/// What a browser can still show on a phone.
const MOST_PIXELS: u64 = 50_000_000;
/// What browsers can still draw.
const MOST_SIDE: u32 = 20_000;

const FORMATS: &str = "a JPEG, PNG, WebP or SVG";

/// Checks a picture, and names it.
pub(crate) fn check(bytes: &[u8], declared: Option<&str>) -> Result<StoredMedia, FieldError> {
    let wrong = |detail: String| FieldError::new("/bytes", detail);
    if bytes.is_empty() {
        return Err(wrong(format!("expected the bytes of {FORMATS}; there are none")));
    }
    if bytes.len() > MOST_BYTES {
        return Err(wrong(format!("expected at most {} MiB", MOST_BYTES >> 20)));
    }
    let format = Format::of(bytes);
    let text = format.is_none().then(|| markup(bytes)).flatten();
    let media_type = match (format, text) {
        (Some(format), _) => format.media_type(),
        (None, Some(_)) => SVG,
        (None, None) => {
            return Err(FieldError::new("/media_type", format!("expected {FORMATS}, not {}", name(bytes))));
        }
    };
    if let Some(declared) = declared.and_then(essence)
        && declared != media_type
    {
        let detail = format!("expected {media_type}, which the bytes are, not {declared:.80}");
        return Err(FieldError::new("/media_type", detail));
    }
    let (size, extension) = match (format, text) {
        (Some(format), _) => (Some(pixels(format, bytes).map_err(wrong)?), format.extension()),
        (None, text) => {
            let text = text.unwrap_or_default();
            svg::check(text).map_err(wrong)?;
            (svg::size(text), "svg")
        }
    };
    Ok(StoredMedia {
        key: key(bytes, size, extension),
        media_type: media_type.to_owned(),
        size: bytes.len() as u64,
        width: size.map(|(width, _)| width),
        height: size.map(|(_, height)| height),
    })
}

fn pixels(format: Format, bytes: &[u8]) -> Result<(u32, u32), String> {
    let raster = raster::read(format, bytes).ok_or_else(|| {
        format!("expected a whole picture; this {} is damaged or cut off", format.media_type())
    })?;
    let (width, height) = (raster.width, raster.height);
    if width.max(height) > MOST_SIDE || u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(format!(
            "expected at most {} million pixels, and {MOST_SIDE} on a side, not {width} x {height}",
            MOST_PIXELS / 1_000_000
        ));
    }
    Ok((width, height))
}

/// The name of an SVG.
pub(crate) fn svg_key(text: &str) -> FileKey {
    key(text.as_bytes(), svg::size(text), "svg")
}

/// A square SVG does not say its size, because that of any other square does as well.
fn key(bytes: &[u8], size: Option<(u32, u32)>, extension: &str) -> FileKey {
    let digest = message::hex(&Sha256::digest(bytes));
    FileKey(match size {
        Some((width, height)) if extension != "svg" || width != height => {
            format!("{digest}.{width}x{height}.{extension}")
        }
        _ => format!("{digest}.{extension}"),
    })
}

/// Whether a file could have this name.
pub(crate) fn is_key(FileKey(key): &FileKey) -> bool {
    let is_number =
        |text: &str| (1..=5).contains(&text.len()) && text.bytes().all(|digit| digit.is_ascii_digit());
    let mut parts = key.split('.');
    let is_digest = parts.next().is_some_and(|digest| {
        digest.len() == 64 && digest.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
    });
    let is_rest = match (parts.next(), parts.next(), parts.next()) {
        (Some("svg"), None, None) => true,
        (Some(size), Some("svg" | "jpg" | "png" | "webp"), None) => {
            size.split_once('x').is_some_and(|(width, height)| is_number(width) && is_number(height))
        }
        _ => false,
    };
    is_digest && is_rest
}

/// The media type without parameters, in small letters; `None` if it says nothing.
fn essence(declared: &str) -> Option<String> {
    let essence = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "" | "application/octet-stream" | "binary/octet-stream" => None,
        "image/jpg" | "image/pjpeg" => Some("image/jpeg".to_owned()),
        _ => Some(essence),
    }
}

/// The text of bytes that may be an SVG.
fn markup(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    text.trim_start_matches('\u{feff}').trim_start().starts_with('<').then_some(text)
}

/// What bytes are that are not taken.
fn name(bytes: &[u8]) -> &'static str {
    match bytes {
        [b'G', b'I', b'F', b'8', ..] => "a GIF",
        [b'B', b'M', ..] => "a BMP",
        [b'I', b'I', b'*', 0, ..] | [b'M', b'M', 0, b'*', ..] => "a TIFF",
        [_, _, _, _, b'f', b't', b'y', b'p', b'a', b'v', b'i', ..] => "an AVIF",
        [_, _, _, _, b'f', b't', b'y', b'p', b'h', b'e' | b'i', ..] => "a HEIC photo",
        [b'%', b'P', b'D', b'F', ..] => "a PDF",
        [b'P', b'K', 3, 4, ..] => "a ZIP archive",
        [0x1f, 0x8b, ..] => "compressed bytes",
        [b'{' | b'[', ..] => "JSON",
        _ => "these bytes",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::raster::tests::{a_jpeg, a_png, a_webp};

    fn refusal(bytes: &[u8], declared: Option<&str>) -> String {
        check(bytes, declared).unwrap_err().to_string()
    }

    #[test]
    fn the_same_bytes_have_the_same_name_which_says_their_size() {
        for (bytes, media_type, end) in [
            (a_jpeg(1200, 800, 6), "image/jpeg", ".800x1200.jpg"),
            (a_png(64, 64), "image/png", ".64x64.png"),
            (a_webp(*b"VP8X", &[0; 10]), "image/webp", ".1x1.webp"),
            (
                b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 3 2'/>".to_vec(),
                "image/svg+xml",
                ".3x2.svg",
            ),
            (
                b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'/>".to_vec(),
                "image/svg+xml",
                ".svg",
            ),
        ] {
            let media = check(&bytes, None).unwrap();
            assert_eq!(media.media_type, media_type);
            assert!(media.key.0.ends_with(end) && is_key(&media.key), "{:?}", media.key);
            assert_eq!(media.size, bytes.len() as u64);
            if let Some(size) = media.key.size() {
                assert_eq!((Some(size.0), Some(size.1)), (media.width, media.height));
            }
            for declared in [media_type, &media_type.to_uppercase(), "application/octet-stream", ""] {
                assert_eq!(check(&bytes, Some(declared)).as_ref(), Ok(&media), "{declared}");
            }
            assert!(
                refusal(&bytes, Some("image/gif"))
                    .starts_with(&format!("/media_type: expected {media_type}"))
            );
        }
        assert!(check(&a_jpeg(1, 1, 0), Some("image/jpg; charset=binary")).is_ok());
    }

    #[test]
    fn what_is_no_picture_is_named() {
        for (bytes, refused) in [
            (&b""[..], "/bytes: expected the bytes of a JPEG, PNG, WebP or SVG; there are none"),
            (b"GIF89a", "/media_type: expected a JPEG, PNG, WebP or SVG, not a GIF"),
            (b"\0\0\0\x20ftypavif", "/media_type: expected a JPEG, PNG, WebP or SVG, not an AVIF"),
            (b"\0\0\0\x20ftypheic", "/media_type: expected a JPEG, PNG, WebP or SVG, not a HEIC photo"),
            (b"%PDF-1.7", "/media_type: expected a JPEG, PNG, WebP or SVG, not a PDF"),
            (b"kettle", "/media_type: expected a JPEG, PNG, WebP or SVG, not these bytes"),
            (b"\xff\xd8\xff\xe0", "/bytes: expected a whole picture; this image/jpeg is damaged or cut off"),
        ] {
            assert_eq!(refusal(bytes, None), refused);
        }
        assert!(refusal(b"<html><script>alert(1)</script></html>", None).contains("svg"));
        assert!(
            refusal(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", None).contains("onload")
        );
        assert!(refusal(&vec![0xff; MOST_BYTES + 1], None).contains("10 MiB"));
        for (width, height) in [(20_001, 1), (1, 20_001), (10_000, 5_001), (u32::MAX, u32::MAX)] {
            assert!(refusal(&a_png(width, height), None).contains("50 million pixels"));
        }
        assert!(check(&a_png(10_000, 5_000), None).is_ok());
    }

    #[test]
    fn names_are_told_from_paths() {
        let digest = "0".repeat(64);
        for end in ["svg", "3x2.svg", "20000x1.jpg", "1x1.png", "1x1.webp"] {
            assert!(is_key(&FileKey(format!("{digest}.{end}"))), "{end}");
        }
        for end in [
            "",
            "jpg",
            "gif",
            "x.jpg",
            "1x.jpg",
            "-1x1.jpg",
            "1x1x1.jpg",
            "123456x1.jpg",
            "1x1.jpg.svg",
            "1x1.exe",
        ] {
            assert!(!is_key(&FileKey(format!("{digest}.{end}"))), "{end}");
        }
        assert!(!is_key(&FileKey("../product.db".to_owned())));
    }
}
