//! `caravel dead-letters`: messages that were given up. The shop may be running: it looks for replayed ones itself.

use message::{Clock, IdSource, MessageId};
use runtime::{BoxError, settings::Settings};
use store::{Db, dead_letters};

use crate::{cli::DeadLetters, say::say, services::SERVICES, settings};

/// How many are listed per service.
const LISTED: i64 = 200;

pub(super) async fn run(settings: &Settings, command: DeadLetters) -> Result<(), BoxError> {
    match command {
        DeadLetters::List => list(settings).await,
        DeadLetters::Show(letter) => show(settings, letter.id).await,
        DeadLetters::Replay(letter) => {
            for db in databases(settings).await? {
                if dead_letters::replay(&db, letter.id, Clock::system().now()).await? {
                    say(format_args!(
                        "{} is due again in {}; a running shop handles it within a second.",
                        letter.id,
                        db.service()
                    ));
                    return Ok(());
                }
            }
            Err(unknown(letter.id))
        }
        DeadLetters::Drop(letter) => {
            for db in databases(settings).await? {
                if dead_letters::drop(&db, letter.id).await? {
                    say(format_args!("{} is forgotten by {}.", letter.id, db.service()));
                    return Ok(());
                }
            }
            Err(unknown(letter.id))
        }
    }
}

async fn list(settings: &Settings) -> Result<(), BoxError> {
    let mut count = 0;
    for db in databases(settings).await? {
        for letter in dead_letters::list(&db, LISTED).await? {
            count += 1;
            say(format_args!(
                "{}  {}  {}  {}  {} tries  {}",
                letter.envelope.id,
                letter.failed_at,
                db.service(),
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

async fn show(settings: &Settings, id: MessageId) -> Result<(), BoxError> {
    for db in databases(settings).await? {
        let letters = dead_letters::list(&db, LISTED).await?;
        if let Some(letter) = letters.into_iter().find(|letter| letter.envelope.id == id) {
            say(format_args!("id        {id}"));
            say(format_args!("message   {}", letter.envelope.name));
            say(format_args!("service   {}", db.service()));
            say(format_args!("tries     {}", letter.attempts));
            say(format_args!("failed at {}", letter.failed_at));
            say(format_args!("error     {}", letter.error));
            say(format_args!("request   {}", letter.envelope.headers.correlation));
            say(format_args!("body      {}", String::from_utf8_lossy(&letter.envelope.body)));
            return Ok(());
        }
    }
    Err(unknown(id))
}

async fn databases(settings: &Settings) -> Result<Vec<Db>, BoxError> {
    let data: settings::Data = settings.section("data")?;
    let database: settings::Database = settings.section("database")?;
    let ids = IdSource::random(Clock::system());
    let mut databases = Vec::new();
    for entry in SERVICES {
        if let store::Place::Folder(folder) = database.place(entry.name, &data)
            && !folder.is_dir()
        {
            return Err(
                format!("there is no shop in {}: say where it is with --data", folder.display()).into()
            );
        }
        databases.push(database.open(entry, &data, &ids).await?);
    }
    Ok(databases)
}

fn unknown(id: MessageId) -> BoxError {
    format!("there is no dead letter {id}: `caravel dead-letters list` shows those that there are").into()
}
