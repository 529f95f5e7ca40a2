-- The product that a variant belongs to: one that its product does not have any more is no longer for sale. Null in rows
-- from before; a job fills these in.
ALTER TABLE sellable ADD COLUMN product_id uuid;
CREATE INDEX sellable_product_id ON sellable (product_id);
CREATE INDEX sellable_sku ON sellable (sku);

-- What a count found, where the adjustment was a count; and what could be sold at the location after the adjustment. Null
-- in rows from before.
ALTER TABLE stock_adjustment ADD COLUMN counted bigint;
ALTER TABLE stock_adjustment ADD COLUMN level bigint;
CREATE INDEX stock_adjustment_variant_id ON stock_adjustment (variant_id, adjusted_at, key);

CREATE UNIQUE INDEX orders_number ON orders (number);

-- The words by which orders are found, written by a job after the orders: placing an order does not wait for them.
CREATE TABLE order_term (
    term text COLLATE "C" NOT NULL,
    number bigint NOT NULL,
    PRIMARY KEY (term, number)
);

-- The smallest number of the orders that were placed in each hour, which is where a search by date begins.
CREATE TABLE order_hour (
    hour timestamptz NOT NULL PRIMARY KEY,
    first bigint NOT NULL
);

-- One row: up to which number orders have their words.
CREATE TABLE order_search (
    upto bigint NOT NULL
);
INSERT INTO order_search (upto) VALUES (0);
