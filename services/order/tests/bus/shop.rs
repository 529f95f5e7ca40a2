//! The copy of the shop's settings: where orders may go, and when stock is low.

use bus::{Cx, Router};
use message::Example as _;
use order_contract::{Access, ChangeAddress, CopyShop, ListStock, OrderError, PlaceError, StockFilter};
use shop_contract::{GetShop, ShopChanged, ShopError, ShopSettings};
use testing::{TestBackend, db_test};

use crate::common::{address, builder, deliver, place, stock_up};

fn ships_to(version: i64, countries: &[&str]) -> ShopSettings {
    let countries = countries.iter().map(|code| code.parse().unwrap()).collect();
    let low_stock_threshold = 20.try_into().unwrap();
    ShopSettings { version, countries, low_stock_threshold, ..ShopSettings::example() }
}

fn pointers(error: PlaceError) -> Vec<(String, String)> {
    let PlaceError::Invalid(errors) = error else { panic!("{error:?}") };
    errors.into_iter().map(|error| (error.pointer, error.detail)).collect()
}

#[db_test]
async fn an_order_to_a_country_that_is_not_served_is_refused_with_the_list(backend: TestBackend) {
    let shop = builder(&backend).start().await;
    let variant = stock_up(&shop, 1, 9).await[0];
    let first = place(&shop, &[(variant, 1)]);
    let placed = shop.ask(&first).await.unwrap();

    deliver(&shop, &ShopChanged { shop: ships_to(2, &["LK", "NP"]) }).await;
    let refused = pointers(shop.ask(&place(&shop, &[(variant, 1)])).await.unwrap_err());
    let expected = "expected a country that the shop ships to: LK, NP".to_owned();
    assert_eq!(refused, [("/shipping_address/country".to_owned(), expected)]);
    assert_eq!(shop.ask(&first).await.unwrap().id, placed.id, "what was placed before is found again");
    let change = ChangeAddress {
        id: placed.id,
        access: Access::Token(placed.token.clone()),
        shipping_address: address("Mira"),
    };
    assert!(matches!(shop.ask(&change).await, Err(OrderError::Invalid(_))));

    deliver(&shop, &ShopChanged { shop: ships_to(1, &["IN"]) }).await;
    assert!(shop.ask(&place(&shop, &[(variant, 1)])).await.is_err(), "an older event changes nothing");
    deliver(&shop, &ShopChanged { shop: ships_to(3, &[]) }).await;
    shop.ask(&place(&shop, &[(variant, 1)])).await.unwrap();

    let low = shop.ask(&ListStock { level: Some(StockFilter::Low), ..ListStock::default() }).await.unwrap();
    assert_eq!(low.data.len(), 1, "the shop says from where down stock is low");
}

#[db_test]
async fn the_copy_is_brought_up_to_date_at_once(backend: TestBackend) {
    async fn get(_: Cx<()>, GetShop {}: GetShop) -> Result<ShopSettings, ShopError> {
        Ok(ships_to(7, &["LK"]))
    }
    let shop = builder(&backend).stand_in(Router::new("shop", ()).on(get)).start().await;
    let variant = stock_up(&shop, 1, 9).await[0];
    assert_eq!(shop.ask(&CopyShop {}).await, Ok(7));
    assert!(shop.ask(&place(&shop, &[(variant, 1)])).await.is_err());
}
