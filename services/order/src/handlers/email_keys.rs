//! Orders from before their e-mail addresses were noted in the form in which addresses are compared.

use bus::{Cx, Progress};
use message::Fault;

use crate::{State, queries::email_keys};

/// How many orders get theirs in one transaction.
const BATCH: i64 = 500;

/// Notes the form of those that have none: international addresses of before, and what a process of the version before
/// still writes.
pub(crate) async fn fill(cx: Cx<State>) -> Result<Progress, Fault> {
    let filled = email_keys::fill(cx.db(), BATCH).await?;
    Ok(if filled > 0 { Progress::More } else { Progress::Done })
}
