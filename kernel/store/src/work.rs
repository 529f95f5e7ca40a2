//! Work that waits to be done outside of any transaction, in the database of the service that wants it.
//!
//! The transaction that wants work calls [`Tx::want`]. A worker [claims](claim) what is due, which others respect until the
//! claim ends, and [settles](settle) it in the transaction that writes what came of it. `bus::Router::work` does all of this;
//! services only want work and do it.

use std::collections::HashMap;

use message::{Entity, Fault, Headers, Id, MessageId, Timestamp};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::{Db, Dialect, Row, Tx, outbox::headers_or_own, query};

/// A kind of work, and what must be known to do it besides its subject.
pub trait Work: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Its name in the database, in metrics and in the list of what was given up: `mail`. It never changes once released.
    const KIND: &'static str;
    /// What it is done for. Work of one kind for one subject is wanted or not: wanting it twice is wanting it once.
    type Subject: Entity;
}

/// Work that a transaction wants; written when it is committed.
#[derive(Debug)]
pub(crate) struct NewWork {
    kind: &'static str,
    subject: Uuid,
    prefix: &'static str,
    payload: String,
    headers: Headers,
}

impl NewWork {
    pub(crate) fn new<W: Work>(subject: Id<W::Subject>, work: &W, headers: Headers) -> Result<Self, Fault> {
        let payload = serde_json::to_string(work).map_err(Fault::internal)?;
        Ok(Self { kind: W::KIND, subject: subject.uuid(), prefix: W::Subject::PREFIX, payload, headers })
    }
}

/// Writes wanted work, due at once. What waits already is due at once too; what was given up begins anew.
pub(crate) async fn append(tx: &mut Tx, wanted: Vec<NewWork>) -> Result<(), Fault> {
    let ids = tx.db().ids().clone();
    let latest: HashMap<_, _> = wanted.into_iter().map(|work| ((work.kind, work.subject), work)).collect();
    let mut rows = Vec::with_capacity(latest.len());
    for NewWork { kind, subject, prefix, payload, headers } in latest.into_values() {
        let headers = serde_json::to_string(&headers).map_err(Fault::internal)?;
        rows.push((kind, subject, prefix, ids.id::<()>(), payload, headers));
    }
    // Everybody locks in this order.
    rows.sort_by_key(|row| (row.0, row.1));
    query(
        "INSERT INTO work (kind, subject_id, subject_prefix, id, payload, headers, wanted, attempts, unanswered, claim,
             due_at, created_at)
         SELECT r.kind, r.subject_id, r.subject_prefix, r.id, r.payload, r.headers, 0, 0, 0, 0, $1, $1
         FROM rows(kind text, subject_id uuid, subject_prefix text, id uuid, payload text, headers text) AS r
         WHERE true ON CONFLICT (kind, subject_id) DO UPDATE SET
             payload = excluded.payload, wanted = work.wanted + 1, due_at = excluded.due_at,
             attempts = CASE WHEN work.due_at IS NULL THEN 0 ELSE work.attempts END,
             unanswered = CASE WHEN work.due_at IS NULL AND work.unanswered > 1 THEN 1 ELSE work.unanswered END",
    )
    .bind(ids.clock().now())
    .rows(rows)
    .execute(tx)
    .await
    .map(drop)
}

/// Work that a worker has taken: nobody else does it before the claim ends.
#[derive(Debug, Clone)]
pub struct Claim {
    /// What it is done for.
    pub subject: Uuid,
    /// What the subject's id begins with.
    pub prefix: String,
    /// The row's id; as a dead letter it is known by it.
    pub id: MessageId,
    /// What [`Work`] was, as JSON.
    pub payload: String,
    /// Where it belongs; by itself, if that cannot be read.
    pub headers: Headers,
    /// Why its headers cannot be read.
    pub damage: Option<String>,
    /// How often it was tried, this time included.
    pub attempts: i64,
    /// 0 if all that was asked was answered. 1 if a try before this one panicked, took too long or ended its process, so that
    /// the outside may have been asked; one more with each process that ended since.
    pub unanswered: i64,
    /// When somebody else may claim it.
    pub until: Timestamp,
    number: i64,
    wanted: i64,
}

/// Whether work of this kind is due that nobody has claimed.
pub async fn is_due(db: &Db, kind: &str, now: Timestamp) -> Result<bool, Fault> {
    let found = query(
        "SELECT subject_id FROM work WHERE kind = $1 AND due_at <= $2 AND (claimed_until IS NULL OR claimed_until <= $2)
         LIMIT 1",
    )
    .bind(kind)
    .bind(now)
    .fetch_optional(db, |row| row.get::<Uuid>("subject_id"))
    .await?;
    Ok(found.is_some())
}

