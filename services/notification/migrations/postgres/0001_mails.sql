-- One mail per order, whatever is delivered twice. It keeps the order as it was, so that it always reads the same.
CREATE TABLE mail (
    id uuid NOT NULL PRIMARY KEY,
    order_id uuid NOT NULL UNIQUE,
    recipient text NOT NULL,
    subject text NOT NULL,
    order_json text NOT NULL,
    state text NOT NULL,
    -- How often it was taken up; whoever comes back with an older number is too late.
    attempts bigint NOT NULL,
    error text,
    claimed_until timestamptz,
    -- When the next try is due; nothing when there is none.
    due_at timestamptz,
    created_at timestamptz NOT NULL,
    sent_at timestamptz
);
CREATE INDEX mail_due_at ON mail (due_at) WHERE due_at IS NOT NULL;
