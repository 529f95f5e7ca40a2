-- The test provider's own book: the outside world, which happens to live here. Only `providers/sandbox.rs` reads it.
CREATE TABLE sandbox_charge (
    payment_id BLOB NOT NULL PRIMARY KEY,
    amount INTEGER NOT NULL,
    currency TEXT NOT NULL,
    state TEXT NOT NULL,
    -- How often it was asked to hold this money; it did so once at most.
    asked INTEGER NOT NULL
) WITHOUT ROWID;
