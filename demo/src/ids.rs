//! Ids derived from what they name, so that seeding twice creates everything once.

use message::Id;
use sha2::{Digest as _, Sha256};

/// 2026-01-01 in milliseconds since 1970: the made-up time of the first generated product.
const GENERATED_FROM: u64 = 1_767_225_600_000;

/// Lateen's own products are newer than all generated ones, so that pages show them first.
const DEMO_FROM: u64 = GENERATED_FROM + 30 * 24 * 3_600_000;

/// A product's position among the samples.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Position {
    Lateen(u64),
    Generated(u64),
}

/// An id of the same shape as the shop's own (`UUIDv7`): a made-up time, which sorts samples by position, and a digest.
pub(crate) fn id<E>(position: Position, name: &str) -> Id<E> {
    let millis = match position {
        Position::Lateen(index) => DEMO_FROM - index,
        Position::Generated(index) => GENERATED_FROM + index,
    };
    let digest = Sha256::digest(name.as_bytes());
    let mut bytes = [0; 10];
    for (byte, digit) in bytes.iter_mut().zip(digest.iter()) {
        *byte = *digit;
    }
    Id::from_uuid(uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid())
}
