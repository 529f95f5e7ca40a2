//! `caravel dead-letters`: messages that were given up. The shop may be running: it looks for replayed ones itself.

use message::{Clock, IdSource, MessageId};
use runtime::BoxError;
use store::{Db, dead_letters};

use crate::{
    cli::{Common, DeadLetters},
    services::SERVICES,
    settings,
};

/// How many are listed per service.
const LISTED: i64 = 200;

pub(super) async fn run(command: DeadLetters) -> Result<(), BoxError> {
    match command {
        DeadLetters::List(common) => list(&common).await,
        DeadLetters::Show(letter) => show(&letter.common, letter.id).await,
        DeadLetters::Replay(letter) => {
            for db in databases(&letter.common).await? {
                if dead_letters::replay(&db, letter.id, Clock::system().now()).await? {
                    println!(
                        "{} is due again in {}; a running shop handles it within a second.",
                        letter.id,
                        db.service()
                    );
                    return Ok(());
                }
            }
            Err(unknown(letter.id))
        }
        DeadLetters::Drop(letter) => {
            for db in databases(&letter.common).await? {
                if dead_letters::drop(&db, letter.id).await? {
                    println!("{} is forgotten by {}.", letter.id, db.service());
                    return Ok(());
                }
            }
            Err(unknown(letter.id))
        }
    }
}

async fn list(common: &Common) -> Result<(), BoxError> {
    let mut count = 0;
    for db in databases(common).await? {
        for letter in dead_letters::list(&db, LISTED).await? {
            count += 1;
            println!(
                "{}  {}  {}  {}  {} tries  {}",
                letter.envelope.id,
                letter.failed_at,
                db.service(),
                letter.envelope.name,
                letter.attempts,
                letter.error
            );
        }
    }
    if count == 0 {
        println!("No dead letters.");
    }
    Ok(())
}

async fn show(common: &Common, id: MessageId) -> Result<(), BoxError> {
    for db in databases(common).await? {
        let letters = dead_letters::list(&db, LISTED).await?;
        if let Some(letter) = letters.into_iter().find(|letter| letter.envelope.id == id) {
            println!("id        {id}");
            println!("message   {}", letter.envelope.name);
            println!("service   {}", db.service());
            println!("tries     {}", letter.attempts);
            println!("failed at {}", letter.failed_at);
            println!("error     {}", letter.error);
            println!("request   {}", letter.envelope.headers.correlation);
            println!("body      {}", String::from_utf8_lossy(&letter.envelope.body));
            return Ok(());
        }
    }
    Err(unknown(id))
}

async fn databases(common: &Common) -> Result<Vec<Db>, BoxError> {
    let settings = settings::load(common)?;
    let data: settings::Data = settings.section("data")?;
    let database: settings::Database = settings.section("database")?;
    let place = database.place(&data);
    if let store::Place::Folder(folder) = &place
        && !folder.is_dir()
    {
        return Err(format!("there is no shop in {}: say where it is with --data", folder.display()).into());
    }
    let ids = IdSource::random(Clock::system());
    let mut databases = Vec::new();
    for entry in SERVICES {
        databases.push(Db::open(&place, entry.name, entry.migrations, ids.clone(), database.sizes()).await?);
    }
    Ok(databases)
}

fn unknown(id: MessageId) -> BoxError {
    format!("there is no dead letter {id}: `caravel dead-letters list` shows those that there are").into()
}
