-- One row: the values of the merchant and of the sample shop (JSON), and the effective ones that were last published.
CREATE TABLE shop (
    id bigint NOT NULL PRIMARY KEY CONSTRAINT shop_id_check CHECK (id = 1),
    version bigint NOT NULL,
    merchant text NOT NULL,
    sample text NOT NULL,
    published text NOT NULL
);
INSERT INTO shop (id, version, merchant, sample, published) VALUES (1, 0, '{}', '{}', '{}');
