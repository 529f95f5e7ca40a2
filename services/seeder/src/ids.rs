//! Ids that follow from what they name, so that seeding twice makes everything once.

use message::Id;
use sha2::{Digest as _, Sha256};

/// 2026-01-01 in milliseconds since 1970: generated products seem to be from this day on.
const GENERATED_FROM: u64 = 1_767_225_600_000;

/// The demo's products seem newer than all generated ones, so that they are shown first.
const DEMO_FROM: u64 = GENERATED_FROM + 30 * 24 * 3_600_000;

/// Where a product stands in the order of the samples.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place {
    Demo(u64),
    Generated(u64),
}

/// An id of the same shape as the shop's own (`UUIDv7`): a made-up time, which sorts samples by place, and a digest.
pub(crate) fn id<E>(place: Place, name: &str) -> Id<E> {
    let millis = match place {
        Place::Demo(index) => DEMO_FROM - index,
        Place::Generated(index) => GENERATED_FROM + index,
    };
    let digest = Sha256::digest(name.as_bytes());
    let mut bytes = [0; 10];
    for (byte, digit) in bytes.iter_mut().zip(digest.iter()) {
        *byte = *digit;
    }
    Id::from_uuid(uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid())
}
