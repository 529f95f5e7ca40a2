//! What the API's JSON looks like, for its documentation and for clients in Rust.
//!
//! Contracts know nothing of OpenAPI, so the shapes of what is answered straight from them are told here again; a test
//! reads every answer back into these types, which accept nothing that they do not tell. Products are really written
//! from here: their pictures have addresses.

/// Describes shapes: all fields are public, and whatever else is given is refused.
macro_rules! shapes {
    ($($(#[$about:meta])* $name:ident { $($(#[$field_about:meta])* $field:ident: $type:ty,)* })*) => {$(
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        $(#[$about])*
        pub struct $name { $($(#[$field_about])* pub $field: $type,)* }
    )*};
}

/// Names of states, and their twins in the contracts.
macro_rules! words {
    ($($(#[$about:meta])* $name:ident of $twin:path { $($(#[$word_about:meta])* $word:ident,)* })*) => {$(
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$word_about])* $word,)* }

        // A state that the contract gains and this one has not does not compile.
        impl From<$twin> for $name {
            fn from(twin: $twin) -> Self {
                type Twin = $twin;
                match twin { $(Twin::$word => Self::$word,)* }
            }
        }
    )*};
}

mod catalogue;
mod dead_letters;
mod orders;
mod refusals;
mod stock;

pub use catalogue::{
    CollectionCount, CollectionList, Money, NewPicture, NewProduct, NewVariant, OptionValue, Picture,
    Product, ProductChange, ProductList, ProductStatus, Variant, VariantChange,
};
pub use dead_letters::{DeadLetter, DeadLetterList};
pub use orders::{
    Address, CancelReason, History, HistoryEntry, Item, Order, OrderLine, OrderList, OrderStatus,
    PaymentMethod, PlacedOrder, QueuedOrder, Tracking,
};
pub use refusals::{FieldError, Problem, Shortage};
pub use stock::{Availability, LocationStock, Stock, StockReport};
