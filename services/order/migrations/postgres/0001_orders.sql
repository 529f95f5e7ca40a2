-- What can be sold: this service's own copy, kept from the products' events, so that placing an order asks nobody.
CREATE TABLE sellable (
    variant_id uuid NOT NULL PRIMARY KEY,
    product_version bigint NOT NULL,
    sku text NOT NULL,
    title text NOT NULL,
    options text NOT NULL,
    price bigint NOT NULL,
    currency text NOT NULL,
    tax_class text NOT NULL,
    for_sale boolean NOT NULL
);

-- available + reserved + sold changes by adjustments only.
CREATE TABLE stock (
    variant_id uuid NOT NULL,
    location text NOT NULL,
    available bigint NOT NULL CONSTRAINT stock_available_check CHECK (available >= 0),
    reserved bigint NOT NULL CONSTRAINT stock_reserved_check CHECK (reserved >= 0),
    sold bigint NOT NULL CONSTRAINT stock_sold_check CHECK (sold >= 0),
    version bigint NOT NULL,
    PRIMARY KEY (variant_id, location)
);

CREATE TABLE stock_adjustment (
    key text NOT NULL PRIMARY KEY,
    variant_id uuid NOT NULL,
    location text NOT NULL,
    delta bigint NOT NULL,
    reason text NOT NULL,
    adjusted_at timestamptz NOT NULL
);

-- One row: the number that the last order got.
CREATE TABLE order_number (
    last bigint NOT NULL
);
INSERT INTO order_number (last) VALUES (1000);

CREATE TABLE orders (
    id uuid NOT NULL PRIMARY KEY,
    number bigint NOT NULL,
    status text NOT NULL,
    email text NOT NULL,
    currency text NOT NULL,
    subtotal bigint NOT NULL,
    tax bigint NOT NULL,
    shipping_address text NOT NULL,
    tracking text,
    cancel_reason text,
    version bigint NOT NULL,
    idempotency_key text NOT NULL UNIQUE,
    fingerprint uuid NOT NULL,
    placed_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    held_until timestamptz NOT NULL
);
CREATE INDEX orders_pending ON orders (held_until) WHERE status = 'pending';

CREATE TABLE order_line (
    order_id uuid NOT NULL,
    position bigint NOT NULL,
    variant_id uuid NOT NULL,
    sku text NOT NULL,
    title text NOT NULL,
    options text NOT NULL,
    quantity bigint NOT NULL,
    unit_price bigint NOT NULL,
    tax_rate bigint NOT NULL,
    subtotal bigint NOT NULL,
    tax bigint NOT NULL,
    PRIMARY KEY (order_id, position)
);

-- Which stock an order holds; whether it is reserved, sold or given back follows from the order's status.
CREATE TABLE reservation (
    order_id uuid NOT NULL,
    variant_id uuid NOT NULL,
    location text NOT NULL,
    quantity bigint NOT NULL,
    PRIMARY KEY (order_id, variant_id, location)
);

-- Every step after the first; an order begins as pending when it is placed.
CREATE TABLE order_history (
    order_id uuid NOT NULL,
    version bigint NOT NULL,
    status text NOT NULL,
    note text,
    at timestamptz NOT NULL,
    PRIMARY KEY (order_id, version)
);
