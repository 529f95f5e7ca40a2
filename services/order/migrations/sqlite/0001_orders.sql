-- What can be sold: this service's own copy, kept from the products' events, so that placing an order asks nobody.
CREATE TABLE sellable (
    variant_id BLOB NOT NULL PRIMARY KEY,
    product_version INTEGER NOT NULL,
    sku TEXT NOT NULL,
    title TEXT NOT NULL,
    options TEXT NOT NULL,
    price INTEGER NOT NULL,
    currency TEXT NOT NULL,
    tax_class TEXT NOT NULL,
    for_sale INTEGER NOT NULL
) WITHOUT ROWID;

-- available + reserved + sold changes by adjustments only.
CREATE TABLE stock (
    variant_id BLOB NOT NULL,
    location TEXT NOT NULL,
    available INTEGER NOT NULL CONSTRAINT stock_available_check CHECK (available >= 0),
    reserved INTEGER NOT NULL CONSTRAINT stock_reserved_check CHECK (reserved >= 0),
    sold INTEGER NOT NULL CONSTRAINT stock_sold_check CHECK (sold >= 0),
    version INTEGER NOT NULL,
    PRIMARY KEY (variant_id, location)
) WITHOUT ROWID;

CREATE TABLE stock_adjustment (
    key TEXT NOT NULL PRIMARY KEY,
    variant_id BLOB NOT NULL,
    location TEXT NOT NULL,
    delta INTEGER NOT NULL,
    reason TEXT NOT NULL,
    adjusted_at INTEGER NOT NULL
) WITHOUT ROWID;

-- One row: the number that the last order got.
CREATE TABLE order_number (
    last INTEGER NOT NULL
);
INSERT INTO order_number (last) VALUES (1000);

CREATE TABLE orders (
    id BLOB NOT NULL PRIMARY KEY,
    number INTEGER NOT NULL,
    status TEXT NOT NULL,
    email TEXT NOT NULL,
    currency TEXT NOT NULL,
    subtotal INTEGER NOT NULL,
    tax INTEGER NOT NULL,
    shipping_address TEXT NOT NULL,
    tracking TEXT,
    cancel_reason TEXT,
    version INTEGER NOT NULL,
    idempotency_key TEXT NOT NULL UNIQUE,
    fingerprint BLOB NOT NULL,
    placed_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    held_until INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX orders_pending ON orders (held_until) WHERE status = 'pending';

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
    PRIMARY KEY (order_id, position)
) WITHOUT ROWID;

-- Which stock an order holds; whether it is reserved, sold or given back follows from the order's status.
CREATE TABLE reservation (
    order_id BLOB NOT NULL,
    variant_id BLOB NOT NULL,
    location TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    PRIMARY KEY (order_id, variant_id, location)
) WITHOUT ROWID;

-- Every step after the first; an order begins as pending when it is placed.
CREATE TABLE order_history (
    order_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    status TEXT NOT NULL,
    note TEXT,
    at INTEGER NOT NULL,
    PRIMARY KEY (order_id, version)
) WITHOUT ROWID;