/// How much is claimed at a time.
#[derive(Debug, Clone, Copy)]
pub struct ClaimLimits {
    /// So much at most.
    pub batch: i64,
    /// What is unanswered more often may end its process: it is claimed alone, and only when nothing else runs.
    pub patience: i64,
    /// Whether something else runs.
    pub is_busy: bool,
}

/// What was claimed.
#[derive(Debug, Default)]
pub struct Claims {
    /// The claims, first due, first served.
    pub claims: Vec<Claim>,
    /// Whether more may be due.
    pub has_more: bool,
}

/// Claims work that is due. Each counts as tried from here on, whatever becomes of this process.
pub async fn claim(
    db: &Db,
    kind: &str,
    now: Timestamp,
    until: Timestamp,
    limits: ClaimLimits,
) -> Result<Claims, Fault> {
    let mut tx = db.begin().await?;
    let mut claims = query(
        "SELECT subject_id, subject_prefix, id, payload, headers, wanted, attempts, unanswered, claim FROM work
         WHERE kind = $1 AND due_at <= $2 AND (claimed_until IS NULL OR claimed_until <= $2)
         ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED",
    )
    .bind(kind)
    .bind(now)
    .bind(limits.batch)
    .fetch_all(&mut tx, |row| claim_of(row, until))
    .await?;
    let found = claims.len();
    let is_suspect = |claim: &Claim| claim.unanswered > limits.patience;
    claims.truncate(match claims.iter().position(is_suspect) {
        Some(0) => usize::from(!limits.is_busy),
        Some(at) => at,
        None => found,
    });
    if claims.is_empty() {
        tx.rollback().await?;
        return Ok(Claims::default());
    }
    query(
        "UPDATE work SET claim = claim + 1, attempts = attempts + 1, unanswered = unanswered + 1, claimed_until = $2
         WHERE kind = $1 AND subject_id IN (SELECT r.subject_id FROM rows(subject_id uuid) AS r)",
    )
    .bind(kind)
    .bind(until)
    .rows(claims.iter().map(|work| (work.subject,)))
    .execute(&mut tx)
    .await?;
    tx.commit().await?;
    let has_more = claims.len() < found || i64::try_from(found).is_ok_and(|found| found >= limits.batch);
    Ok(Claims { claims, has_more })
}

fn claim_of(row: &Row, until: Timestamp) -> Result<Claim, Fault> {
    let id: MessageId = row.get("id")?;
    // The others of a batch must not wait for one that somebody damaged.
    let (headers, fault) = headers_or_own(row, id);
    Ok(Claim {
        subject: row.get("subject_id")?,
        prefix: row.get("subject_prefix")?,
        id,
        payload: row.get("payload")?,
        headers,
        damage: fault.map(|fault| fault.to_string()),
        attempts: row.get::<i64>("attempts")? + 1,
        unanswered: row.get("unanswered")?,
        until,
        number: row.get::<i64>("claim")? + 1,
        wanted: row.get("wanted")?,
    })
}

/// Ends the claims of a process before this one. A SQLite file belongs to one process, so nobody else can have them; on
/// PostgreSQL another may, and its claims end by themselves.
pub async fn end_claims_of_predecessor(db: &Db, kind: &str) -> Result<(), Fault> {
    if db.dialect() != Dialect::Sqlite {
        return Ok(());
    }
    let mut tx = db.begin().await?;
    query("UPDATE work SET claimed_until = NULL WHERE kind = $1 AND claimed_until IS NOT NULL")
        .bind(kind)
        .execute(&mut tx)
        .await?;
    tx.commit().await
}

/// What the outside may have seen of a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trace {
    /// Nothing that is not written down: it answered whatever it was asked.
    Answered,
    /// Nobody knows.
    Unknown,
    /// Nothing: it was not asked, and what it saw of tries before is as it was.
    Unasked,
}

/// What becomes of claimed work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// It is done: its row goes.
    Done,
    /// It is tried again.
    Retry {
        /// When.
        due_at: Timestamp,
        /// Why.
        reason: String,
        /// What the outside may have seen.
        trace: Trace,
    },
    /// It is a dead letter.
    GivenUp {
        /// Why.
        reason: String,
        /// As for a retry.
        trace: Trace,
    },
    /// It was never begun: it is as it was before the claim.
    Untried,
}

