-- Payments are several per order, numbered from 1. The table has another name, so that a process of the version before
-- cannot take the second payment of an order for the first.
ALTER TABLE payment RENAME TO payment_attempt;
ALTER TABLE payment_attempt ADD COLUMN attempt bigint NOT NULL DEFAULT 1;
ALTER TABLE payment_attempt ALTER COLUMN attempt DROP DEFAULT;
-- In an order's first row: the goal that news of the order set for all of its payments, those to come included; 0
-- without such news.
ALTER TABLE payment_attempt ADD COLUMN order_goal bigint NOT NULL DEFAULT 0;
ALTER TABLE payment_attempt ALTER COLUMN order_goal DROP DEFAULT;
-- What the provider sent back.
ALTER TABLE payment_attempt ADD COLUMN refunded bigint NOT NULL DEFAULT 0
    CONSTRAINT payment_attempt_refunded_check CHECK (refunded >= 0 AND refunded <= amount);
ALTER TABLE payment_attempt ALTER COLUMN refunded DROP DEFAULT;
ALTER TABLE payment_attempt DROP CONSTRAINT payment_pkey;
ALTER TABLE payment_attempt ADD PRIMARY KEY (order_id, attempt);
UPDATE payment_attempt SET order_goal = goal WHERE failure IS NULL;
UPDATE payment_attempt SET refunded = amount WHERE state = 'refunded' AND amount IS NOT NULL;

-- Work is done for a payment now, not for an order.
UPDATE work SET payload = '{"order":"' || subject_id::text || '","attempt":1}', subject_prefix = 'payment',
    subject_id = payment_attempt.id
FROM payment_attempt WHERE work.kind = 'payment' AND payment_attempt.order_id = work.subject_id;

-- Refunds that the order asked for, in that order.
CREATE TABLE refund (
    order_id uuid NOT NULL,
    attempt bigint NOT NULL,
    number bigint NOT NULL,
    id uuid NOT NULL UNIQUE,
    amount bigint NOT NULL,
    -- pending, refunded or failed.
    state text NOT NULL,
    -- Whether it came after all that was left began to go back, so that it is a part of that.
    is_late boolean NOT NULL,
    failure text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (order_id, attempt, number)
);

-- The refunds in the test provider's own book.
CREATE TABLE sandbox_refund (
    payment_id uuid NOT NULL,
    key uuid NOT NULL,
    amount bigint NOT NULL,
    PRIMARY KEY (payment_id, key)
);
