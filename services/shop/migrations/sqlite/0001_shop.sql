-- One row: the values of the merchant and of the sample shop (JSON), and the effective ones that were last published.
CREATE TABLE shop (
    id INTEGER NOT NULL PRIMARY KEY CONSTRAINT shop_id_check CHECK (id = 1),
    version INTEGER NOT NULL,
    merchant TEXT NOT NULL,
    sample TEXT NOT NULL,
    published TEXT NOT NULL
);
INSERT INTO shop (id, version, merchant, sample, published) VALUES (1, 0, '{}', '{}', '{}');
