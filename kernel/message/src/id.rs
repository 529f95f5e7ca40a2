//! Typed ids: a `UUIDv7` in memory, a `TypeID` (`order_01h455vb4pex5vsknk084sn02q`) as text.

use std::{borrow::Cow, cmp::Ordering, fmt, hash, marker::PhantomData, str::FromStr, sync::Arc};

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

use crate::{Clock, Invalid};

/// A thing with an id of its own.
pub trait Entity {
    /// The prefix of its ids, in lower-case letters.
    const PREFIX: &'static str;
}

/// The id of an `E`. The type system keeps ids of different things apart.
///
/// Shown and serialised as a [TypeID](https://github.com/jetify-com/typeid): the prefix, an underscore, and the 128
/// bits in 26 characters of Crockford's base 32. Ids made by [`IdSource`] sort by their time of creation.
pub struct Id<E>(Uuid, PhantomData<fn() -> E>);

impl<E> Id<E> {
    /// The id with these 128 bits.
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid, PhantomData)
    }

    /// The 128 bits.
    pub const fn uuid(self) -> Uuid {
        self.0
    }
}

impl<E: Entity> FromStr for Id<E> {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        text.strip_prefix(E::PREFIX)
            .and_then(|rest| rest.strip_prefix('_'))
            .and_then(decode)
            .map(|bits| Self::from_uuid(Uuid::from_u128(bits)))
            .ok_or_else(|| Invalid::new(format!("expected an id such as {}", Self::from_uuid(EXAMPLE))))
    }
}

const EXAMPLE: Uuid = Uuid::from_u128(0x0191_1e3b_5a5c_7d7f_8e9f_a0b1_c2d3_e4f5);

impl<E: Entity> fmt::Display for Id<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(E::PREFIX)?;
        f.write_str("_")?;
        let encoded = encode(self.0.as_u128());
        f.write_str(str::from_utf8(&encoded).map_err(|_| fmt::Error)?)
    }
}

/// The text of an id whose kind is known only by its prefix.
pub fn type_id(prefix: &str, id: Uuid) -> String {
    let mut text = format!("{prefix}_");
    text.extend(encode(id.as_u128()).map(char::from));
    text
}

impl<E: Entity> fmt::Debug for Id<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

// Derived implementations would require the same of `E`, which is only a name here.
impl<E> Clone for Id<E> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<E> Copy for Id<E> {}
impl<E> PartialEq for Id<E> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<E> Eq for Id<E> {}
impl<E> PartialOrd for Id<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<E> Ord for Id<E> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}
impl<E> hash::Hash for Id<E> {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<E: Entity> Serialize for Id<E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, E: Entity> Deserialize<'de> for Id<E> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor<E>(PhantomData<fn() -> E>);
        impl<E: Entity> de::Visitor<'_> for Visitor<E> {
            type Value = Id<E>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "an id that begins with {}_", E::PREFIX)
            }

            fn visit_str<X: de::Error>(self, text: &str) -> Result<Id<E>, X> {
                text.parse().map_err(X::custom)
            }
        }
        deserializer.deserialize_str(Visitor(PhantomData))
    }
}

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A text with its prefix. The schema is inline, because a field's own description says enough about an id.
impl<E: Entity> JsonSchema for Id<E> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}_id", E::PREFIX).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": format!("^{}_[0-7][0-9a-hjkmnp-tv-z]{{25}}$", E::PREFIX) })
    }
}

/// The value of bytes that are not in the alphabet.
const NONE: u8 = u8::MAX;

/// The value of each byte as a letter of the alphabet.
#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const VALUES: [u8; 256] = {
    let mut values = [NONE; 256];
    let mut value = 0;
    while value < 32_u8 {
        values[ALPHABET[value as usize] as usize] = value;
        value += 1;
    }
    values
};

