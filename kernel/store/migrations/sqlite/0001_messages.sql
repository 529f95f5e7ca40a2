-- Facts that wait to be published; they are written in the transaction that made them true.
CREATE TABLE outbox (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL,
    name TEXT NOT NULL,
    aggregate_id BLOB NOT NULL,
    aggregate_version INTEGER NOT NULL,
    headers TEXT NOT NULL,
    body TEXT NOT NULL
);

-- Events that this service has handled; one that comes again is passed over.
CREATE TABLE inbox (
    message_id BLOB NOT NULL PRIMARY KEY,
    handled_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX inbox_handled_at ON inbox (handled_at);

-- Events whose handling failed: to be tried again when they are due; without a due time, dead letters.
CREATE TABLE failed_message (
    message_id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    aggregate_id BLOB NOT NULL,
    aggregate_version INTEGER NOT NULL,
    headers TEXT NOT NULL,
    body TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    error TEXT NOT NULL,
    failed_at INTEGER NOT NULL,
    due_at INTEGER
) WITHOUT ROWID;
CREATE INDEX failed_message_due_at ON failed_message (due_at);
