//! `caravel dead-letters`: messages that were given up. The shop may be running: it looks for replayed ones itself.

use std::{fmt, str::FromStr};

use message::{Clock, IdSource, Invalid, MessageId};
use runtime::{BoxError, settings::Settings};
use store::{
    Db,
    dead_letters::{self, DeadLetter},
};

use crate::{
    cli::DeadLetters,
    say::say,
    services::{Entry, SERVICES},
    settings,
};

/// How many are listed per service.
const LISTED: i64 = 200;

/// Which dead letter. Each service keeps its own, and several may have given up the same message; so its whole id, here
/// and in the API, begins with the service: `order.msg_…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LetterId {
    service: Option<String>,
    message: MessageId,
}

impl LetterId {
    fn at(service: &str, message: MessageId) -> Self {
        Self { service: Some(service.to_owned()), message }
    }
}

impl FromStr for LetterId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text.rsplit_once('.') {
            None => Ok(Self { service: None, message: text.parse()? }),
            Some((service, message)) => Ok(Self::at(service, message.parse()?)),
        }
    }
}

impl fmt::Display for LetterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(service) = &self.service {
            write!(f, "{service}.")?;
        }
        self.message.fmt(f)
    }
}

pub(super) async fn run(settings: &Settings, command: DeadLetters) -> Result<(), BoxError> {
    match command {
        DeadLetters::List => list(settings).await,
        DeadLetters::Show(letter) => {
            let (id, _, letter) = find(settings, &letter.id).await?;
            show(&id, &letter);
            Ok(())
        }
        DeadLetters::Replay(letter) => {
            let (id, db, _) = find(settings, &letter.id).await?;
            if !dead_letters::replay(&db, id.message, Clock::system().now()).await? {
                return Err(unknown(&id));
            }
            say(format_args!("{id} is due again; a running shop handles it within a second."));
            Ok(())
        }
        DeadLetters::Drop(letter) => {
            let (id, db, _) = find(settings, &letter.id).await?;
            if !dead_letters::drop(&db, id.message).await? {
                return Err(unknown(&id));
            }
            say(format_args!("{id} is forgotten."));
            Ok(())
        }
    }
}

async fn list(settings: &Settings) -> Result<(), BoxError> {
    let mut count = 0;
    for entry in SERVICES {
        let db = open(settings, entry).await?;
        for letter in dead_letters::list(&db, LISTED).await? {
            count += 1;
            say(format_args!(
                "{}  {}  {}  {} tries  {}",
                LetterId::at(entry.name, letter.envelope.id),
                letter.failed_at,
                letter.envelope.name,
                letter.attempts,
                letter.error
            ));
        }
    }
    if count == 0 {
        say("No dead letters.");
    }
    Ok(())
}

fn show(id: &LetterId, letter: &DeadLetter) {
    say(format_args!("id        {id}"));
    say(format_args!("message   {}", letter.envelope.name));
    say(format_args!("tries     {}", letter.attempts));
    say(format_args!("failed at {}", letter.failed_at));
    say(format_args!("error     {}", letter.error));
    say(format_args!("request   {}", letter.envelope.headers.correlation));
    say(format_args!("body      {}", String::from_utf8_lossy(&letter.envelope.body)));
}

/// The one dead letter that is meant, under its whole id, and where it is kept.
async fn find(settings: &Settings, id: &LetterId) -> Result<(LetterId, Db, DeadLetter), BoxError> {
    let is_meant = |entry: &&Entry| id.service.as_ref().is_none_or(|service| service == entry.name);
    let mut found = Vec::new();
    for entry in SERVICES.iter().filter(is_meant) {
        let db = open(settings, entry).await?;
        if let Some(letter) = dead_letters::get(&db, id.message).await? {
            found.push((LetterId::at(entry.name, id.message), db, letter));
        }
    }
    let ids: Vec<_> = found.iter().map(|(id, ..)| id.to_string()).collect();
    match (found.pop(), found.is_empty()) {
        (Some(letter), true) => Ok(letter),
        (None, _) => Err(unknown(id)),
        (Some(_), false) => Err(format!("several services gave {id} up: say {}", ids.join(" or ")).into()),
    }
}

async fn open(settings: &Settings, entry: &Entry) -> Result<Db, BoxError> {
    let data: settings::Data = settings.section("data")?;
    let database: settings::Database = settings.section("database")?;
    if let store::Backend::Sqlite(folder) = database.place(entry.name, &data)
        && !folder.is_dir()
    {
        return Err(format!("there is no shop in {}: say where it is with --data", folder.display()).into());
    }
    Ok(database.open(entry, &data, &IdSource::random(Clock::system())).await?)
}

fn unknown(id: &LetterId) -> BoxError {
    format!("there is no dead letter {id}: `caravel dead-letters list` shows those that there are").into()
}

#[cfg(test)]
mod tests {
    use message::{Aggregate, Envelope, Event, Headers, Id, Message};
    use serde::{Deserialize, Serialize};
    use uuid::Uuid;

    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Poison {}

    impl Message for Poison {
        const NAME: &'static str = "poison.spilled";
    }

    impl Event for Poison {
        fn aggregate(&self) -> Aggregate {
            Aggregate::new(Id::<Envelope>::from_uuid(Uuid::from_u128(7)), 1)
        }
    }

    async fn give_up(settings: &Settings, service: &str, event: &Envelope) {
        let entry = SERVICES.iter().find(|entry| entry.name == service).unwrap();
        let mut tx = open(settings, entry).await.unwrap().begin().await.unwrap();
        store::inbox::park(&mut tx, event, 1, "spilled", true, Clock::system().now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    #[tokio::test]
    async fn of_a_message_that_two_services_gave_up_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let data = [("data.folder".to_owned(), folder.path().display().to_string(), "--data".to_owned())];
        let settings = Settings::builder(settings::DEFAULTS).overrides(data).load().unwrap();
        let ids = IdSource::random(Clock::system());
        let event = Envelope::event(&Poison {}, Headers::new(ids.id()), &ids).unwrap();
        let bare: LetterId = event.id.to_string().parse().unwrap();
        let of = |service: &str| -> LetterId { format!("{service}.{}", event.id).parse().unwrap() };
        let refusal = async |id: &LetterId| find(&settings, id).await.err().unwrap().to_string();

        assert!(refusal(&bare).await.contains("there is no dead letter"));
        give_up(&settings, "payment", &event).await;
        let (id, ..) = find(&settings, &bare).await.unwrap();
        assert_eq!(id, of("payment"));

        give_up(&settings, "order", &event).await;
        let refused = refusal(&bare).await;
        assert!(
            ["order", "payment"].iter().all(|service| refused.contains(&of(service).to_string())),
            "{refused}"
        );
        let drop = |id| DeadLetters::Drop(crate::cli::OneLetter { id });
        assert!(run(&settings, drop(bare.clone())).await.is_err());
        run(&settings, drop(of("payment"))).await.unwrap();
        assert!(refusal(&of("payment")).await.contains(&of("payment").to_string()));
        let (id, _, letter) = find(&settings, &bare).await.unwrap();
        assert_eq!((id, letter.error.as_str()), (of("order"), "spilled"));
        for wrong in ["order", "order.", "order.msg_1", "order msg_1", ""] {
            assert!(wrong.parse::<LetterId>().is_err(), "{wrong}");
        }
    }
}
