-- The test provider's own book: the outside world, which happens to live here. Only `providers/sandbox.rs` reads it.
CREATE TABLE sandbox_charge (
    payment_id uuid NOT NULL PRIMARY KEY,
    amount bigint NOT NULL,
    currency text NOT NULL,
    state text NOT NULL,
    -- How often it was asked to hold this money; it did so once at most.
    asked bigint NOT NULL
);
