//! The requests about dead letters, which every service with a database answers.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test, and its made-up shop"
)]

use bus::{
    Cx, Router,
    dead_letters::{DeadLetter, Drop, List, Replay, Show},
};
use message::{
    Aggregate, Clock, Entity, Envelope, Event, Failure, Headers, Id, IdSource, Limit, Message, MessageId,
    Request,
};
use serde::{Deserialize, Serialize};
use store::Tx;
use testing::{TestBackend, TestShop, db_test};

pub struct Boat;
impl Entity for Boat {
    const PREFIX: &'static str = "boat";
}

#[derive(Serialize, Deserialize)]
pub struct Launched {
    pub id: Id<Boat>,
}
impl Message for Launched {
    const NAME: &'static str = "boat.launched";
}
impl Event for Launched {
    fn aggregate(&self) -> Aggregate {
        Aggregate::new(self.id, 1)
    }
}

async fn refuse(_: Cx<()>, _: &mut Tx, Launched { id }: Launched) -> Result<(), Failure> {
    Err(Failure::reject(format!("there is no berth for {id}")))
}

/// Two harbours, each with this many dead letters.
async fn shop(backend: &TestBackend, ids: &IdSource, letters: usize) -> (TestShop, Vec<MessageId>) {
    let harbour = |name| move |db| Router::new(name, ()).db(db).react(refuse);
    let shop = TestShop::builder(backend)
        .service("east", &[], harbour("east"))
        .service("west", &[], harbour("west"))
        .start()
        .await;
    let mut given_up = Vec::new();
    for _ in 0..letters {
        let event = Launched { id: ids.id() };
        let envelope = Envelope::event(&event, Headers::new(ids.id()), ids).unwrap();
        given_up.push(envelope.id);
        shop.deliver("east", vec![envelope.clone()]).await.unwrap();
        shop.deliver("west", vec![envelope]).await.unwrap();
    }
    (shop, given_up)
}

async fn ask<R: Request<Error = message::Fault>>(shop: &TestShop, service: &str, request: &R) -> R::Reply {
    let headers = Headers::new(shop.bus.correlation());
    shop.bus.ask_service(service, headers, request).await.unwrap()
}

#[db_test]
async fn they_are_listed_page_by_page_the_last_to_fail_first(backend: TestBackend) {
    let ids = IdSource::random(Clock::system());
    let (shop, mut given_up) = shop(&backend, &ids, 5).await;
    let limit = Limit::try_from(2).unwrap();
    let (mut after, mut seen) = (None, Vec::<DeadLetter>::new());
    loop {
        let mut page = ask(&shop, "east", &List { after, limit }).await;
        let more = page.len() > limit.get();
        page.truncate(limit.get());
        after = page.last().map(|last| (last.failed_at, last.id));
        seen.extend(page);
        if !more {
            break;
        }
    }
    given_up.reverse();
    assert_eq!(seen.iter().map(|letter| letter.id).collect::<Vec<_>>(), given_up);
}

#[db_test]
async fn one_is_shown_whole_and_replayed_or_dropped_by_its_own_service_only(backend: TestBackend) {
    let ids = IdSource::random(Clock::system());
    let (shop, given_up) = shop(&backend, &ids, 1).await;
    let id = given_up.into_iter().next().unwrap();
    let letter = ask(&shop, "east", &Show { id }).await.unwrap();
    assert_eq!((letter.name.as_str(), letter.attempts), (Launched::NAME, 1));
    let boat = letter.body["id"].as_str().unwrap();
    assert_eq!(letter.reason, format!("rejected: there is no berth for {boat}"));
    assert_eq!(letter.aggregate.unwrap().version, 1);
    assert_eq!(ask(&shop, "east", &Show { id: ids.id() }).await, None);

    assert!(ask(&shop, "east", &Replay { id }).await);
    shop.until("it is tried again, and given up again", || async {
        ask(&shop, "east", &Show { id }).await.is_some_and(|again| again.failed_at > letter.failed_at)
    })
    .await;
    assert!(ask(&shop, "east", &Drop { id }).await);
    assert!(!ask(&shop, "east", &Drop { id }).await && !ask(&shop, "east", &Replay { id }).await);
    assert!(ask(&shop, "west", &Show { id }).await.is_some(), "the other one is another's");
}
