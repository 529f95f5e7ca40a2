-- What placing an order must know of the shop: this service's own copy, kept from `shop.changed`. One row; version 0 before the
-- first event. The countries are two letters each, between blanks; empty: all countries.
CREATE TABLE shop (
    id INTEGER NOT NULL PRIMARY KEY CONSTRAINT shop_id_check CHECK (id = 1),
    version INTEGER NOT NULL,
    countries TEXT NOT NULL,
    low_stock_threshold INTEGER NOT NULL
);
INSERT INTO shop (id, version, countries, low_stock_threshold) VALUES (1, 0, '', 5);
