//! Messages that services gave up: seeing them, trying them again, forgetting them.
//!
//! Each service keeps its own and answers for itself. A message may have been given up by several, so a dead letter's id
//! here begins with its service: `order.msg_01h…`.

use std::str::FromStr;

use axum::extract::State;
use bus::dead_letters::{DeadLetter, Drop, List, Replay, Show};
use futures::future::join_all;
use message::{CorrelationId, Example, Fault, Invalid, Limit, ListPage, MessageId, Request, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;
use web::guard;

use crate::{
    Gateway,
    access::Admin,
    answer::{Done, Private},
    operation::{Operation, delete, get, post},
    path::{Name, Path},
    problems::Refusal,
    query::{Nothing, Query},
};

pub(crate) fn operations() -> [Operation; 4] {
    [
        get("list_dead_letters", "/api/v1/dead-letters", list).says(
            "List dead letters",
            "Those of all services, the last to fail first. A service that does not answer is named in `missing`; its \
             letters are not among these.",
        ),
        get("get_dead_letter", "/api/v1/dead-letters/{id}", read)
            .says("Read a dead letter", "With the message itself and why it failed."),
        delete("drop_dead_letter", "/api/v1/dead-letters/{id}", drop)
            .says("Drop a dead letter", "Forgets it for good."),
        post("replay_dead_letter", "/api/v1/dead-letters/{id}/replay", replay).says(
            "Replay a dead letter",
            "Makes it due again, with all its tries before it. Its service handles it within a second; should it fail \
             for good, it is back here.",
        ),
    ]
}

/// A message that a service gave up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "DeadLetter")]
pub struct DeadLetterResource {
    /// Its name here: the service and the message.
    pub id: LetterId,
    /// Which service gave it up.
    pub service: String,
    /// What kind of message it is.
    pub message: String,
    /// The message's id; other services may have given up the same.
    pub message_id: MessageId,
    /// What finds the click or call that it follows from in logs and traces.
    pub correlation_id: CorrelationId,
    /// The message that it directly follows from.
    pub causation_id: Option<MessageId>,
    /// How often it was tried.
    pub attempts: i64,
    /// Why it failed the last time.
    pub reason: String,
    /// When it failed the last time.
    pub failed_at: Timestamp,
    /// The message itself. Of work: what is needed to do it.
    pub body: Value,
    /// Of work: the id of what it is done for, such as a mail's.
    pub subject: Option<String>,
}

/// A page of dead letters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeadLetterList {
    /// The page's dead letters.
    pub data: Vec<DeadLetterResource>,
    /// Where the next page begins; nothing on the last page.
    pub next_cursor: Option<String>,
    /// The services that did not answer.
    pub missing: Vec<String>,
}

/// Which dead letters.
#[derive(Deserialize, JsonSchema)]
struct Slice {
    /// How many.
    #[serde(default)]
    limit: Limit,
    /// Where to continue: the `next_cursor` of the page before.
    cursor: Option<Cursor>,
}

async fn list(
    State(gateway): State<Gateway>,
    _: Admin,
    Query(Slice { limit, cursor }): Query<Slice>,
) -> Result<Private<DeadLetterList>, Refusal> {
    let answers = gateway.0.services.iter().map(|service| {
        let request = List { after: cursor.as_ref().map(|cursor| cursor.within(service)), limit };
        let gateway = &gateway;
        async move { (service, gateway.ask_service(service, &request).await) }
    });
    let (mut letters, mut missing) = (Vec::new(), Vec::new());
    for (service, answer) in join_all(answers).await {
        match answer {
            Ok(page) => letters.extend(page.into_iter().map(|letter| Cursor::of(service, letter))),
            Err(error) => {
                tracing::warn!(service, %error, "dead letters are listed without those of a service");
                missing.push(service.clone());
            }
        }
    }
    letters.sort_by(|(one, _), (other, _)| other.order().cmp(&one.order()));
    let ListPage { data, next_cursor } =
        ListPage::from_overfull(letters, limit, |(cursor, _)| cursor.write());
    let data = data.into_iter().map(|(cursor, letter)| DeadLetterResource::new(cursor.id, letter)).collect();
    Ok(Private::of(&DeadLetterList { data, next_cursor, missing })?)
}

async fn read(
    State(gateway): State<Gateway>,
    _: Admin,
    _: Query<Nothing>,
    Path(id): Path<LetterId>,
) -> Result<Private<DeadLetterResource>, Refusal> {
    let id = gateway.known(id)?;
    let letter = gateway.ask_service(&id.service, &Show { id: id.message }).await?;
    let letter = letter.ok_or_else(LetterId::nothing)?;
    Ok(Private::of(&DeadLetterResource::new(id, letter))?)
}

async fn replay(
    State(gateway): State<Gateway>,
    _: Admin,
    _: Query<Nothing>,
    Path(id): Path<LetterId>,
) -> Result<Done, Refusal> {
    let id = gateway.known(id)?;
    done(gateway.ask_service(&id.service, &Replay { id: id.message }).await?)
}

async fn drop(
    State(gateway): State<Gateway>,
    _: Admin,
    _: Query<Nothing>,
    Path(id): Path<LetterId>,
) -> Result<Done, Refusal> {
    let id = gateway.known(id)?;
    done(gateway.ask_service(&id.service, &Drop { id: id.message }).await?)
}

