//! Texts that cannot hold a wrong value.

/// Gives types that hold one checked `String` what all of them have: reading from a `String` by their own
/// [`FromStr`](std::str::FromStr), the text again, and showing it.
///
/// ```
/// use message::Invalid;
///
/// pub struct BoatName(String);
///
/// impl std::str::FromStr for BoatName {
///     type Err = Invalid;
///
///     fn from_str(text: &str) -> Result<Self, Invalid> {
///         if text.is_empty() { Err(Invalid::new("expected a name")) } else { Ok(Self(text.to_owned())) }
///     }
/// }
///
/// message::checked_text!(BoatName);
///
/// assert_eq!("Vega".parse::<BoatName>().unwrap().as_str(), "Vega");
/// assert!(BoatName::try_from(String::new()).is_err());
/// ```
#[macro_export]
macro_rules! checked_text {
    ($($name:ident),+) => {$(
        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl ::std::convert::TryFrom<::std::string::String> for $name {
            type Error = $crate::Invalid;
            fn try_from(text: ::std::string::String) -> ::std::result::Result<Self, $crate::Invalid> {
                text.parse()
            }
        }
        impl ::std::convert::From<$name> for ::std::string::String {
            fn from(text: $name) -> Self {
                text.0
            }
        }
        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}
