-- What the merchant says of the shop: a copy, kept from `shop.changed`. One row; none before the first event.
CREATE TABLE shop (
    id bigint NOT NULL PRIMARY KEY CONSTRAINT shop_id_check CHECK (id = 1),
    version bigint NOT NULL,
    settings text NOT NULL
);
