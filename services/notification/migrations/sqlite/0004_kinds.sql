-- Several mails for one order: one of each kind, and of some kinds one for each part (a payment, a refund). A table cannot
-- lose its UNIQUE here, so it is made anew. What is about more than the order stands in details.
CREATE TABLE mail_with_kinds (
    id BLOB NOT NULL PRIMARY KEY,
    order_id BLOB NOT NULL,
    kind TEXT NOT NULL DEFAULT 'order_confirmed',
    part TEXT NOT NULL DEFAULT '',
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    order_json TEXT NOT NULL,
    details TEXT,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    error TEXT,
    created_at INTEGER NOT NULL,
    sent_at INTEGER
) WITHOUT ROWID;
INSERT INTO mail_with_kinds (id, order_id, recipient, subject, order_json, state, attempts, error, created_at, sent_at)
SELECT id, order_id, recipient, subject, order_json, state, attempts, error, created_at, sent_at FROM mail;
DROP TABLE mail;
ALTER TABLE mail_with_kinds RENAME TO mail;
CREATE UNIQUE INDEX mail_of_order ON mail (order_id, kind, part);
