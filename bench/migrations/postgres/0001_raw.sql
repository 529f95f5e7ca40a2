-- What placing an order writes to, as in the service `order`; its outbox is the kernel's.
CREATE TABLE stock (
    variant_id uuid NOT NULL,
    location text NOT NULL,
    available bigint NOT NULL CHECK (available >= 0),
    reserved bigint NOT NULL CHECK (reserved >= 0),
    sold bigint NOT NULL CHECK (sold >= 0),
    PRIMARY KEY (variant_id, location)
);

CREATE TABLE orders (
    id uuid NOT NULL PRIMARY KEY,
    number bigint NOT NULL UNIQUE,
    idempotency_key text NOT NULL UNIQUE,
    status text NOT NULL,
    email text NOT NULL,
    currency text NOT NULL,
    subtotal bigint NOT NULL,
    tax bigint NOT NULL,
    total bigint NOT NULL,
    shipping_address text NOT NULL,
    payment text NOT NULL,
    version bigint NOT NULL,
    placed_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    held_until timestamptz
);
CREATE INDEX orders_held_until ON orders (held_until) WHERE held_until IS NOT NULL;

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
    total bigint NOT NULL,
    PRIMARY KEY (order_id, position)
);

CREATE TABLE order_history (
    order_id uuid NOT NULL,
    version bigint NOT NULL,
    status text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (order_id, version)
);

CREATE TABLE reservation (
    order_id uuid NOT NULL,
    variant_id uuid NOT NULL,
    location text NOT NULL,
    quantity bigint NOT NULL,
    PRIMARY KEY (order_id, variant_id, location)
);
