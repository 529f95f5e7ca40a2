//! Scalar values, as a column of a database holds them. Contract types turn into them and back, so that a service binds
//! and reads an `Email` or an `OrderStatus` as it is.

use std::borrow::Cow;

use uuid::Uuid;

use crate::{Currency, Id, Invalid, Timestamp};

/// One value or null, of one of the types that every database of ours has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'v> {
    /// `uuid`
    Uuid(Option<Uuid>),
    /// `int`
    Int(Option<i64>),
    /// `text`
    Text(Option<Cow<'v, str>>),
    /// `bool`
    Bool(Option<bool>),
    /// `time`
    Time(Option<Timestamp>),
    /// `bytes`
    Bytes(Option<Cow<'v, [u8]>>),
}

/// The type of a [`Value`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Type {
    /// A UUID.
    Uuid,
    /// A whole number of 64 bits.
    Int,
    /// Text.
    Text,
    /// Yes or no.
    Bool,
    /// An instant, to the microsecond.
    Time,
    /// Bytes of any kind.
    Bytes,
}

impl Value<'_> {
    /// The type, of null as well.
    pub fn ty(&self) -> Type {
        match self {
            Self::Uuid(_) => Type::Uuid,
            Self::Int(_) => Type::Int,
            Self::Text(_) => Type::Text,
            Self::Bool(_) => Type::Bool,
            Self::Time(_) => Type::Time,
            Self::Bytes(_) => Type::Bytes,
        }
    }

    /// Null, of this type.
    pub fn null(ty: Type) -> Self {
        match ty {
            Type::Uuid => Self::Uuid(None),
            Type::Int => Self::Int(None),
            Type::Text => Self::Text(None),
            Type::Bool => Self::Bool(None),
            Type::Time => Self::Time(None),
            Type::Bytes => Self::Bytes(None),
        }
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(
            self,
            Self::Uuid(None)
                | Self::Int(None)
                | Self::Text(None)
                | Self::Bool(None)
                | Self::Time(None)
                | Self::Bytes(None)
        )
    }
}

/// A type that is written as one value; its [`Type`] is known without a value, so that `None` can be written too.
pub trait IntoValue<'v>: Into<Value<'v>> {
    /// The type that it is written as.
    const TYPE: Type;
}

impl<'v, T: IntoValue<'v>> From<Option<T>> for Value<'v> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::null(T::TYPE), Into::into)
    }
}

/// A type that is read from one value; `Option` reads null as `None`.
pub trait FromValue: Sized {
    /// The type that it is read from.
    const TYPE: Type;

    /// Reads the value.
    fn from_value(value: Value<'_>) -> Result<Self, Invalid>;
}

impl<T: FromValue> FromValue for Option<T> {
    const TYPE: Type = T::TYPE;

    fn from_value(value: Value<'_>) -> Result<Self, Invalid> {
        if value.is_null() { Ok(None) } else { T::from_value(value).map(Some) }
    }
}

/// What is wrong with a value that is null or of another type.
pub(crate) fn mismatch(expected: Type, value: &Value<'_>) -> Invalid {
    let null = if value.is_null() { "null of type " } else { "" };
    Invalid::new(format!("expected a value of type {expected:?}, not {null}{:?}", value.ty()))
}

/// The text of a text value.
pub fn text(value: Value<'_>) -> Result<Cow<'_, str>, Invalid> {
    match value {
        Value::Text(Some(text)) => Ok(text),
        other => Err(mismatch(Type::Text, &other)),
    }
}

macro_rules! scalars {
    ($($variant:ident $ty:ty, $name:ident => $write:expr, $read:expr;)+) => {$(
        impl From<$ty> for Value<'_> {
            fn from($name: $ty) -> Self {
                Value::$variant(Some($write))
            }
        }
        impl IntoValue<'_> for $ty {
            const TYPE: Type = Type::$variant;
        }
        impl FromValue for $ty {
            const TYPE: Type = Type::$variant;

            fn from_value(value: Value<'_>) -> Result<Self, Invalid> {
                match value {
                    Value::$variant(Some($name)) => Ok($read),
                    other => Err(mismatch(Type::$variant, &other)),
                }
            }
        }
    )+};
}
scalars! {
    Uuid Uuid, uuid => uuid, uuid;
    Int i64, number => number, number;
    Text String, text => Cow::Owned(text), text.into_owned();
    Bool bool, yes => yes, yes;
    Time Timestamp, time => time, time;
    Bytes Vec<u8>, bytes => Cow::Owned(bytes), bytes.into_owned();
}

impl<E> From<Id<E>> for Value<'_> {
    fn from(id: Id<E>) -> Self {
        Value::Uuid(Some(id.uuid()))
    }
}
impl<E> IntoValue<'_> for Id<E> {
    const TYPE: Type = Type::Uuid;
}
impl<E> FromValue for Id<E> {
    const TYPE: Type = Type::Uuid;

    fn from_value(value: Value<'_>) -> Result<Self, Invalid> {
        Uuid::from_value(value).map(Self::from_uuid)
    }
}

impl<'v> From<&'v str> for Value<'v> {
    fn from(text: &'v str) -> Self {
        Value::Text(Some(Cow::Borrowed(text)))
    }
}
impl<'v> IntoValue<'v> for &'v str {
    const TYPE: Type = Type::Text;
}

impl<'v> From<&'v [u8]> for Value<'v> {
    fn from(bytes: &'v [u8]) -> Self {
        Value::Bytes(Some(Cow::Borrowed(bytes)))
    }
}
impl<'v> IntoValue<'v> for &'v [u8] {
    const TYPE: Type = Type::Bytes;
}

impl<'v> From<&'v String> for Value<'v> {
    fn from(text: &'v String) -> Self {
        Value::Text(Some(Cow::Borrowed(text)))
    }
}
impl<'v> IntoValue<'v> for &'v String {
    const TYPE: Type = Type::Text;
}

impl<'v> From<&'v Currency> for Value<'v> {
    fn from(currency: &'v Currency) -> Self {
        currency.code().into()
    }
}
impl<'v> IntoValue<'v> for &'v Currency {
    const TYPE: Type = Type::Text;
}
impl FromValue for Currency {
    const TYPE: Type = Type::Text;

    fn from_value(value: Value<'_>) -> Result<Self, Invalid> {
        Self::stored(&text(value)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_keeps_its_type() {
        let nothing = Value::from(None::<&str>);
        assert_eq!((nothing.ty(), nothing.is_null()), (Type::Text, true));
        assert_eq!(Option::<Currency>::from_value(nothing.clone()), Ok(None));
        assert!(Currency::from_value(nothing).is_err());
    }

    #[test]
    fn a_value_of_another_type_is_refused() {
        assert!(String::from_value(Value::from(7)).is_err());
        assert!(i64::from_value(Value::from("7")).is_err());
        assert_eq!(i64::from_value(Value::from(7)), Ok(7));
    }
}