#[expect(clippy::indexing_slicing, reason = "five bits always index an alphabet of 32")]
fn encode(mut bits: u128) -> [u8; 26] {
    let mut text = [0; 26];
    for place in text.iter_mut().rev() {
        *place = ALPHABET[(bits & 31) as usize];
        bits >>= 5;
    }
    text
}

fn decode(text: &str) -> Option<u128> {
    // 26 characters hold 130 bits; the first may only use three of its five.
    if text.len() != 26 || text.as_bytes().first().is_none_or(|first| *first > b'7') {
        return None;
    }
    text.bytes().try_fold(0_u128, |bits, letter| {
        let value = *VALUES.get(usize::from(letter)).filter(|value| **value != NONE)?;
        Some(bits << 5 | u128::from(value))
    })
}

/// The source of new ids and other random values; seeded in tests, for repeatable results.
#[derive(Clone)]
pub struct IdSource {
    clock: Clock,
    seeded: Option<Arc<std::sync::Mutex<StdRng>>>,
}

impl IdSource {
    /// Unpredictable ids, from the system's randomness.
    pub fn random(clock: Clock) -> Self {
        Self { clock, seeded: None }
    }

    /// The same ids in every run with the same seed and clock.
    pub fn seeded(clock: Clock, seed: u64) -> Self {
        Self { clock, seeded: Some(Arc::new(std::sync::Mutex::new(StdRng::seed_from_u64(seed)))) }
    }

    /// The clock for the ids' times.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// A new id; later ones sort after earlier ones (to the millisecond).
    pub fn id<E>(&self) -> Id<E> {
        let millis = u64::try_from(self.clock.now().as_micros() / 1000).unwrap_or_default();
        Id::from_uuid(uuid::Builder::from_unix_timestamp_millis(millis, &self.bytes()).into_uuid())
    }

    /// `N` random bytes, good enough for secrets when the source is [`IdSource::random`].
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        match &self.seeded {
            None => rand::rng().fill_bytes(&mut bytes),
            Some(seeded) => {
                seeded.lock().unwrap_or_else(std::sync::PoisonError::into_inner).fill_bytes(&mut bytes);
            }
        }
        bytes
    }
}

impl fmt::Debug for IdSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdSource").field("seeded", &self.seeded.is_some()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    struct Boat;
    impl Entity for Boat {
        const PREFIX: &'static str = "boat";
    }

    proptest! {
        #[test]
        fn an_id_survives_its_text(bits: u128) {
            let id = Id::<Boat>::from_uuid(Uuid::from_u128(bits));
            prop_assert_eq!(id.to_string().parse::<Id<Boat>>().unwrap(), id);
        }

        #[test]
        fn the_text_sorts_like_the_id(a: u128, b: u128) {
            let [a, b] = [a, b].map(|bits| Id::<Boat>::from_uuid(Uuid::from_u128(bits)));
            prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".*") {
            let _ = text.parse::<Id<Boat>>();
            let _ = format!("boat_{text}").parse::<Id<Boat>>();
        }
    }

    #[test]
    fn agrees_with_the_published_example() {
        // From the TypeID specification's table of valid ids.
        let id: Id<Boat> = "boat_01h455vb4pex5vsknk084sn02q".parse().unwrap();
        assert_eq!(id.uuid().to_string(), "01890a5d-ac96-774b-bcce-b302099a8057");
    }

    #[test]
    fn refuses_other_kinds_and_overflow() {
        for text in ["order_01h455vb4pex5vsknk084sn02q", "boat_81h455vb4pex5vsknk084sn02q", "boat_", "boat"] {
            let error = text.parse::<Id<Boat>>().unwrap_err();
            assert!(error.to_string().contains("expected an id such as boat_"), "{error}");
        }
    }

    #[test]
    fn a_seeded_source_repeats_itself() {
        let clock = Clock::manual("2026-01-02T03:04:05Z".parse().unwrap());
        let ids = |seed| IdSource::seeded(clock.clone(), seed).id::<Boat>();
        assert_eq!(ids(1), ids(1));
        assert_ne!(ids(1), ids(2));
    }
}
