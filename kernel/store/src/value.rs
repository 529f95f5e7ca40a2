//! Values on their way into the database.

use std::borrow::Cow;

use message::{Id, Timestamp};
use uuid::Uuid;

/// One value, of one of the types that both databases know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'q> {
    /// `uuid`
    Uuid(Option<Uuid>),
    /// `int`
    Int(Option<i64>),
    /// `text`
    Text(Option<Cow<'q, str>>),
    /// `bool`
    Bool(Option<bool>),
    /// `time`
    Time(Option<Timestamp>),
}

/// The type of a [`Value`], as it is written in `rows(…)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    Uuid,
    Int,
    Text,
    Bool,
    Time,
}

impl Type {
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "uuid" => Self::Uuid,
            "int" => Self::Int,
            "text" => Self::Text,
            "bool" => Self::Bool,
            "time" => Self::Time,
            _ => return None,
        })
    }

    pub(crate) fn postgres_array(self) -> &'static str {
        match self {
            Self::Uuid => "uuid[]",
            Self::Int => "bigint[]",
            Self::Text => "text[]",
            Self::Bool => "boolean[]",
            Self::Time => "timestamptz[]",
        }
    }
}

impl Value<'_> {
    pub(crate) fn ty(&self) -> Type {
        match self {
            Value::Uuid(_) => Type::Uuid,
            Value::Int(_) => Type::Int,
            Value::Text(_) => Type::Text,
            Value::Bool(_) => Type::Bool,
            Value::Time(_) => Type::Time,
        }
    }

    /// Nothing, of the same type.
    fn none(self) -> Self {
        match self {
            Value::Uuid(_) => Value::Uuid(None),
            Value::Int(_) => Value::Int(None),
            Value::Text(_) => Value::Text(None),
            Value::Bool(_) => Value::Bool(None),
            Value::Time(_) => Value::Time(None),
        }
    }
}

/// A type whose absence can be bound as well: it knows its column type without a value.
pub trait Nullable<'q>: Into<Value<'q>> {
    /// Any value; only its type is used.
    fn sample() -> Self;
}

impl<E> From<Id<E>> for Value<'_> {
    fn from(id: Id<E>) -> Self {
        Value::Uuid(Some(id.uuid()))
    }
}
impl From<Uuid> for Value<'_> {
    fn from(uuid: Uuid) -> Self {
        Value::Uuid(Some(uuid))
    }
}
impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Value::Int(Some(number))
    }
}
impl<'q> From<&'q str> for Value<'q> {
    fn from(text: &'q str) -> Self {
        Value::Text(Some(Cow::Borrowed(text)))
    }
}
impl<'q> From<&'q String> for Value<'q> {
    fn from(text: &'q String) -> Self {
        Value::Text(Some(Cow::Borrowed(text)))
    }
}
impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Value::Text(Some(Cow::Owned(text)))
    }
}
impl From<bool> for Value<'_> {
    fn from(yes: bool) -> Self {
        Value::Bool(Some(yes))
    }
}
impl From<Timestamp> for Value<'_> {
    fn from(time: Timestamp) -> Self {
        Value::Time(Some(time))
    }
}

impl<E> Nullable<'_> for Id<E> {
    fn sample() -> Self {
        Id::from_uuid(Uuid::nil())
    }
}
impl Nullable<'_> for Uuid {
    fn sample() -> Self {
        Uuid::nil()
    }
}
impl Nullable<'_> for i64 {
    fn sample() -> Self {
        0
    }
}
impl<'q> Nullable<'q> for &'q str {
    fn sample() -> Self {
        ""
    }
}
impl Nullable<'_> for String {
    fn sample() -> Self {
        String::new()
    }
}
impl Nullable<'_> for bool {
    fn sample() -> Self {
        false
    }
}
impl Nullable<'_> for Timestamp {
    fn sample() -> Self {
        Timestamp::from_micros(0)
    }
}

impl<'q, T: Nullable<'q>> From<Option<T>> for Value<'q> {
    fn from(value: Option<T>) -> Self {
        match value {
            Some(value) => value.into(),
            None => T::sample().into().none(),
        }
    }
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
