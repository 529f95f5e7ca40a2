//! Messages that services gave up: seeing them, trying them again, forgetting them.
//!
//! Each service keeps its own and answers for itself. A message may have been given up by several, so a dead letter's id
//! here begins with its service: `order.msg_01h…`.

use axum::{
    extract::{Path, State},
    response::{IntoResponse as _, Response},
};
use bus::dead_letters::{DeadLetter, Drop, List, Replay, Show};
use futures::future::join_all;
use http::{StatusCode, Uri, header::CACHE_CONTROL};
use message::{Fault, ListPage, MessageId, Request, Timestamp};
use uuid::Uuid;
use web::{guard, problem::Problem};

use crate::{
    Gateway,
    access::Admin,
    examples, private,
    problems::not_found,
    query::{NoParams, Params, Segment},
    schema,
};

/// List dead letters
///
/// Those of all services, the last to fail first. A service that does not answer is named in `missing`; its letters are
/// not among these.
#[utoipa::path(get, path = "/api/v1/dead-letters", tag = "operations", operation_id = "list_dead_letters",
    params(
        ("limit" = Option<i64>, Query, description = "How many: 1 to 100, 20 unless said.", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "Where to go on: the `next_cursor` of the page before."),
    ),
    responses(
        (status = 200, description = "A page of dead letters.", body = schema::DeadLetterList,
            example = json!({"data": [examples::dead_letter()], "next_cursor": null, "missing": []})),
        (status = 401, description = "`unauthorized`: without the admin key."),
        (status = 422, description = "`invalid-parameter`."),
    ),
    security(("admin" = [])))]
pub(crate) async fn list(State(gateway): State<Gateway>, _: Admin, uri: Uri) -> Result<Response, Problem> {
    let mut params = Params::of(&uri, &["cursor", "limit"]);
    let after = params
        .take_with("cursor", |text| Cursor::read(text).ok_or("expected the next_cursor of the page before"));
    let limit = params.limit();
    params.end()?;
    let answers = gateway.0.services.iter().map(|service| {
        let request = List { after: after.as_ref().map(|cursor| cursor.within(service)), limit };
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
    let data = data.into_iter().map(|(cursor, letter)| shape(&cursor.id, letter)).collect();
    private(StatusCode::OK, &schema::DeadLetterList { data, next_cursor, missing })
}

/// Read a dead letter
///
/// With the message itself and why it failed.
#[utoipa::path(get, path = "/api/v1/dead-letters/{id}", tag = "operations", operation_id = "get_dead_letter",
    params(("id" = String, Path, description = "The dead letter.", example = json!(examples::DEAD_LETTER))),
    responses(
        (status = 200, description = "The dead letter.", body = schema::DeadLetter,
            example = json!(examples::dead_letter())),
        (status = 401, description = "`unauthorized`: without the admin key."),
        (status = 404, description = "`not-found`."),
        (status = 422, description = "`invalid-parameter`: the address takes none."),
    ),
    security(("admin" = [])))]
pub(crate) async fn read(
    State(gateway): State<Gateway>,
    _: Admin,
    _: NoParams,
    id: Segment,
) -> Result<Response, Problem> {
    let id = gateway.letter(id)?;
    let letter = gateway.ask_service(&id.service, &Show { id: id.message }).await?;
    let letter = letter.ok_or_else(none)?;
    private(StatusCode::OK, &shape(&id, letter))
}

/// Replay a dead letter
///
/// Makes it due again, with all its tries before it. Its service handles it within a second; should it fail for good, it
/// is back here.
#[utoipa::path(post, path = "/api/v1/dead-letters/{id}/replay", tag = "operations",
    operation_id = "replay_dead_letter",
    params(("id" = String, Path, description = "The dead letter.", example = json!(examples::DEAD_LETTER))),
    responses(
        (status = 204, description = "It is due."),
        (status = 401, description = "`unauthorized`: without the admin key."),
        (status = 404, description = "`not-found`: there is none, or it is due already."),
        (status = 422, description = "`invalid-parameter`: the address takes none."),
    ),
    security(("admin" = [])))]
pub(crate) async fn replay(
    State(gateway): State<Gateway>,
    _: Admin,
    _: NoParams,
    id: Segment,
) -> Result<Response, Problem> {
    let id = gateway.letter(id)?;
    done(gateway.ask_service(&id.service, &Replay { id: id.message }).await?)
}

/// Drop a dead letter
///
/// Forgets it for good.
#[utoipa::path(delete, path = "/api/v1/dead-letters/{id}", tag = "operations", operation_id = "drop_dead_letter",
    params(("id" = String, Path, description = "The dead letter.", example = json!(examples::DEAD_LETTER))),
    responses(
        (status = 204, description = "It is forgotten."),
        (status = 401, description = "`unauthorized`: without the admin key."),
        (status = 404, description = "`not-found`."),
        (status = 422, description = "`invalid-parameter`: the address takes none."),
    ),
    security(("admin" = [])))]
pub(crate) async fn drop(
    State(gateway): State<Gateway>,
    _: Admin,
    _: NoParams,
    id: Segment,
) -> Result<Response, Problem> {
    let id = gateway.letter(id)?;
    done(gateway.ask_service(&id.service, &Drop { id: id.message }).await?)
}

fn done(was_there: bool) -> Result<Response, Problem> {
    let answer = (StatusCode::NO_CONTENT, [(CACHE_CONTROL, "no-store")]);
    if was_there { Ok(answer.into_response()) } else { Err(none()) }
}

fn none() -> Problem {
    not_found("There is no such dead letter.")
}

/// Which dead letter.
struct LetterId {
    service: String,
    message: MessageId,
}

impl LetterId {
    fn read(text: &str) -> Option<Self> {
        let (service, message) = text.rsplit_once('.')?;
        Some(Self { service: service.to_owned(), message: message.parse().ok()? })
    }

    fn write(&self) -> String {
        format!("{}.{}", self.service, self.message)
    }
}

/// A place in the list of all services' dead letters.
struct Cursor {
    failed_at: Timestamp,
    id: LetterId,
}

impl Cursor {
    fn of(service: &str, letter: DeadLetter) -> (Self, DeadLetter) {
        let id = LetterId { service: service.to_owned(), message: letter.id };
        (Self { failed_at: letter.failed_at, id }, letter)
    }

    fn read(text: &str) -> Option<Self> {
        let (failed_at, id) = text.split_once('.')?;
        let failed_at = Timestamp::from_micros(failed_at.parse().ok()?);
        Some(Self { failed_at, id: LetterId::read(id)? })
    }

    fn write(&self) -> String {
        format!("{}.{}", self.failed_at.as_micros(), self.id.write())
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

fn shape(id: &LetterId, letter: DeadLetter) -> schema::DeadLetter {
    schema::DeadLetter {
        id: id.write(),
        service: id.service.clone(),
        message: letter.name,
        message_id: letter.id.to_string(),
        correlation_id: letter.correlation.to_string(),
        causation_id: letter.causation.map(|id| id.to_string()),
        attempts: letter.attempts,
        reason: letter.reason,
        failed_at: letter.failed_at.to_string(),
        body: letter.body,
    }
}

impl Gateway {
    /// What names no service names no dead letter.
    fn letter(&self, id: Segment) -> Result<LetterId, Problem> {
        id.ok()
            .and_then(|Path(id)| LetterId::read(&id))
            .filter(|id| self.0.services.contains(&id.service))
            .ok_or_else(none)
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
