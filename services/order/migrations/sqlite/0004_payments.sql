-- A failed payment is not the end of an order, and money goes back beside its status.
ALTER TABLE orders ADD COLUMN provider TEXT NOT NULL DEFAULT '';
-- The payments of an order, where there were several or one failed; nothing while there is the first one alone.
ALTER TABLE orders ADD COLUMN attempts TEXT;
-- What was captured, and what of it goes back or went back.
ALTER TABLE orders ADD COLUMN paid INTEGER NOT NULL DEFAULT 0 CONSTRAINT orders_paid_check CHECK (paid >= 0);
ALTER TABLE orders ADD COLUMN refunded INTEGER NOT NULL DEFAULT 0
    CONSTRAINT orders_refunded_check CHECK (refunded >= 0 AND refunded <= paid);
-- How many rows of order_refund it has.
ALTER TABLE orders ADD COLUMN refunds INTEGER NOT NULL DEFAULT 0;

UPDATE orders SET paid = subtotal + tax
WHERE status IN ('confirmed', 'processing', 'shipped', 'delivered', 'refunded')
    OR status = 'cancelled' AND id IN (SELECT order_id FROM order_history WHERE status = 'confirmed');
UPDATE orders SET refunded = paid WHERE status IN ('cancelled', 'refunded');

CREATE TABLE order_refund (
    order_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    id BLOB NOT NULL,
    amount INTEGER NOT NULL CONSTRAINT order_refund_amount_check CHECK (amount > 0),
    tax INTEGER NOT NULL,
    lines TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    failure TEXT,
    restocked INTEGER NOT NULL,
    idempotency_key TEXT,
    fingerprint BLOB,
    requested_at INTEGER NOT NULL,
    settled_at INTEGER,
    PRIMARY KEY (order_id, number),
    UNIQUE (order_id, idempotency_key)
) WITHOUT ROWID;
CREATE INDEX order_refund_pending ON order_refund (requested_at) WHERE state = 'pending';
