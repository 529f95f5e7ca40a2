-- One payment per order, found by its order. A row without an amount was begun by news of an order (that it was
-- cancelled, say) which overtook the order's placement; the placement fills it in.
CREATE TABLE payment (
    order_id uuid NOT NULL PRIMARY KEY,
    id uuid NOT NULL,
    amount bigint,
    currency text,
    provider text,
    token text,
    headers text,
    state text NOT NULL,
    -- Where the money should go: 1 be held, 2 be ours, 3 go back. It only ever rises, so news may come in any order.
    goal bigint NOT NULL,
    -- Whether a request may have reached the provider whose answer we do not have.
    doubt boolean NOT NULL,
    tries bigint NOT NULL,
    reference text,
    failure text,
    version bigint NOT NULL,
    -- Counts how often a worker took it up; whoever comes back with an older number is too late.
    claim bigint NOT NULL,
    claimed_until timestamptz,
    -- When the next step is due; nothing when there is none.
    due_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX payment_due_at ON payment (due_at) WHERE due_at IS NOT NULL;
