-- Facts that wait to be published; they are written in the transaction that made them true.
CREATE TABLE outbox (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL,
    name text NOT NULL,
    aggregate_id uuid NOT NULL,
    aggregate_version bigint NOT NULL,
    headers text NOT NULL,
    body text NOT NULL
);

-- Events that this service has handled; one that comes again is passed over.
CREATE TABLE inbox (
    message_id uuid NOT NULL PRIMARY KEY,
    handled_at timestamptz NOT NULL
);
CREATE INDEX inbox_handled_at ON inbox (handled_at);

-- Events whose handling failed: to be tried again when they are due; without a due time, dead letters.
CREATE TABLE failed_message (
    message_id uuid NOT NULL PRIMARY KEY,
    name text NOT NULL,
    aggregate_id uuid NOT NULL,
    aggregate_version bigint NOT NULL,
    headers text NOT NULL,
    body text NOT NULL,
    attempts bigint NOT NULL,
    error text NOT NULL,
    failed_at timestamptz NOT NULL,
    due_at timestamptz
);
CREATE INDEX failed_message_due_at ON failed_message (due_at);
