//! The providers that the shop offers: those that the merchant allows, of those that are built in.

use bus::Cx;
use payment_contract::{ListProviders, PaymentError, PaymentProvider};

use crate::State;

pub(crate) async fn list(
    cx: Cx<State>,
    ListProviders {}: ListProviders,
) -> Result<Vec<PaymentProvider>, PaymentError> {
    let offered = &cx.settings.offered;
    let built_in = offered.iter().filter_map(|name| cx.providers.get(name.as_str()));
    Ok(built_in.map(|provider| provider.offer()).collect())
}
