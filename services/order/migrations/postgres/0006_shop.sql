-- What placing an order must know of the shop: this service's own copy, kept from `shop.changed`. One row; version 0 before the
-- first event. The countries are two letters each, between blanks; empty: all countries.
CREATE TABLE shop (
    id bigint NOT NULL PRIMARY KEY CONSTRAINT shop_id_check CHECK (id = 1),
    version bigint NOT NULL,
    countries text NOT NULL,
    low_stock_threshold bigint NOT NULL
);
INSERT INTO shop (id, version, countries, low_stock_threshold) VALUES (1, 0, '', 5);
