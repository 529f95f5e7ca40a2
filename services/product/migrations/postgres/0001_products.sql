-- The digest tells whether a product that is created again is the same.
CREATE TABLE product (
    id uuid NOT NULL PRIMARY KEY,
    slug text NOT NULL UNIQUE,
    title text NOT NULL,
    description text NOT NULL,
    collection text NOT NULL,
    status text NOT NULL,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    digest text NOT NULL
);
CREATE INDEX product_collection_status_id ON product (collection, status, id);
CREATE INDEX product_status_id ON product (status, id);

CREATE TABLE variant (
    id uuid NOT NULL PRIMARY KEY,
    product_id uuid NOT NULL,
    position bigint NOT NULL,
    sku text NOT NULL UNIQUE,
    options text NOT NULL,
    price bigint NOT NULL CHECK (price >= 0),
    currency text NOT NULL,
    tax_class text NOT NULL
);
CREATE INDEX variant_product_id ON variant (product_id, position);

-- What `order` last told of each variant, also of those that are not created yet. Apart from the variants because a sale
-- rewrites it again and again. `previous` is what was available before the last change.
-- Half of each page stays free, so that a new version of a row finds room next to the old one.
CREATE TABLE stock_level (
    variant_id uuid NOT NULL PRIMARY KEY,
    available bigint NOT NULL,
    previous bigint NOT NULL,
    version bigint NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE picture (
    product_id uuid NOT NULL,
    position bigint NOT NULL,
    file text NOT NULL,
    alt text NOT NULL,
    PRIMARY KEY (product_id, position)
);

CREATE TABLE file (
    key text NOT NULL PRIMARY KEY,
    media_type text NOT NULL,
    text text NOT NULL
);
