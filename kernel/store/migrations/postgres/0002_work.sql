-- Work that talks to the outside: written in the transaction that wants it, deleted in the one that has done it.
CREATE TABLE work (
    -- What is to be done, in the service's own words: 'mail'.
    kind text NOT NULL,
    -- What it is done for; it has one row of a kind at a time.
    subject_id uuid NOT NULL,
    -- What the subject's id begins with where people read it: 'order'.
    subject_prefix text NOT NULL,
    -- New with every row, so that nobody takes a row for an earlier one.
    id uuid NOT NULL,
    payload text NOT NULL,
    headers text NOT NULL,
    -- Grows when it is wanted again; what is wanted again while it is done is done once more.
    wanted bigint NOT NULL,
    -- How often it was claimed since it was first wanted or last replayed.
    attempts bigint NOT NULL,
    -- How many of the last claims ended without an answer: the process died, the time ran out, the code panicked.
    unanswered bigint NOT NULL,
    -- Grows with every claim; a claim with an older number is refused.
    claim bigint NOT NULL,
    claimed_until timestamptz,
    -- When it is done or tried again; a row without it was given up.
    due_at timestamptz,
    error text,
    failed_at timestamptz,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (kind, subject_id)
);
CREATE INDEX work_due_at ON work (kind, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX work_given_up ON work (failed_at, id) WHERE due_at IS NULL;
