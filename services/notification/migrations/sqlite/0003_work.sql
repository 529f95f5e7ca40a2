-- What is still to be sent waits in the kernel's table of work. The columns go with it, so that a process of the version
-- before cannot send it a second time. Mails from before 0002 belong to nothing that is known.
INSERT INTO work (kind, subject_id, subject_prefix, id, payload, headers, wanted, attempts, unanswered, claim,
    claimed_until, due_at, error, created_at)
SELECT 'mail', id, 'mail', id, '{}', COALESCE(headers, '{"correlation":"req_00000000000000000000000000"}'), 0, attempts,
    CASE WHEN claimed_until IS NULL THEN 0 ELSE 1 END, 0, claimed_until, due_at, error, created_at
FROM mail WHERE due_at IS NOT NULL;

DROP INDEX mail_due_at;
ALTER TABLE mail DROP COLUMN headers;
ALTER TABLE mail DROP COLUMN claimed_until;
ALTER TABLE mail DROP COLUMN due_at;
