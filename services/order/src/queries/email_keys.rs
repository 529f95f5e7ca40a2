//! The form in which e-mail addresses are compared, see [`Email::canonical`].

use message::{Email, Fault};
use order_contract::OrderId;
use store::{Columns, Db, columns, query};

const UNFILLED: Columns<(OrderId, Email)> = columns!(|id, email| (id, email));

/// Fills it in for at most `limit` orders that have none; returns how many there were.
pub(crate) async fn fill(db: &Db, limit: i64) -> Result<u64, Fault> {
    let unfilled = UNFILLED
        .query("SELECT columns() FROM orders WHERE email_key IS NULL ORDER BY id LIMIT $1")
        .bind(limit)
        .fetch_all(db)
        .await?;
    if unfilled.is_empty() {
        return Ok(0);
    }
    let mut tx = db.begin().await?;
    let filled = query(
        "UPDATE orders SET email_key = r.email_key FROM rows(id uuid, email_key text) AS r WHERE orders.id = r.id",
    )
    .rows(unfilled.iter().map(|(id, email)| (*id, email.canonical())))
    .execute(&mut tx)
    .await?;
    tx.commit().await?;
    Ok(filled)
}
