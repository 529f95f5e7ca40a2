//! The list of a contract's messages, made by [`messages!`](crate::messages).

/// Makes types the messages of a contract. Each has a name on the wire, which never changes once released. A type that is
/// not listed is no message: it cannot be asked or published. The list is also `MESSAGES`, with which the contract crate's
/// test compares its [`Contract`](crate::Contract), so that none can be missing from the documentation.
///
/// ```
/// # use message::Fault;
/// # use serde::{Deserialize, Serialize};
/// #[derive(Serialize, Deserialize)]
/// pub struct CountBoats {}
///
/// #[derive(Serialize, Deserialize)]
/// pub struct BoatLaunched { pub number: i64 }
/// # #[derive(Debug, thiserror::Error, Serialize, Deserialize)]
/// # pub enum BoatError { #[error(transparent)] Fault(#[from] Fault) }
/// # message::request_error!(BoatError);
///
/// message::messages! {
///     requests {
///         CountBoats = "boat.count" -> i64, BoatError;
///     }
///     events {
///         BoatLaunched = "boat.launched";
///     }
/// }
/// ```
#[macro_export]
macro_rules! messages {
    (
        requests { $($request:ident = $request_name:literal -> $reply:ty, $error:ty;)* }
        events { $($event:ident = $event_name:literal;)* }
    ) => {
        $(
            impl $crate::Message for $request {
                const NAME: &'static str = $request_name;
            }
            impl $crate::Request for $request {
                type Reply = $reply;
                type Error = $error;
            }
        )*
        $(
            impl $crate::Message for $event {
                const NAME: &'static str = $event_name;
            }
        )*

        /// The names of all messages of this contract.
        #[cfg(test)]
        pub(crate) const MESSAGES: &[&str] = &[$($request_name,)* $($event_name,)*];
    };
}