/// What was written of a settlement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    /// Nothing: the claim had ended.
    Late,
    /// What it says.
    Written,
    /// That it is due now, for it was wanted again meanwhile.
    WantedAgain,
}

/// Writes what becomes of claimed work and returns, in their order, what was written. The last thing that a transaction does before its commit, after all rows of the service's own.
pub async fn settle(
    tx: &mut Tx,
    kind: &str,
    settlements: &[(&Claim, &Settlement)],
    now: Timestamp,
) -> Result<Vec<Receipt>, Fault> {
    let held: HashMap<(MessageId, i64), i64> = query(
        "SELECT id, claim, wanted FROM work
         WHERE kind = $1 AND subject_id IN (SELECT r.subject_id FROM rows(subject_id uuid) AS r)
         ORDER BY subject_id FOR UPDATE",
    )
    .bind(kind)
    .rows(settlements.iter().map(|(work, _)| (work.subject,)))
    .fetch_all(&mut *tx, |row| Ok(((row.get("id")?, row.get("claim")?), row.get("wanted")?)))
    .await?
    .into_iter()
    .collect();
    let (mut done, mut changed, mut receipts) =
        (Vec::new(), Vec::new(), Vec::with_capacity(settlements.len()));
    for (work, settlement) in settlements {
        let receipt = match held.get(&(work.id, work.number)) {
            None => Receipt::Late,
            Some(wanted) if *wanted == work.wanted => Receipt::Written,
            Some(_) => Receipt::WantedAgain,
        };
        match (receipt, settlement) {
            (Receipt::Late, _) => {}
            (Receipt::Written, Settlement::Done) => done.push(work.subject),
            _ => changed.push(after(work, settlement, receipt == Receipt::WantedAgain, now)),
        }
        receipts.push(receipt);
    }
    if !done.is_empty() {
        query("DELETE FROM work WHERE kind = $1 AND subject_id IN (SELECT r.subject_id FROM rows(subject_id uuid) AS r)")
            .bind(kind)
            .rows(done.into_iter().map(|subject| (subject,)))
            .execute(tx)
            .await?;
    }
    if !changed.is_empty() {
        query(
            // The kind is a column of the rows: a constant would make SQLite read all work of the kind first.
            "UPDATE work SET attempts = r.attempts, unanswered = r.unanswered, due_at = r.due_at,
                 error = COALESCE(r.error, work.error), failed_at = COALESCE(r.failed_at, work.failed_at),
                 claimed_until = NULL
             FROM rows(kind text, subject_id uuid, attempts int, unanswered int, due_at time, error text,
                 failed_at time) AS r
             WHERE work.kind = r.kind AND work.subject_id = r.subject_id",
        )
        .rows(changed.into_iter().map(|(subject, attempts, unanswered, due_at, error, failed_at)| {
            (kind, subject, attempts, unanswered, due_at, error, failed_at)
        }))
        .execute(tx)
        .await?;
    }
    Ok(receipts)
}

type ChangedRow<'a> = (Uuid, i64, i64, Option<Timestamp>, Option<&'a str>, Option<Timestamp>);

/// What a row that stays becomes: its subject, attempts, tries without an answer, due time, error, and time of failure.
fn after<'a>(work: &Claim, settlement: &'a Settlement, wanted_again: bool, now: Timestamp) -> ChangedRow<'a> {
    let unanswered = |trace: Trace| match trace {
        Trace::Answered => 0,
        // Its process lived to tell: this does not add to those that ended.
        Trace::Unknown => 1,
        Trace::Unasked => work.unanswered,
    };
    match settlement {
        Settlement::Done => (work.subject, 0, 0, Some(now), None, None),
        Settlement::Retry { due_at, reason, trace } => {
            let due_at = if wanted_again { now } else { *due_at };
            (work.subject, work.attempts, unanswered(*trace), Some(due_at), Some(reason), Some(now))
        }
        Settlement::GivenUp { reason, trace } => {
            let unanswered = unanswered(*trace);
            // It begins anew, but what the outside may have seen is not forgotten.
            let (attempts, unanswered, due_at) = if wanted_again {
                (0, unanswered.min(1), Some(now))
            } else {
                (work.attempts, unanswered, None)
            };
            (work.subject, attempts, unanswered, due_at, Some(reason), Some(now))
        }
        Settlement::Untried => (work.subject, work.attempts - 1, work.unanswered, Some(now), None, None),
    }
}
