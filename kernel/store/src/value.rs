//! Values that a service binds and reads.

use message::{
    Fault, Invalid, Value, stored,
    value::{FromValue, Type, text},
};
use serde::{Serialize, de::DeserializeOwned};

/// A value that a text column holds as JSON, read as it was written (see [`message::stored`]): `|options: Json<_>| Boat { options: options.0, … }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromValue for Json<T> {
    const TYPE: Type = Type::Text;

    fn from_value(value: Value<'_>) -> Result<Self, Invalid> {
        let json = text(value)?;
        stored::as_written(|| serde_json::from_str(&json))
            .map(Self)
            .map_err(|error| Invalid::new(error.to_string()))
    }
}

/// `value` as a text column holds it.
pub fn json<T: Serialize>(value: &T) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(Fault::internal)
}

/// One row of a bound set: a tuple of values.
pub trait RowValues<'q> {
    /// Appends the row's values, in order.
    fn append_to(self, values: &mut Vec<Value<'q>>);
}

macro_rules! tuples {
    ($($($name:ident)+;)+) => {$(
        impl<'q, $($name: Into<Value<'q>>),+> RowValues<'q> for ($($name,)+) {
            #[expect(non_snake_case, reason = "each value is named like its type")]
            fn append_to(self, values: &mut Vec<Value<'q>>) {
                let ($($name,)+) = self;
                $(values.push($name.into());)+
            }
        }
    )+};
}
tuples! {
    A;
    A B;
    A B C;
    A B C D;
    A B C D E;
    A B C D E F;
    A B C D E F G;
    A B C D E F G H;
    A B C D E F G H I;
    A B C D E F G H I J;
    A B C D E F G H I J K;
    A B C D E F G H I J K L;
    A B C D E F G H I J K L M;
    A B C D E F G H I J K L M N;
    A B C D E F G H I J K L M N O;
    A B C D E F G H I J K L M N O P;
}
