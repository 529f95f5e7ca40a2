//! The payment providers that a shop offers.

use message::Example;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Lists the payment providers that the shop offers, in the order in which a page shows them.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ListProviders {}

/// A payment provider, as a page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentProvider {
    /// What an order calls it: `test`.
    pub name: String,
    /// What a page calls it: "Test provider".
    pub label: String,
    /// A sentence for the buyer about paying with it.
    pub hint: String,
    /// What the buyer can choose; the first one is chosen at first.
    pub choices: Vec<PaymentChoice>,
}

/// A way to pay with a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentChoice {
    /// What an order sends to the provider: `tok_ok`.
    pub token: String,
    /// What the buyer chooses: "A card that works".
    pub label: String,
    /// What happens then: "Paid at once."
    pub hint: String,
}

impl Example for PaymentProvider {
    fn example() -> Self {
        Self {
            name: "test".to_owned(),
            label: "Test provider".to_owned(),
            hint: "This is the test provider: no card, no money. Choose how the bank should answer."
                .to_owned(),
            choices: vec![PaymentChoice::example()],
        }
    }
}

impl Example for PaymentChoice {
    fn example() -> Self {
        Self {
            token: "tok_ok".to_owned(),
            label: "A card that works".to_owned(),
            hint: "Paid at once.".to_owned(),
        }
    }
}
