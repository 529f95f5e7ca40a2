-- What became of orders that were accepted unseen, where it is not simply the order of that id: the order that the same
-- wish had become before, or why it was refused.
CREATE TABLE intake (
    id uuid NOT NULL PRIMARY KEY,
    order_id uuid,
    refusal text,
    decided_at timestamptz NOT NULL
);
CREATE INDEX intake_decided_at ON intake (decided_at);
