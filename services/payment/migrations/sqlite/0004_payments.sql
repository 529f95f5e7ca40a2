-- Payments are several per order, numbered from 1. The table has another name, so that a process of the version before
-- cannot take the second payment of an order for the first.
CREATE TABLE payment_attempt (
    order_id BLOB NOT NULL,
    attempt INTEGER NOT NULL,
    id BLOB NOT NULL,
    -- Nothing in a first row that was begun by news of an order which overtook the order's placement.
    amount INTEGER,
    currency TEXT,
    provider TEXT,
    token TEXT,
    state TEXT NOT NULL,
    -- Where the money should go: 1 be held, 2 be ours, 3 go back. It only ever rises, so news may come in any order.
    goal INTEGER NOT NULL,
    -- In an order's first row: the goal that news of the order set for all of its payments, those to come included; 0
    -- without such news.
    order_goal INTEGER NOT NULL,
    doubt INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    reference TEXT,
    failure TEXT,
    -- What the provider sent back.
    refunded INTEGER NOT NULL CONSTRAINT payment_attempt_refunded_check CHECK (refunded >= 0 AND refunded <= amount),
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (order_id, attempt)
) WITHOUT ROWID;
INSERT INTO payment_attempt (order_id, attempt, id, amount, currency, provider, token, state, goal, order_goal, doubt,
    tries, reference, failure, refunded, version, created_at, updated_at)
SELECT order_id, 1, id, amount, currency, provider, token, state, goal, CASE WHEN failure IS NULL THEN goal ELSE 0 END,
    doubt, tries, reference, failure, CASE WHEN state = 'refunded' THEN COALESCE(amount, 0) ELSE 0 END, version,
    created_at, updated_at
FROM payment;

-- Work is done for a payment now, not for an order.
UPDATE work SET payload = '{"order":"' || lower(hex(subject_id)) || '","attempt":1}', subject_prefix = 'payment',
    subject_id = (SELECT id FROM payment_attempt WHERE order_id = work.subject_id)
WHERE kind = 'payment' AND subject_id IN (SELECT order_id FROM payment_attempt);
DROP TABLE payment;

-- Refunds that the order asked for, in that order.
CREATE TABLE refund (
    order_id BLOB NOT NULL,
    attempt INTEGER NOT NULL,
    number INTEGER NOT NULL,
    id BLOB NOT NULL UNIQUE,
    amount INTEGER NOT NULL,
    -- pending, refunded or failed.
    state TEXT NOT NULL,
    -- Whether it came after all that was left began to go back, so that it is a part of that.
    is_late INTEGER NOT NULL,
    failure TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (order_id, attempt, number)
) WITHOUT ROWID;

-- The refunds in the test provider's own book.
CREATE TABLE sandbox_refund (
    payment_id BLOB NOT NULL,
    key BLOB NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (payment_id, key)
) WITHOUT ROWID;
