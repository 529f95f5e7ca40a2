-- Several mails for one order: one of each kind, and of some kinds one for each part (a payment, a refund). What is about
-- more than the order stands in details.
ALTER TABLE mail ADD COLUMN kind text NOT NULL DEFAULT 'order_confirmed';
ALTER TABLE mail ADD COLUMN part text NOT NULL DEFAULT '';
ALTER TABLE mail ADD COLUMN details text;
ALTER TABLE mail DROP CONSTRAINT mail_order_id_key;
CREATE UNIQUE INDEX mail_of_order ON mail (order_id, kind, part);
