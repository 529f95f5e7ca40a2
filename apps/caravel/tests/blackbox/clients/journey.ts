// Places an order with the client that was generated, and reads it again.
//
// Called with the shop's URL, its admin key and the slug of a product of which two can be sold.

import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

declare const process: { argv: string[] };

const [, , url = "", adminKey = "", slug = ""] = process.argv;

const shop = createClient<paths>({ baseUrl: url });

function check(holds: boolean, what: unknown): asserts holds {
  if (!holds) throw new Error(typeof what === "string" ? what : JSON.stringify(what));
}

/** What a call returned; a refusal is an error. */
function value<Data>(answer: { data?: Data; error?: unknown }): Data {
  check(answer.data !== undefined, answer.error);
  return answer.data;
}

const products = value(await shop.GET("/api/v1/products", { params: { query: { limit: 100 } } }));
check(products.data.some((product) => product.slug === slug), products);
const product = value(await shop.GET("/api/v1/products/{id}", { params: { path: { id: slug } } }));
const variant = product.variants[0];
check(variant !== undefined, product);
const variantId: string = variant.id;

function orderOf(quantity: number): components["schemas"]["NewOrder"] {
  return {
    email: "mira@example.org",
    items: [{ variant_id: variantId, quantity }],
    payment: { provider: "test", token: "tok_ok" },
    shipping_address: {
      name: "Mira Rao", line1: "14 Canal Street", city: "Pune", postal_code: "411001", country: "IN",
    },
  };
}

function place(key: string, quantity: number) {
  const params = { header: { "Idempotency-Key": key } };
  return shop.POST("/api/v1/orders", { params, body: orderOf(quantity) });
}

const placed = value(await place("typescript-1", 2));
check("number" in placed, placed);
check(placed.total.amount === 2 * variant.price.amount, placed);
const again = value(await place("typescript-1", 2));
check("number" in again && again.number === placed.number, "the same key is the same order");

const short = (await place("typescript-2", 1)).error;
check(short?.code === "out-of-stock" && short.shortages?.[0]?.available === 0, short);
const wrong = (await place("typescript-3", 0)).error;
check(wrong?.code === "invalid-body" && wrong.errors?.[0]?.pointer === "/items/0/quantity", wrong);

function read(token?: string) {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return shop.GET("/api/v1/orders/{id}", { params: { path: { id: placed.id } }, headers });
}

check((await read()).error?.status === 401, "an order is read with its token only");
const deadline = Date.now() + 30_000;
for (;;) {
  const order = value(await read(placed.token));
  check("lines" in order, order);
  if (order.status === "confirmed") {
    check(order.lines[0]?.variant_id === variant.id && order.shipping_address.city === "Pune", order);
    break;
  }
  check(Date.now() < deadline, order);
  await new Promise((resolve) => setTimeout(resolve, 50));
}

const headers = { authorization: `Bearer ${adminKey}` };
const query = { status: "confirmed" } as const;
const confirmed = value(await shop.GET("/api/v1/orders", { params: { query }, headers }));
check(confirmed.data.length === 1 && confirmed.data[0]?.id === placed.id, confirmed);
