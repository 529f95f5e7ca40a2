//! What a payment provider must be able to do for us.
//!
//! # Adding a provider
//!
//! Implement [`Provider`] in a file of `providers/` and add it where [`crate::service`] lists them. An adapter translates;
//! it neither waits nor retries, and it writes nothing: the worker does all of that. What it must get right:
//!
//! - [`Charge::id`] is the idempotency key of every call but a refund, which has [`ChargeRefund::key`]. Authorising twice with
//!   one id holds the money once.
//! - An error says whether the request may have been carried out ([`Error::is_unknown`]). A time-out, a broken connection
//!   or a 5xx is *unknown*; a refused connection or a 429 is not. In doubt, say unknown: it costs one look-up.
//! - Voiding a payment that was never held closes it: a request for it that arrives later must not hold money.
//! - A call may be dropped at any await, when its time is up.

use futures::future::BoxFuture;
use message::Money;
use order_contract::OrderId;
use payment_contract::{PaymentId, PaymentProvider, PaymentState};
use uuid::Uuid;

pub use crate::domain::MoneyState;

/// The payment that a provider is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// The idempotency key of every call.
    pub id: PaymentId,
    /// What is paid for.
    pub order_id: OrderId,
    /// How much.
    pub amount: Money,
    /// What the provider gave the shopper's browser.
    pub token: String,
    /// Where the money was by the provider's last answer.
    pub state: PaymentState,
    /// What the provider called it, once it has.
    pub reference: Option<String>,
}

/// Money of a payment that goes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChargeRefund {
    /// The idempotency key: asking twice with one key gives back once.
    pub key: Uuid,
    /// How much.
    pub amount: Money,
}

/// What a provider did with a request that it answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChargeOutcome {
    /// It is done, now or before; the provider's own name for the payment.
    Done(String),
    /// It will not be done. The reason is shown to the shopper.
    Declined(String),
}

/// Why there is no outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    unknown: bool,
    detail: String,
}

impl Error {
    /// Nobody knows whether the request was carried out.
    pub fn unknown(detail: impl Into<String>) -> Self {
        Self { unknown: true, detail: detail.into() }
    }

    /// It certainly was not carried out; later it may be.
    pub fn undone(detail: impl Into<String>) -> Self {
        Self { unknown: false, detail: detail.into() }
    }

    /// Whether the request may have been carried out.
    pub fn is_unknown(&self) -> bool {
        self.unknown
    }

    /// What happened, for the log.
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

/// The answer to a request that moves money.
pub type ProviderAnswer = Result<ChargeOutcome, Error>;

/// Who holds, takes and gives back money.
pub trait Provider: Send + Sync + 'static {
    /// What orders call it: `test`.
    fn name(&self) -> &'static str;

    /// What a page shows of it, under the same name.
    fn offer(&self) -> PaymentProvider;

    /// Holds the money.
    fn authorise<'a>(&'a self, charge: &'a Charge) -> BoxFuture<'a, ProviderAnswer>;

    /// Takes money that is held.
    fn capture<'a>(&'a self, charge: &'a Charge) -> BoxFuture<'a, ProviderAnswer>;

    /// Lets held money go; closes a payment that never held any.
    fn void<'a>(&'a self, charge: &'a Charge) -> BoxFuture<'a, ProviderAnswer>;

    /// Gives taken money back, all of it or a part. The parts are asked for one after the other, never more than was taken.
    fn refund<'a>(&'a self, charge: &'a Charge, refund: &'a ChargeRefund) -> BoxFuture<'a, ProviderAnswer>;

    /// Whether the refund with this key was carried out.
    fn look_up_refund<'a>(
        &'a self,
        charge: &'a Charge,
        refund: &'a ChargeRefund,
    ) -> BoxFuture<'a, Result<bool, Error>>;

    /// Where the money is.
    fn look_up<'a>(&'a self, charge: &'a Charge) -> BoxFuture<'a, Result<MoneyState, Error>>;
}
