//! `caravel dead-letters`: messages that were given up. The shop may be running: it looks for replayed ones itself.

use std::{fmt, str::FromStr};

use clap::{Args, Subcommand};
use message::{Clock, IdSource, Invalid, MessageId};
use runtime::BoxError;
use serde::Deserialize;
use store::{
    Db,
    dead_letters::{self, StoredDeadLetter},
};

use crate::{
    services::{Entry, SERVICES},
    settings::{self, Options},
    stdout::print,
};

/// What `caravel dead-letters` does.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List them, newest first.
    List,
    /// Show one whole: its body, its headers and why it was given up.
    Show(OneLetter),
    /// Have one handled again, with all its tries before it.
    Replay(OneLetter),
    /// Delete one for good.
    Drop(OneLetter),
}

#[derive(Debug, Args)]
pub(crate) struct OneLetter {
    /// Its id, as `list` shows it: `order.msg_…`. The service may be left out if only one gave the message up.
    id: LetterId,
}

/// How many are listed per service.
const LISTED: i64 = 200;

/// The id of a dead letter. Several services may have given up the same message, so the whole id begins with the service,
/// here and in the API: `order.msg_…`.
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

/// The settings that say where databases are.
#[derive(Deserialize)]
struct Sections {
    data: settings::Data,
    database: settings::Database,
}

pub(crate) async fn run(options: &Options, command: Command) -> Result<(), BoxError> {
    run_on(&settings::load_sections(options)?, command).await
}

async fn run_on(settings: &Sections, command: Command) -> Result<(), BoxError> {
    match command {
        Command::List => list(settings).await,
        Command::Show(letter) => {
            let (id, _, letter) = find(settings, &letter.id).await?;
            show(&id, &letter);
            Ok(())
        }
        Command::Replay(letter) => {
            let (id, db, _) = find(settings, &letter.id).await?;
            if !dead_letters::replay(&db, id.message, Clock::system().now()).await? {
                return Err(unknown(&id));
            }
            print(format_args!("{id} is due again: a running shop handles it within a second."));
            Ok(())
        }
        Command::Drop(letter) => {
            let (id, db, _) = find(settings, &letter.id).await?;
            if !dead_letters::drop(&db, id.message).await? {
                return Err(unknown(&id));
            }
            print(format_args!("{id} is deleted."));
            Ok(())
        }
    }
}

async fn list(settings: &Sections) -> Result<(), BoxError> {
    let mut count = 0;
    for entry in SERVICES {
        let db = open(settings, entry).await?;
        for letter in dead_letters::list(&db, LISTED).await? {
            count += 1;
            print(format_args!(
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
        print("No dead letters.");
    }
    Ok(())
}

fn show(id: &LetterId, letter: &StoredDeadLetter) {
    print(format_args!("id        {id}"));
    print(format_args!("message   {}", letter.envelope.name));
    if let Some(subject) = &letter.subject {
        print(format_args!("subject   {subject}"));
    }
    print(format_args!("tries     {}", letter.attempts));
    print(format_args!("failed at {}", letter.failed_at));
    print(format_args!("error     {}", letter.error));
    print(format_args!("request   {}", letter.envelope.headers.correlation));
    print(format_args!("body      {}", String::from_utf8_lossy(&letter.envelope.body)));
}

/// The one dead letter with this id: its whole id, and the database that keeps it.
async fn find(settings: &Sections, id: &LetterId) -> Result<(LetterId, Db, StoredDeadLetter), BoxError> {
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
        (Some(_), false) => Err(format!("several services gave {id} up: write {}", ids.join(" or ")).into()),
    }
}

async fn open(settings: &Sections, entry: &Entry) -> Result<Db, BoxError> {
    if let store::Backend::Sqlite(folder) = settings.database.of(entry.name, &settings.data)
        && !folder.is_dir()
    {
        return Err(format!("there is no shop in {}: name its folder with --data", folder.display()).into());
    }
    Ok(entry.open(&settings.database, &settings.data, &IdSource::random(Clock::system())).await?)
}

fn unknown(id: &LetterId) -> BoxError {
    format!("there is no dead letter {id}: `caravel dead-letters list` lists them").into()
}

#[cfg(test)]
mod tests {
    use message::{Aggregate, Envelope, Event, Headers, Id, Message};
    use serde::{Deserialize, Serialize};
    use uuid::Uuid;

    use super::*;
    use crate::settings::tests::settings_on;

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

    async fn give_up(settings: &Sections, service: &str, event: &Envelope) {
        let entry = SERVICES.iter().find(|entry| entry.name == service).unwrap();
        let mut tx = open(settings, entry).await.unwrap().begin().await.unwrap();
        store::inbox::park(&mut tx, event, 1, "spilled", true, Clock::system().now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    #[tokio::test]
    async fn of_a_message_that_two_services_gave_up_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings_on(folder.path());
        let settings = Sections { data: settings.data, database: settings.database };
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
        let drop = |id| Command::Drop(OneLetter { id });
        assert!(run_on(&settings, drop(bare.clone())).await.is_err());
        run_on(&settings, drop(of("payment"))).await.unwrap();
        assert!(refusal(&of("payment")).await.contains(&of("payment").to_string()));
        let (id, _, letter) = find(&settings, &bare).await.unwrap();
        assert_eq!((id, letter.error.as_str()), (of("order"), "spilled"));
        for wrong in ["order", "order.", "order.msg_1", "order msg_1", ""] {
            assert!(wrong.parse::<LetterId>().is_err(), "{wrong}");
        }
    }
}
