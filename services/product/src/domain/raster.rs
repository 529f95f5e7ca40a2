//! Pictures of pixels, as far as their heads say what they are: type, width, height. Nothing is decoded.

/// What a picture's head says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Raster {
    pub(crate) format: Format,
    /// In pixels, as it is shown.
    pub(crate) width: u32,
    /// In pixels, as it is shown.
    pub(crate) height: u32,
}

/// A format of pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Jpeg,
    Png,
    WebP,
}

impl Format {
    /// The format that the first bytes are of.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::WebP),
            _ => None,
        }
    }

    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
        }
    }

    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::WebP => "webp",
        }
    }
}

/// Reads the head of a whole picture; `None` if it is damaged or cut off.
pub(crate) fn read(format: Format, bytes: &[u8]) -> Option<Raster> {
    let (width, height) = match format {
        Format::Jpeg => jpeg(bytes)?,
        Format::Png => png(bytes)?,
        Format::WebP => webp(bytes)?,
    };
    (width > 0 && height > 0).then_some(Raster { format, width, height })
}

/// Chunks from the header to the end mark (W3C PNG, 5.3).
fn png(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut rest = bytes.get(8..)?;
    let mut size = None;
    let mut has_data = false;
    loop {
        let length = usize::try_from(be32(rest)?).ok()?;
        let kind = rest.get(4..8)?;
        let data = rest.get(8..8_usize.checked_add(length)?)?;
        match kind {
            b"IHDR" if size.is_none() && length == 13 => size = Some((be32(data)?, be32(data.get(4..)?)?)),
            _ if size.is_none() => return None,
            b"IDAT" => has_data = true,
            b"IEND" => return size.filter(|_| has_data),
            _ => {}
        }
        // After the data comes its check sum.
        rest = rest.get(length.checked_add(12)?..)?;
    }
}

/// Segments up to the first scan, then the end mark (ITU T.81, B.1).
fn jpeg(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut rest = bytes.get(2..)?;
    let mut size = None;
    let mut is_turned = false;
    loop {
        let (&[0xff], after) = rest.split_first_chunk::<1>()? else { return None };
        // Any number of fill bytes may stand before a marker.
        if let [0xff, ..] = after {
            rest = after;
            continue;
        }
        let (&marker, segment) = after.split_first()?;
        if matches!(marker, 0x01 | 0xd0..=0xd7) {
            rest = segment;
            continue;
        }
        let length = usize::from(be16(segment)?);
        let data = segment.get(2..length)?;
        match marker {
            // All frames but tables and arithmetic conditioning.
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                size = Some((u32::from(be16(data.get(3..)?)?), u32::from(be16(data.get(1..)?)?)));
            }
            0xe1 => {
                is_turned |= data
                    .strip_prefix(b"Exif\0\0")
                    .is_some_and(|exif| lies_on_its_side(exif).unwrap_or(false));
            }
            0xda => {
                let ends = segment.get(length..)?.windows(2).any(|two| two == [0xff, 0xd9]);
                let (width, height) = size.filter(|_| ends)?;
                return Some(if is_turned { (height, width) } else { (width, height) });
            }
            _ => {}
        }
        rest = segment.get(length..)?;
    }
}

/// Whether the tag Orientation turns the picture by 90 degrees, as browsers do (Exif 2.32, 4.6.4).
fn lies_on_its_side(tiff: &[u8]) -> Option<bool> {
    let is_little = match tiff.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let two = |at: usize| -> Option<u16> {
        let pair = tiff.get(at..)?.first_chunk()?;
        Some(if is_little { u16::from_le_bytes(*pair) } else { u16::from_be_bytes(*pair) })
    };
    let four = |at: usize| -> Option<usize> {
        let word = tiff.get(at..)?.first_chunk()?;
        usize::try_from(if is_little { u32::from_le_bytes(*word) } else { u32::from_be_bytes(*word) }).ok()
    };
    let directory = four(4)?;
    for entry in 0..usize::from(two(directory)?) {
        let at = directory.checked_add(2 + entry * 12)?;
        if two(at)? == 0x0112 {
            return Some(matches!(two(at.checked_add(8)?)?, 5..=8));
        }
    }
    Some(false)
}

/// The first chunk says the size, in one of three ways (RFC 9649).
fn webp(bytes: &[u8]) -> Option<(u32, u32)> {
    let promised = usize::try_from(u32::from_le_bytes(*bytes.get(4..)?.first_chunk()?)).ok()?;
    let whole = bytes.get(..promised.checked_add(8)?)?;
    let data = whole.get(20..)?;
    match whole.get(12..16)? {
        b"VP8 " => {
            let &[width, more_width, height, more_height] =
                data.get(3..)?.strip_prefix(&[0x9d, 0x01, 0x2a])?.first_chunk()?;
            let size = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3fff);
            Some((size(width, more_width), size(height, more_height)))
        }
        b"VP8L" => {
            let bits = u32::from_le_bytes(*data.strip_prefix(&[0x2f])?.first_chunk()?);
            Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        b"VP8X" => {
            let size = |at: usize| -> Option<u32> {
                let &[low, middle, high] = data.get(at..)?.first_chunk()?;
                Some(u32::from_le_bytes([low, middle, high, 0]) + 1)
            };
            Some((size(4)?, size(7)?))
        }
        _ => None,
    }
}

