"""Places an order with the client that was generated, and reads it again.

Called with the shop's URL, its admin key and the slug of a product of which two can be sold.
"""

import sys
import time

from shop_client import AuthenticatedClient, Client
from shop_client.api.catalogue import get_product, list_products
from shop_client.api.orders import get_order, list_orders, place_order
from shop_client.models import Address, Item, NewOrder, Order, OrderStatus, PaymentMethod, PlacedOrder, Problem

url, admin_key, slug = sys.argv[1:]
shop = Client(base_url=url, raise_on_unexpected_status=True)

assert slug in [product.slug for product in list_products.sync(client=shop).data]
variant = get_product.sync(slug, client=shop).variants[0]


def order_of(quantity):
    return NewOrder(
        email="mira@example.org",
        items=[Item(variant_id=variant.id, quantity=quantity)],
        payment=PaymentMethod(provider="test", token="tok_ok"),
        shipping_address=Address(
            name="Mira Rao", line1="14 Canal Street", city="Pune", postal_code="411001", country="IN"
        ),
    )


def place(key, quantity):
    return place_order.sync(client=shop, body=order_of(quantity), idempotency_key=key)


placed = place("python-1", 2)
assert isinstance(placed, PlacedOrder), placed
assert placed.total.amount == 2 * variant.price.amount, placed
assert place("python-1", 2).id == placed.id, "the same key is the same order"

refused = place("python-2", 1)
assert isinstance(refused, Problem) and refused.code == "out-of-stock", refused
assert [(shortage.variant_id, shortage.available) for shortage in refused.shortages] == [(variant.id, 0)]
refused = place("python-3", 0)
assert refused.code == "invalid-body" and refused.errors[0].pointer == "/items/0/quantity", refused
refused = get_order.sync(placed.id, client=shop)
assert isinstance(refused, Problem) and refused.status == 401, "an order is read with its token only"

buyer = AuthenticatedClient(base_url=url, token=placed.token, raise_on_unexpected_status=True)
deadline = time.monotonic() + 30
while (order := get_order.sync(placed.id, client=buyer)).status != OrderStatus.CONFIRMED:
    assert time.monotonic() < deadline, order
    time.sleep(0.05)
assert isinstance(order, Order) and order.lines[0].variant_id == variant.id, order
assert order.placed_at == placed.placed_at and order.shipping_address.city == "Pune", order

merchant = AuthenticatedClient(base_url=url, token=admin_key, raise_on_unexpected_status=True)
assert [order.id for order in list_orders.sync(client=merchant, status=OrderStatus.CONFIRMED).data] == [placed.id]
