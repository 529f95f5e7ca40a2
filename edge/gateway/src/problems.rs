//! The codes of this API's refusals, and which refusal of a service gets which.
//!
//! Those that any edge may answer with are in [`web::problem`].

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use message::{Fault, FieldError, Money};
use notification_contract::NotificationError;
use order_contract::{OrderError, OrderId, Quote, Shortage, StockError};
use product_contract::{ProductError, ProductId, VariantId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use web::problem::{self, Code, Problem};

use crate::{orders::place, path::Name as _};

macro_rules! codes {
    ($($constant:ident = $name:literal, $status:ident, $title:literal, $meaning:literal;)*) => {
        $(#[doc = $meaning] pub const $constant: Code =
            Code { name: $name, status: StatusCode::$status, title: $title, meaning: $meaning };)*
        /// The codes that are this API's own.
        pub const OWN: &[&Code] = &[$(&$constant),*];
    };
}

codes! {
    INVALID_PARAMETER = "invalid-parameter", UNPROCESSABLE_ENTITY, "The URL has a wrong parameter",
        "A parameter in the URL is unknown, repeated or not of the right form; `errors` names each as `?name`.";
    IDEMPOTENCY_KEY_MISSING = "idempotency-key-missing", BAD_REQUEST, "An idempotency key is needed",
        "Send an `Idempotency-Key` header of 1 to 255 printable characters, best a new UUID, and the same one \
         whenever you send the same request again: it is then done once.";
    IDEMPOTENCY_KEY_REUSED = "idempotency-key-reused", UNPROCESSABLE_ENTITY, "The idempotency key is used already",
        "This idempotency key came before, with another request. Use a new one for every new request.";
    IDEMPOTENCY_KEY_IN_USE = "idempotency-key-in-use", CONFLICT, "The same request is still under way",
        "A request with this idempotency key is being answered right now. Ask again in a moment, with the same key.";
    OUT_OF_STOCK = "out-of-stock", CONFLICT, "Not enough in stock",
        "Less is left than was asked for; `shortages` says how much of what. Nothing was ordered.";
    PRICE_CHANGED = "price-changed", CONFLICT, "The total is another now",
        "The order was to cost `expected`, and costs `current` now: more or less. Nothing was ordered, and the idempotency \
         key may be used again. Show the new total, and send the order with it as `expected_total`.";
    NOT_KNOWN_YET = "not-known-yet", SERVICE_UNAVAILABLE, "Not known here yet",
        "A variant was created so recently that it cannot be ordered yet. Nothing was ordered. Send the same request again \
         after `Retry-After`.";
    NOT_ENOUGH_STOCK = "not-enough-stock", CONFLICT, "Less than nothing cannot be left",
        "More would be taken away than is there. Nothing was changed.";
    TRANSITION = "invalid-transition", CONFLICT, "The order cannot take this step",
        "An order goes from pending to confirmed, processing, shipped, delivered and refunded, and can be cancelled \
         until it is shipped; a shipped one can be reported as lost.";
    ADDRESS_FIXED = "address-fixed", CONFLICT, "Too late for another address",
        "The parcel is on its way, or the order has ended.";
    NOT_PAYABLE = "not-payable", CONFLICT, "The order cannot be paid now",
        "A pending order whose last payment failed can be paid again until `held_until`, ten times in all; `reason` says \
         what is in the way: `paid`, `under_way`, `ended` or `too_often`.";
    TOO_MUCH = "too-much", CONFLICT, "More than can be refunded",
        "Only what was captured can be refunded, and only once; `refundable` says what is left. Nothing was refunded.";
    ORDER_QUEUED = "order-queued", CONFLICT, "The order is not placed yet",
        "It was accepted and waits for its turn; until it is placed there is nothing to change. Ask again in a moment.";
    VERSION_CONFLICT = "version-conflict", CONFLICT, "The version is another one",
        "Somebody else changed it meanwhile; `version` is the one that it has. Read it and send your change again.";
    SLUG_TAKEN = "slug-taken", CONFLICT, "The slug is taken",
        "Another product has this slug.";
    OTHER_VERSION = "precondition-failed", PRECONDITION_FAILED, "It was changed meanwhile",
        "`If-Match` names another version than the product has now, which `version` says. Read it again, and decide again. Nothing was changed.";
}

/// Every code that this API may answer with, for the documentation.
pub fn all() -> impl Iterator<Item = &'static Code> {
    problem::ALL.iter().chain(OWN).copied()
}