fn be32(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().map(|four| u32::from_be_bytes(*four))
}

fn be16(bytes: &[u8]) -> Option<u16> {
    bytes.first_chunk().map(|two| u16::from_be_bytes(*two))
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(crate) fn a_png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
        let size = [width.to_be_bytes(), height.to_be_bytes()].concat();
        let header = [size.as_slice(), &[8, 2, 0, 0, 0]].concat();
        for (kind, data) in [(b"IHDR", header.as_slice()), (b"IDAT", b"pixels"), (b"IEND", b"")] {
            bytes.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
            bytes.extend(kind);
            bytes.extend(data);
            bytes.extend([0; 4]);
        }
        bytes
    }

    /// With an EXIF orientation, if it is not 0.
    pub(crate) fn a_jpeg(width: u16, height: u16, orientation: u8) -> Vec<u8> {
        let mut bytes = vec![0xff, 0xd8];
        let mut segment = |marker: u8, data: &[u8]| {
            bytes.extend([0xff, marker]);
            bytes.extend((u16::try_from(data.len()).unwrap() + 2).to_be_bytes());
            bytes.extend(data);
        };
        segment(0xe0, b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0");
        if orientation > 0 {
            let mut exif =
                b"Exif\0\0MM\0*\0\0\0\x08\0\x02\x01\x0f\0\x02\0\0\0\x01a\0\0\0\x01\x12\0\x03\0\0\0\x01\0"
                    .to_vec();
            exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
            segment(0xe1, &exif);
        }
        let size = [height.to_be_bytes(), width.to_be_bytes()].concat();
        segment(0xc2, &[&[8], size.as_slice(), &[1, 1, 0x11, 0]].concat());
        segment(0xc4, &[0; 20]);
        segment(0xda, &[1, 1, 0, 0, 63, 0]);
        bytes.extend(b"pixels\xff\x00\xff\xd9");
        bytes
    }

    pub(crate) fn a_webp(chunk: [u8; 4], data: &[u8]) -> Vec<u8> {
        let mut bytes = b"RIFF".to_vec();
        bytes.extend((u32::try_from(data.len()).unwrap() + 12).to_le_bytes());
        bytes.extend(b"WEBP");
        bytes.extend(chunk);
        bytes.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
        bytes.extend(data);
        bytes
    }

    fn size(bytes: &[u8]) -> Option<(u32, u32)> {
        let raster = read(Format::of(bytes)?, bytes)?;
        Some((raster.width, raster.height))
    }

    #[test]
    fn heads_say_width_and_height() {
        assert_eq!(size(&a_png(1200, 800)), Some((1200, 800)));
        assert_eq!(size(&a_jpeg(1200, 800, 0)), Some((1200, 800)));
        let lossy = [
            b"\x10\x02\x00\x9d\x01\x2a".as_slice(),
            &1200_u16.to_le_bytes(),
            &(800_u16 + 0x4000).to_le_bytes(),
        ];
        assert_eq!(size(&a_webp(*b"VP8 ", &lossy.concat())), Some((1200, 800)));
        let bits = (1199_u32 + 799 * 0x4000).to_le_bytes();
        let lossless = [&[0x2f], bits.as_slice(), b"pixels"];
        assert_eq!(size(&a_webp(*b"VP8L", &lossless.concat())), Some((1200, 800)));
        let extended = [&[0; 4], &1199_u32.to_le_bytes()[..3], &799_u32.to_le_bytes()[..3], b"more"];
        assert_eq!(size(&a_webp(*b"VP8X", &extended.concat())), Some((1200, 800)));
    }

    #[test]
    fn a_photo_that_lies_on_its_side_is_shown_upright() {
        for (orientation, shown) in [(1, (1200, 800)), (3, (1200, 800)), (6, (800, 1200)), (8, (800, 1200))] {
            assert_eq!(size(&a_jpeg(1200, 800, orientation)), Some(shown), "{orientation}");
        }
    }

    #[test]
    fn what_is_cut_off_is_no_picture() {
        for whole in [a_png(3, 4), a_jpeg(3, 4, 6), a_webp(*b"VP8X", &[0; 10])] {
            assert!(size(&whole).is_some());
            for length in 0..whole.len() - 4 {
                assert_eq!(size(&whole[..length]), None, "{length}");
            }
        }
        assert_eq!(size(&a_png(0, 4)), None);
        assert_eq!(size(&a_jpeg(3, 0, 0)), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(
            which in 0_usize..3,
            changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        ) {
            let mut bytes = vec![a_png(3, 4), a_jpeg(3, 4, 6), a_webp(*b"VP8X", &[0; 10])].swap_remove(which);
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            size(&bytes);
        }
    }
}
