-- `bytes` is about how large a product is as JSON: list pages are bounded by it.
ALTER TABLE product ADD COLUMN brand text;
ALTER TABLE product ADD COLUMN bytes bigint NOT NULL DEFAULT 0;
UPDATE product SET bytes = 1000 + octet_length(description)
    + 400 * (SELECT count(*) FROM variant WHERE variant.product_id = product.id);

-- SKUs are other systems' data: there may be none, and several variants may have one. `sku_key` is the SKU without
-- capitals and blanks, by which doubles are found.
ALTER TABLE variant DROP CONSTRAINT variant_sku_key;
ALTER TABLE variant ALTER COLUMN sku DROP NOT NULL;
ALTER TABLE variant ADD COLUMN sku_key text;
UPDATE variant SET sku_key = lower(sku);
CREATE INDEX variant_sku_key ON variant (sku_key);
ALTER TABLE variant ADD COLUMN barcode text;
ALTER TABLE variant ADD COLUMN compare_at_price bigint CHECK (compare_at_price >= 0);
ALTER TABLE variant ADD COLUMN cost bigint CHECK (cost >= 0);
ALTER TABLE variant ADD COLUMN picture text;
ALTER TABLE variant ADD COLUMN needs_shipping boolean NOT NULL DEFAULT true;
ALTER TABLE variant ADD COLUMN weight bigint;
ALTER TABLE variant ADD COLUMN size text;
ALTER TABLE variant ADD COLUMN origin text;
ALTER TABLE variant ADD COLUMN customs_code text;