fn done(was_there: bool) -> Result<Done, Refusal> {
    if was_there { Ok(Done) } else { Err(LetterId::nothing().into()) }
}

/// The id of a dead letter: its service, a dot and its message's id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct LetterId {
    service: String,
    message: MessageId,
}

impl FromStr for LetterId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let (service, message) =
            text.rsplit_once('.').ok_or_else(|| Invalid::new("expected a service and a message"))?;
        Ok(Self { service: service.to_owned(), message: message.parse()? })
    }
}

impl TryFrom<String> for LetterId {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        text.parse()
    }
}

impl From<LetterId> for String {
    fn from(LetterId { service, message }: LetterId) -> Self {
        format!("{service}.{message}")
    }
}

impl Name for LetterId {
    const ABOUT: &'static str = "The dead letter.";
    const NOTHING: &'static str = "There is no such dead letter.";
}

/// A place in the list of all services' dead letters.
#[derive(Deserialize, JsonSchema)]
#[serde(try_from = "String")]
struct Cursor {
    failed_at: Timestamp,
    id: LetterId,
}

impl TryFrom<String> for Cursor {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::read(&text).ok_or_else(|| Invalid::new("expected the next_cursor of the page before"))
    }
}

impl Cursor {
    fn of(service: &str, letter: DeadLetter) -> (Self, DeadLetter) {
        let id = LetterId { service: service.to_owned(), message: letter.id };
        (Self { failed_at: letter.failed_at, id }, letter)
    }

    fn read(text: &str) -> Option<Self> {
        let (failed_at, id) = text.split_once('.')?;
        let failed_at = Timestamp::from_micros(failed_at.parse().ok()?);
        Some(Self { failed_at, id: id.parse().ok()? })
    }

    fn write(&self) -> String {
        format!("{}.{}", self.failed_at.as_micros(), String::from(self.id.clone()))
    }

    /// Those that fail at once stand by their messages, and one message's by its services.
    fn order(&self) -> (Timestamp, MessageId, &str) {
        (self.failed_at, self.id.message, &self.id.service)
    }

    /// The same place in the list of one service: those whose names come later in the order have their letter of the
    /// same message and time still to show.
    fn within(&self, service: &str) -> (Timestamp, MessageId) {
        let message = self.id.message;
        let still = service < self.id.service.as_str();
        let bound = message.uuid().as_u128().saturating_add(u128::from(still));
        (self.failed_at, MessageId::from_uuid(Uuid::from_u128(bound)))
    }
}

impl DeadLetterResource {
    fn new(id: LetterId, letter: DeadLetter) -> Self {
        let DeadLetter {
            id: message_id,
            name,
            correlation,
            causation,
            aggregate: _,
            attempts,
            reason,
            failed_at,
            body,
            subject,
        } = letter;
        Self {
            service: id.service.clone(),
            id,
            message: name,
            message_id,
            correlation_id: correlation,
            causation_id: causation,
            attempts,
            reason,
            failed_at,
            body,
            subject,
        }
    }
}

impl Gateway {
    /// What names no service names no dead letter.
    fn known(&self, id: LetterId) -> Result<LetterId, Refusal> {
        if self.0.services.contains(&id.service) { Ok(id) } else { Err(LetterId::nothing().into()) }
    }

    /// Asks a service what each answers for itself.
    async fn ask_service<R: Request<Error = Fault>>(
        &self,
        service: &str,
        request: &R,
    ) -> Result<R::Reply, Fault> {
        self.0.bus.ask_service(service, guard::headers(self.0.bus.ids()), request).await
    }
}

impl Example for LetterId {
    fn example() -> Self {
        Self { service: "order".to_owned(), message: Example::example() }
    }
}

impl Example for DeadLetterResource {
    fn example() -> Self {
        let id = LetterId::example();
        Self {
            service: id.service.clone(),
            message: "payment.captured".to_owned(),
            message_id: id.message,
            id,
            correlation_id: Example::example(),
            causation_id: None,
            attempts: 5,
            reason: "unavailable: the database does not answer".to_owned(),
            failed_at: Example::example(),
            body: json!({"order_id": order_contract::OrderId::example(), "version": 2}),
            subject: None,
        }
    }
}

impl Example for DeadLetterList {
    fn example() -> Self {
        Self { data: Example::example(), next_cursor: None, missing: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_its_text_and_misses_nobody_who_failed_at_once() {
        let message: MessageId = MessageId::from_uuid(Uuid::from_u128(7));
        let id = LetterId { service: "order".into(), message };
        let cursor = Cursor { failed_at: Timestamp::from_micros(42), id };
        let read = Cursor::read(&cursor.write()).unwrap();
        assert_eq!(read.order(), cursor.order());
        assert_eq!(read.within("order"), (cursor.failed_at, message), "it was shown");
        assert_eq!(read.within("payment"), (cursor.failed_at, message), "it came before");
        let next = MessageId::from_uuid(Uuid::from_u128(8));
        assert_eq!(read.within("notification"), (cursor.failed_at, next), "it is still to come");
        for wrong in ["", "42", "42.order", "x.order.msg_1", "42.order.msg_1"] {
            assert!(Cursor::read(wrong).is_none(), "{wrong}");
        }
    }
}
