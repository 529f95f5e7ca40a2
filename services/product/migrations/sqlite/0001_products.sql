-- The digest tells whether a product that is created again is the same.
CREATE TABLE product (
    id BLOB NOT NULL PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    collection TEXT NOT NULL,
    status TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    digest TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX product_collection_status_id ON product (collection, status, id);
CREATE INDEX product_status_id ON product (status, id);

CREATE TABLE variant (
    id BLOB NOT NULL PRIMARY KEY,
    product_id BLOB NOT NULL,
    position INTEGER NOT NULL,
    sku TEXT NOT NULL UNIQUE,
    options TEXT NOT NULL,
    price INTEGER NOT NULL CHECK (price >= 0),
    currency TEXT NOT NULL,
    tax_class TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX variant_product_id ON variant (product_id, position);

-- What `order` last told of each variant, also of those that are not created yet. Apart from the variants because a sale
-- rewrites it again and again. `previous` is what was available before the last change.
CREATE TABLE stock_level (
    variant_id BLOB NOT NULL PRIMARY KEY,
    available INTEGER NOT NULL,
    previous INTEGER NOT NULL,
    version INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE picture (
    product_id BLOB NOT NULL,
    position INTEGER NOT NULL,
    file TEXT NOT NULL,
    alt TEXT NOT NULL,
    PRIMARY KEY (product_id, position)
) WITHOUT ROWID;

CREATE TABLE file (
    key TEXT NOT NULL PRIMARY KEY,
    media_type TEXT NOT NULL,
    text TEXT NOT NULL
);
