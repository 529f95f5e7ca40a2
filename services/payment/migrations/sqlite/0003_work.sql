-- What is still to be done for payments waits in the kernel's table of work. The columns go with it, so that a process of
-- the version before cannot do it a second time.
INSERT INTO work (kind, subject_id, subject_prefix, id, payload, headers, wanted, attempts, unanswered, claim,
    claimed_until, due_at, created_at)
SELECT 'payment', order_id, 'order', id, '{}', headers, 0, tries, CASE WHEN claimed_until IS NULL THEN 0 ELSE 1 END, claim,
    claimed_until, due_at, created_at
FROM payment WHERE due_at IS NOT NULL AND amount IS NOT NULL;

DROP INDEX payment_due_at;
ALTER TABLE payment DROP COLUMN headers;
ALTER TABLE payment DROP COLUMN claim;
ALTER TABLE payment DROP COLUMN claimed_until;
ALTER TABLE payment DROP COLUMN due_at;
