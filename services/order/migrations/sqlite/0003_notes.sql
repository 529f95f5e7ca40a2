-- What buyers write, where orders come from, and what other systems attach to them. An order from before has none.
ALTER TABLE orders ADD COLUMN note TEXT;
ALTER TABLE orders ADD COLUMN source TEXT;
ALTER TABLE orders ADD COLUMN locale TEXT;
ALTER TABLE orders ADD COLUMN metadata TEXT;
ALTER TABLE order_line ADD COLUMN metadata TEXT;

-- The address in the form by which addresses are compared: small letters, the domain in punycode. Here that of plain ASCII;
-- the service fills in the others, and those of processes of the version before, which know no such column.
ALTER TABLE orders ADD COLUMN email_key TEXT;
UPDATE orders SET email_key = lower(email) WHERE email NOT GLOB '*[^ -~]*';
CREATE INDEX orders_without_email_key ON orders (id) WHERE email_key IS NULL;
