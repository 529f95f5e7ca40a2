//! The payment providers, while `payment` is away and once it answers.

use bus::{Cx, Router};
use gateway::resources::PaymentProviderList;
use message::Example as _;
use payment_contract::{ListProviders, PaymentError, PaymentProvider};

use crate::Shop;

const PATH: &str = "/api/v1/payment-providers";

#[tokio::test]
async fn what_nobody_knows_is_no_empty_list() {
    let shop = Shop::open();
    let answer = shop.get(PATH).await;
    assert_eq!((answer.status, answer.code().as_str()), (503, "unavailable"));
    assert_eq!(answer.header("retry-after"), "1");
}

#[tokio::test]
async fn the_named_providers_are_listed_until_payment_answers() {
    async fn list(_: Cx<()>, _: ListProviders) -> Result<Vec<PaymentProvider>, PaymentError> {
        Ok(Vec::new())
    }
    let shop = Shop::build(true, |settings| settings.providers = vec![PaymentProvider::example()]);
    shop.mount(Router::new("payment", ()).on(list));
    assert_eq!(shop.get(PATH).await.read::<PaymentProviderList>(), PaymentProviderList::example());
    while shop.get(PATH).await.read::<PaymentProviderList>() == PaymentProviderList::example() {
        tokio::task::yield_now().await;
    }
}
