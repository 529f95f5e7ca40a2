-- One payment per order, found by its order. A row without an amount was begun by news of an order (that it was
-- cancelled, say) which overtook the order's placement; the placement fills it in.
CREATE TABLE payment (
    order_id BLOB NOT NULL PRIMARY KEY,
    id BLOB NOT NULL,
    amount INTEGER,
    currency TEXT,
    provider TEXT,
    token TEXT,
    headers TEXT,
    state TEXT NOT NULL,
    -- Where the money should go: 1 be held, 2 be ours, 3 go back. It only ever rises, so news may come in any order.
    goal INTEGER NOT NULL,
    -- Whether a request may have reached the provider whose answer we do not have.
    doubt INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    reference TEXT,
    failure TEXT,
    version INTEGER NOT NULL,
    -- Counts how often a worker took it up; whoever comes back with an older number is too late.
    claim INTEGER NOT NULL,
    claimed_until INTEGER,
    -- When the next step is due; nothing when there is none.
    due_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX payment_due_at ON payment (due_at) WHERE due_at IS NOT NULL;
