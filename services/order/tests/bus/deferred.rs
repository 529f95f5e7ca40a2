//! Deferred orders.

use message::{Envelope, Headers};
use order_contract::{
    Access, CancelOrder, GetOrder, OrderError, OrderId, OrderPlaced, OrderRequested, OrderSecret,
    OrderStatus, PlaceError, PlaceOrder,
};
use testing::{TestBackend, TestShop, db_test};

use crate::common::{builder, place, stock, stock_up};

fn defer(shop: &TestShop, order: PlaceOrder) -> OrderRequested {
    OrderRequested { id: shop.bus.ids().id(), order }
}

fn envelope(shop: &TestShop, order: &OrderRequested) -> Envelope {
    Envelope::event(order, Headers::new(shop.bus.correlation()), shop.bus.ids()).unwrap()
}

/// With the receipt that its buyer was given.
async fn read(shop: &TestShop, id: OrderId) -> Result<order_contract::Order, OrderError> {
    shop.ask(&GetOrder { id, access: Access::Token(OrderSecret::new([7; 32]).deferred_token(id)) }).await
}

#[db_test]
async fn a_deferred_order_becomes_the_order_of_its_id_once(backend: TestBackend) {
    let shop = builder(&backend).record::<OrderPlaced>().start().await;
    let variants = stock_up(&shop, 1, 5).await;
    let order = defer(&shop, place(&shop, &[(variants[0], 2)]));
    let message = envelope(&shop, &order);
    assert_eq!(read(&shop, order.id).await, Err(OrderError::NotFound));
    // The broker may bring it twice, and the client may send it again in other words.
    shop.deliver(::order::NAME, vec![message.clone()]).await.unwrap();
    shop.deliver(::order::NAME, vec![message, envelope(&shop, &order)]).await.unwrap();
    let placed = read(&shop, order.id).await.unwrap();
    assert_eq!((placed.id, placed.status), (order.id, OrderStatus::Pending));
    assert_eq!(stock(&shop, variants[0]).await.available, 3);
    shop.settled().await;
    assert_eq!(shop.recorded::<OrderPlaced>().len(), 1);
}

#[db_test]
async fn the_same_order_under_another_id_leads_to_the_first(backend: TestBackend) {
    let shop = builder(&backend).start().await;
    let variants = stock_up(&shop, 1, 5).await;
    let first = defer(&shop, place(&shop, &[(variants[0], 1)]));
    let second = OrderRequested { id: shop.bus.ids().id(), ..first.clone() };
    let third = OrderRequested { id: shop.bus.ids().id(), ..first.clone() };
    // Two of them in one batch.
    shop.deliver(::order::NAME, vec![envelope(&shop, &first), envelope(&shop, &second)]).await.unwrap();
    shop.deliver(::order::NAME, vec![envelope(&shop, &third)]).await.unwrap();
    for id in [first.id, second.id, third.id] {
        assert_eq!(read(&shop, id).await.unwrap().id, first.id);
    }
    let at_once = shop.ask(&first.order).await.unwrap();
    assert_eq!(at_once.id, first.id, "and so does placing it at once");
    assert_eq!(stock(&shop, variants[0]).await.available, 4);
    let cancelled = shop
        .ask(&CancelOrder {
            id: third.id,
            access: Access::Token(OrderSecret::new([7; 32]).deferred_token(third.id)),
        })
        .await
        .unwrap();
    assert_eq!((cancelled.id, cancelled.status), (first.id, OrderStatus::Cancelled));
}

#[db_test]
async fn a_deferred_order_that_is_refused_says_why(backend: TestBackend) {
    let shop = builder(&backend).start().await;
    let variants = stock_up(&shop, 1, 1).await;
    let placed = defer(&shop, place(&shop, &[(variants[0], 1)]));
    let late = defer(&shop, place(&shop, &[(variants[0], 1)]));
    let mut other = placed.clone();
    (other.id, other.order.email) = (shop.bus.ids().id(), "other@example.org".parse().unwrap());
    let messages = [&placed, &late].map(|order| envelope(&shop, order)).to_vec();
    shop.deliver(::order::NAME, messages).await.unwrap();
    shop.deliver(::order::NAME, vec![envelope(&shop, &other)]).await.unwrap();
    assert!(read(&shop, placed.id).await.is_ok());
    assert!(
        matches!(read(&shop, late.id).await, Err(OrderError::Refused(PlaceError::OutOfStock(short))) if short.len() == 1)
    );
    assert_eq!(read(&shop, other.id).await, Err(OrderError::Refused(PlaceError::KeyReused)));
    let guess = shop.ask(&GetOrder { id: late.id, access: Access::Token("accepted.".to_owned()) }).await;
    assert_eq!(guess, Err(OrderError::NotFound), "whose it is is checked first");
}
