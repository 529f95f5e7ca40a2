-- `bytes` is about how large a product is as JSON: list pages are bounded by it.
ALTER TABLE product ADD COLUMN brand TEXT;
ALTER TABLE product ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
UPDATE product SET bytes = 1000 + length(CAST(description AS BLOB))
    + 400 * (SELECT count(*) FROM variant WHERE variant.product_id = product.id);

-- SKUs are other systems' data: there may be none, and several variants may have one. `sku_key` is the SKU without
-- capitals and blanks, by which doubles are found.
CREATE TABLE new_variant (
    id BLOB NOT NULL PRIMARY KEY,
    product_id BLOB NOT NULL,
    position INTEGER NOT NULL,
    sku TEXT,
    options TEXT NOT NULL,
    price INTEGER NOT NULL CHECK (price >= 0),
    currency TEXT NOT NULL,
    tax_class TEXT NOT NULL,
    sku_key TEXT,
    barcode TEXT,
    compare_at_price INTEGER CHECK (compare_at_price >= 0),
    cost INTEGER CHECK (cost >= 0),
    picture TEXT,
    needs_shipping INTEGER NOT NULL DEFAULT true,
    weight INTEGER,
    size TEXT,
    origin TEXT,
    customs_code TEXT
) WITHOUT ROWID;
INSERT INTO new_variant (id, product_id, position, sku, options, price, currency, tax_class, sku_key)
    SELECT id, product_id, position, sku, options, price, currency, tax_class, lower(sku) FROM variant;
DROP TABLE variant;
ALTER TABLE new_variant RENAME TO variant;
CREATE INDEX variant_product_id ON variant (product_id, position);
CREATE INDEX variant_sku_key ON variant (sku_key);