/// What a client sees of a refusal (RFC 9457). Some codes have more members, which their meanings name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub struct ProblemResource {
    /// What every problem has.
    #[serde(flatten)]
    pub problem: problem::Members,
    /// With `out-of-stock`: what is missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shortages: Vec<Shortage>,
    /// With `price-changed`: the total that was expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<Money>,
    /// With `price-changed`: what the same costs now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<Quote>,
    /// With `not-found`: a path like the one that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub near: Option<String>,
}

impl From<&Problem> for ProblemResource {
    fn from(problem: &Problem) -> Self {
        Self {
            problem: problem.into(),
            shortages: member(problem, "shortages").unwrap_or_default(),
            expected: member(problem, "expected"),
            current: member(problem, "current"),
            near: member(problem, "near"),
        }
    }
}

fn member<T: DeserializeOwned>(problem: &Problem, name: &str) -> Option<T> {
    problem.member(name).cloned().and_then(|value| serde_json::from_value(value).ok())
}

/// Why a handler answers with a problem.
#[derive(Debug, Clone)]
pub(crate) struct Refusal(pub(crate) Problem);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}

/// So that `?` turns every refusal into a problem.
impl<E: IntoProblem> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self(error.into_problem())
    }
}

/// A refusal, in HTTP's terms.
pub(crate) trait IntoProblem {
    /// What the client gets.
    fn into_problem(self) -> Problem;
}

impl IntoProblem for Problem {
    fn into_problem(self) -> Problem {
        self
    }
}

impl IntoProblem for Fault {
    fn into_problem(self) -> Problem {
        self.into()
    }
}

impl IntoProblem for NotificationError {
    fn into_problem(self) -> Problem {
        let Self::Fault(fault) = self;
        fault.into()
    }
}

impl IntoProblem for ProductError {
    fn into_problem(self) -> Problem {
        match self {
            Self::NotFound => ProductId::nothing(),
            Self::SlugTaken(slug) => {
                let taken = FieldError::new("/slug", "expected a slug that no other product has");
                Problem::new(&SLUG_TAKEN).detail(format!("Another product has the slug {slug}.")).error(taken)
            }
            Self::VersionConflict { current } => Problem::new(&OTHER_VERSION)
                .detail(format!("The product has version {current} now."))
                .with("version", current),
            Self::Invalid(errors) => Problem::invalid(errors),
            Self::Fault(fault) => fault.into(),
        }
    }
}

impl IntoProblem for OrderError {
    fn into_problem(self) -> Problem {
        match self {
            Self::NotFound => OrderId::nothing(),
            Self::Refused(refusal) => place::refused(refusal, &[]),
            Self::Transition { .. } => Problem::new(&TRANSITION).detail(sentence(&self)),
            Self::AddressFixed(_) => Problem::new(&ADDRESS_FIXED).detail(sentence(&self)),
            Self::Unpayable(reason) => {
                Problem::new(&NOT_PAYABLE).detail(sentence(&self)).with("reason", reason.as_str())
            }
            Self::TooMuch { refundable } => Problem::new(&TOO_MUCH)
                .detail(sentence(&self))
                .with("refundable", serde_json::to_value(refundable).unwrap_or_default()),
            Self::KeyReused => Problem::new(&IDEMPOTENCY_KEY_REUSED),
            Self::Invalid(errors) => Problem::invalid(errors),
            Self::Fault(fault) => fault.into(),
        }
    }
}

impl IntoProblem for StockError {
    fn into_problem(self) -> Problem {
        match self {
            Self::NotEnough { available, .. } => Problem::new(&NOT_ENOUGH_STOCK)
                .detail(sentence(&self))
                .with("available", available)
                .error(FieldError::new("/delta", format!("expected at least -{available}"))),
            Self::NoSuchVariants(_) => VariantId::nothing(),
            Self::KeyReused => Problem::new(&IDEMPOTENCY_KEY_REUSED),
            // The service was sent a list of one; the client sent that one.
            Self::Invalid(errors) => Problem::invalid(errors.into_iter().map(|error| {
                FieldError {
                    pointer: error
                        .pointer
                        .trim_start_matches("/adjustments/0")
                        .replace("/counts/0/available", "/set_to")
                        .replace("/counts/0", ""),
                    ..error
                }
            })),
            Self::Fault(fault) => fault.into(),
        }
    }
}

pub(crate) fn sentence(refusal: &impl std::fmt::Display) -> String {
    let text = refusal.to_string();
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}
