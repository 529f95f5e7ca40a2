//! What every service with a database answers about the messages and the work that it gave up, under its own name:
//! `order.dead_letters.list`. Ask it by [`Bus::ask_service`](crate::Bus::ask_service).

use std::sync::Arc;

use message::{
    Aggregate, CorrelationId, Envelope, Fault, Limit, Message, MessageId, Request, Timestamp, from_json,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::dead_letters::{self, StoredDeadLetter};

use crate::{Cx, parts::Parts, router::answerer};

/// A message, or a piece of work, that a service gave up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// The message's id; other services may have given up the same.
    pub id: MessageId,
    /// What kind of message it is, `order.placed`, or of work, `mail`.
    pub name: String,
    /// The click or call that it follows from; it finds the log lines and the trace.
    pub correlation: CorrelationId,
    /// The message that it directly follows from.
    pub causation: Option<MessageId>,
    /// What it is about.
    pub aggregate: Option<Aggregate>,
    /// How often it was tried.
    pub attempts: i64,
    /// Why it failed the last time.
    pub reason: String,
    /// When it failed the last time.
    pub failed_at: Timestamp,
    /// The message itself. Of work: what is needed to do it.
    pub body: Value,
    /// Of work: the id of what it is done for.
    #[serde(default)]
    pub subject: Option<String>,
}

impl From<StoredDeadLetter> for DeadLetter {
    fn from(letter: StoredDeadLetter) -> Self {
        let StoredDeadLetter { envelope, subject, attempts, error, failed_at } = letter;
        let Envelope { id, name, headers, aggregate, body } = envelope;
        // That it cannot be read may be why it is here.
        let body: Value = from_json(&body).unwrap_or_else(|_| String::from_utf8_lossy(&body).into());
        Self {
            id,
            name: name.into_owned(),
            correlation: headers.correlation,
            causation: headers.causation,
            aggregate,
            attempts,
            reason: error,
            failed_at,
            body,
            subject,
        }
    }
}

/// Lists dead letters, the last to fail first.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct List {
    /// Only those that come after this one: when it failed, and its id.
    pub after: Option<(Timestamp, MessageId)>,
    /// How many; one more is answered when there is a next page.
    pub limit: Limit,
}

/// Shows a dead letter.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Show {
    /// The id in the list; that of the message, or of the work.
    pub id: MessageId,
}

/// Makes a dead letter due again, with all its tries before it, or work that waits for its next try; answers whether there was
/// one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Replay {
    /// The id in the list; that of the message, or of the work.
    pub id: MessageId,
}

/// Forgets a dead letter for good; answers whether there was one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Drop {
    /// The id in the list; that of the message, or of the work.
    pub id: MessageId,
}

macro_rules! requests {
    ($($request:ident = $name:literal -> $reply:ty;)*) => {
        /// The names of these requests, without that of the service.
        const NAMES: &[&str] = &[$($name),*];

        $(
            impl Message for $request {
                const NAME: &'static str = $name;
            }

            impl Request for $request {
                type Reply = $reply;
                type Error = Fault;
            }
        )*
    };
}

requests! {
    List = "dead_letters.list" -> Vec<DeadLetter>;
    Show = "dead_letters.show" -> Option<DeadLetter>;
    Replay = "dead_letters.replay" -> bool;
    Drop = "dead_letters.drop" -> bool;
}

/// What `service` answers besides its own requests if it has a database: `order.dead_letters.list` and so on.
pub fn names(service: &str) -> impl Iterator<Item = String> {
    NAMES.iter().map(move |name| format!("{service}.{name}"))
}

/// Lets a service with a database answer about its dead letters.
pub(crate) fn answer(parts: &mut Parts) {
    let mut answer = |name, answerer| parts.answer(format!("{}.{name}", parts.name).into(), answerer);
    let state = Arc::new(());
    answer(List::NAME, answerer(&state, list));
    answer(Show::NAME, answerer(&state, show));
    answer(Replay::NAME, answerer(&state, replay));
    answer(Drop::NAME, answerer(&state, drop));
}

async fn list(cx: Cx<()>, List { after, limit }: List) -> Result<Vec<DeadLetter>, Fault> {
    let letters = dead_letters::page(cx.db(), after, limit.overfull()).await?;
    Ok(letters.into_iter().map(DeadLetter::from).collect())
}

async fn show(cx: Cx<()>, Show { id }: Show) -> Result<Option<DeadLetter>, Fault> {
    Ok(dead_letters::get(cx.db(), id).await?.map(DeadLetter::from))
}

async fn replay(cx: Cx<()>, Replay { id }: Replay) -> Result<bool, Fault> {
    dead_letters::replay(cx.db(), id, cx.now()).await
}

async fn drop(cx: Cx<()>, Drop { id }: Drop) -> Result<bool, Fault> {
    dead_letters::drop(cx.db(), id).await
}
