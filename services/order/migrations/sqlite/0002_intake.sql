-- What became of orders that were accepted unseen, where it is not simply the order of that id: the order that the same
-- wish had become before, or why it was refused.
CREATE TABLE intake (
    id BLOB NOT NULL PRIMARY KEY,
    order_id BLOB,
    refusal TEXT,
    decided_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX intake_decided_at ON intake (decided_at);
