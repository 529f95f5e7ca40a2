-- What placing an order writes to, as in the service `order`; its outbox is the kernel's.
CREATE TABLE stock (
    variant_id BLOB NOT NULL,
    location TEXT NOT NULL,
    available INTEGER NOT NULL CHECK (available >= 0),
    reserved INTEGER NOT NULL CHECK (reserved >= 0),
    sold INTEGER NOT NULL CHECK (sold >= 0),
    PRIMARY KEY (variant_id, location)
) WITHOUT ROWID;

CREATE TABLE orders (
    id BLOB NOT NULL PRIMARY KEY,
    number INTEGER NOT NULL UNIQUE,
    idempotency_key TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL,
    email TEXT NOT NULL,
    currency TEXT NOT NULL,
    subtotal INTEGER NOT NULL,
    tax INTEGER NOT NULL,
    total INTEGER NOT NULL,
    shipping_address TEXT NOT NULL,
    payment TEXT NOT NULL,
    version INTEGER NOT NULL,
    placed_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    held_until INTEGER
);
CREATE INDEX orders_held_until ON orders (held_until) WHERE held_until IS NOT NULL;

CREATE TABLE order_line (
    order_id BLOB NOT NULL,
    position INTEGER NOT NULL,
    variant_id BLOB NOT NULL,
    sku TEXT NOT NULL,
    title TEXT NOT NULL,
    options TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    unit_price INTEGER NOT NULL,
    tax_rate INTEGER NOT NULL,
    subtotal INTEGER NOT NULL,
    tax INTEGER NOT NULL,
    total INTEGER NOT NULL,
    PRIMARY KEY (order_id, position)
) WITHOUT ROWID;

CREATE TABLE order_history (
    order_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    status TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (order_id, version)
) WITHOUT ROWID;

CREATE TABLE reservation (
    order_id BLOB NOT NULL,
    variant_id BLOB NOT NULL,
    location TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    PRIMARY KEY (order_id, variant_id, location)
) WITHOUT ROWID;
