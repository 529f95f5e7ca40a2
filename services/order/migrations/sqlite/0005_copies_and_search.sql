-- The product that a variant belongs to: one that its product does not have any more is no longer for sale. Null in rows
-- from before; a job fills these in.
ALTER TABLE sellable ADD COLUMN product_id BLOB;
CREATE INDEX sellable_product_id ON sellable (product_id);
CREATE INDEX sellable_sku ON sellable (sku);

-- What a count found, where the adjustment was a count; and what could be sold at the location after the adjustment. Null
-- in rows from before.
ALTER TABLE stock_adjustment ADD COLUMN counted INTEGER;
ALTER TABLE stock_adjustment ADD COLUMN level INTEGER;
CREATE INDEX stock_adjustment_variant_id ON stock_adjustment (variant_id, adjusted_at, key);

CREATE UNIQUE INDEX orders_number ON orders (number);

-- The words by which orders are found, written by a job after the orders: placing an order does not wait for them.
CREATE TABLE order_term (
    term TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (term, number)
) WITHOUT ROWID;

-- The smallest number of the orders that were placed in each hour, which is where a search by date begins.
CREATE TABLE order_hour (
    hour INTEGER NOT NULL PRIMARY KEY,
    first INTEGER NOT NULL
) WITHOUT ROWID;

-- One row: up to which number orders have their words.
CREATE TABLE order_search (
    upto INTEGER NOT NULL
);
INSERT INTO order_search (upto) VALUES (0);
