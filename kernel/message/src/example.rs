//! Real values, for whoever shows what a type looks like.

use uuid::Uuid;

use crate::{Currency, Entity, Id, Invalid, ListPage, Money, Timestamp};

/// A type that can show itself: the documentation of the bus and of the API, stand-ins, previews and tests all take
/// their values from here.
///
/// ```
/// use message::Example;
///
/// struct BoatName(String);
///
/// impl Example for BoatName {
///     fn example() -> Self { Self("Vega".to_owned()) }
/// }
///
/// assert_eq!(Vec::<BoatName>::example().len(), 1);
/// ```
pub trait Example {
    /// A valid value, the same each time.
    fn example() -> Self;
}

/// A list of one.
impl<T: Example> Example for Vec<T> {
    fn example() -> Self {
        vec![T::example()]
    }
}

/// Something rather than nothing.
impl<T: Example> Example for Option<T> {
    fn example() -> Self {
        Some(T::example())
    }
}

/// The only page of a list.
impl<T: Example> Example for ListPage<T> {
    fn example() -> Self {
        Self { data: vec![T::example()], next_cursor: None }
    }
}

/// Of all things the one with the same 128 bits, so that examples refer to each other.
impl<E: Entity> Example for Id<E> {
    fn example() -> Self {
        Self::from_uuid(Uuid::from_u128(0x019a_a3e2_0c80_7d7f_8e9f_a0b1_c2d3_e4f5))
    }
}

/// The moment at which the sample orders are placed.
impl Example for Timestamp {
    fn example() -> Self {
        valid("2026-11-20T23:08:00Z".parse())
    }
}

impl Example for Money {
    fn example() -> Self {
        Self::new(249_900, Currency::INR)
    }
}

/// A value of an example, written down by hand.
///
/// # Panics
///
/// When it is not valid.
pub fn valid<T>(value: Result<T, Invalid>) -> T {
    value.expect("examples are valid")
}
