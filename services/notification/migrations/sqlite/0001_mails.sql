-- One mail per order, whatever is delivered twice. It keeps the order as it was, so that it always reads the same.
CREATE TABLE mail (
    id BLOB NOT NULL PRIMARY KEY,
    order_id BLOB NOT NULL UNIQUE,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    order_json TEXT NOT NULL,
    state TEXT NOT NULL,
    -- How often it was taken up; whoever comes back with an older number is too late.
    attempts INTEGER NOT NULL,
    error TEXT,
    claimed_until INTEGER,
    -- When the next try is due; nothing when there is none.
    due_at INTEGER,
    created_at INTEGER NOT NULL,
    sent_at INTEGER
) WITHOUT ROWID;
CREATE INDEX mail_due_at ON mail (due_at) WHERE due_at IS NOT NULL;
