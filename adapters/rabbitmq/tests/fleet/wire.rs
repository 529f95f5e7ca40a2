//! The content of the broker, as programs in other languages and operators see it.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
    sync::atomic::Ordering,
    time::Duration,
};

use bus::Transport as _;
use bytes::Bytes;
use futures::StreamExt as _;
use lapin::{
    BasicProperties,
    options::{BasicConsumeOptions, BasicPublishOptions, QueueDeclareOptions},
    types::FieldTable,
};
use message::{Envelope, Headers, wire};

use testing::{
    example_services::{Harbour, Launched, Lighthouse, Yard},
    until,
};

use crate::common::{Crew, PATIENCE, Sea, at_sea, broker, connection};

/// Publishes bytes under the name of an event, like any other client.
async fn publish(sea: &Sea, name: &str, body: &[u8]) {
    let connection = connection().await;
    let channel = connection.create_channel().await.unwrap();
    let exchange = format!("{}.v1.events", sea.settings.prefix);
    let options = BasicPublishOptions::default();
    let properties = BasicProperties::default();
    channel
        .basic_publish(exchange.into(), name.into(), options, body, properties)
        .await
        .unwrap()
        .await
        .unwrap();
    connection.close(200, "done".into()).await.unwrap();
}

#[test]
fn what_a_crash_loop_cannot_handle_ends_among_the_dead_letters() {
    at_sea(|sea| async move {
        let quay = sea.process("quay", Crew::default()).await;
        let boat = Launched { id: quay.bus.ids().id(), name: "wreck".to_owned(), version: 1 };
        let event = Envelope::event(&boat, Headers::new(quay.bus.correlation()), quay.bus.ids()).unwrap();
        quay.transport.publish(vec![event.clone()]).await.unwrap();

        // A service that ends at each delivery of the event.
        let queue = format!("{}.v1.events.harbour", sea.settings.prefix);
        let mut crashes = 0;
        loop {
            let connection = connection().await;
            let channel = connection.create_channel().await.unwrap();
            let options = BasicConsumeOptions::default();
            let consuming =
                channel.basic_consume(queue.clone().into(), "".into(), options, FieldTable::default());
            let mut consumer = consuming.await.unwrap();
            let Ok(delivery) = tokio::time::timeout(Duration::from_secs(2), consumer.next()).await else {
                break;
            };
            delivery.unwrap().unwrap();
            crashes += 1;
            connection.close(200, "crash".into()).await.unwrap();
        }
        assert_eq!(crashes, 21, "once, and twenty times again");

        let harbour = sea.process("harbour", Crew::harbour(&Harbour::default())).await;
        let db = harbour.db("harbour");
        until("it is a dead letter", async || store::dead_letters::count(&db).await.unwrap() == 1).await;
        let letter = store::dead_letters::list(&db, 1).await.unwrap().remove(0);
        assert_eq!(letter.envelope.id, event.id);
        assert_eq!(letter.error, "the service ended each time that it was given this event");

        // A command repeats it.
        assert!(store::dead_letters::replay(&db, event.id, harbour.bus.now()).await.unwrap());
        until("it was handled", async || harbour.berths().await == ["wreck"]).await;
        quay.stop().await;
        harbour.stop().await;
    });
}

#[test]
fn what_cannot_be_read_or_is_not_known_is_kept_and_holds_nobody_up() {
    at_sea(|sea| async move {
        let (yard, state) = (sea.process("yard", Crew::yard(&Yard::default())).await, Harbour::default());
        let harbour = sea.process("harbour", Crew::harbour(&state)).await;
        yard.launch("a").await.unwrap();
        publish(&sea, "boat.launched", b"[{\"half\":").await;
        let boat = Launched { id: yard.bus.ids().id(), name: "stranger".to_owned(), version: 1 };
        let event = Envelope::event(&boat, Headers::new(yard.bus.correlation()), yard.bus.ids()).unwrap();
        let stranger = Envelope { name: "boat.sold".into(), ..event };
        publish(&sea, "boat.launched", &wire::encode(&[stranger]).unwrap()).await;
        yard.launch("b").await.unwrap();
        until("the others are there", async || harbour.berths().await == ["a", "b"]).await;

        let db = harbour.db("harbour");
        until("both are kept", async || store::dead_letters::count(&db).await.unwrap() == 2).await;
        let letters = store::dead_letters::list(&db, 10).await.unwrap();
        let kept = |name: &str| letters.iter().find(|letter| letter.envelope.name == name).unwrap();
        assert_eq!(kept("boat.sold").error, "this version of the service does not react to it");
        let unreadable = kept("unreadable");
        assert_eq!(unreadable.envelope.body, Bytes::from(r#""[{\"half\":""#));
        assert!(unreadable.error.contains("EOF while parsing"), "{}", unreadable.error);
        yard.stop().await;
        harbour.stop().await;
    });
}

#[test]
fn a_queue_with_other_properties_is_explained() {
    at_sea(|sea| async move {
        let queue = format!("{}.v1.requests.yard", sea.settings.prefix);
        let connection = connection().await;
        let channel = connection.create_channel().await.unwrap();
        channel
            .queue_declare(queue.clone().into(), QueueDeclareOptions::durable(), FieldTable::default())
            .await
            .unwrap();
        let quay = sea.process("quay", Crew::default()).await;
        let explained =
            |output: String| output.contains(&queue) && output.contains("rabbitmqctl delete_queue");
        until("it is explained", async || quay.transport.health().is_err_and(explained)).await;

        // It is enough to follow the message.
        channel.queue_delete(queue.into(), lapin::options::QueueDeleteOptions::default()).await.unwrap();
        until("it is mended", async || quay.transport.health().is_ok()).await;
        connection.close(200, "done".into()).await.unwrap();
        quay.stop().await;
    });
}

#[test]
fn nothing_is_left_of_a_process_that_stopped() {
    at_sea(|sea| async move {
        let light = Lighthouse::default();
        let process =
            sea.process("lighthouse", Crew { lighthouse: Some(light.clone()), ..Crew::default() }).await;
        until("it listens", async || light.gaps.load(Ordering::SeqCst) == 1).await;
        let mine = format!("{}.v1.", sea.settings.prefix);
        let left =
            || queues().into_iter().filter(|name| name.starts_with(&mine) && name.contains("lighthouse"));
        assert_eq!(left().count(), 2, "one of replies, one to listen");
        process.stop().await;
        until("both are gone", async || left().count() == 0).await;
    });
}

/// The names of all queues of the shared broker.
fn queues() -> Vec<String> {
    let api = std::env::var("CARAVEL_TEST_RABBITMQ_API").expect("./test sets CARAVEL_TEST_RABBITMQ_API");
    let output = Command::new("curl")
        .args(["--silent", "--fail", "--user", "guest:guest"])
        .arg(format!("{api}/api/queues?columns=name"))
        .output();
    let queues: Vec<serde_json::Value> = serde_json::from_slice(&output.unwrap().stdout).unwrap();
    queues.iter().map(|queue| queue["name"].as_str().unwrap().to_owned()).collect()
}

/// The number of consumers of a queue; `None` if there is no such queue.
async fn consumers(queue: &str) -> u32 {
    let connection = connection().await;
    let channel = connection.create_channel().await.unwrap();
    let passive = QueueDeclareOptions { passive: true, ..Default::default() };
    let seen = channel.queue_declare(queue.into(), passive, FieldTable::default()).await;
    connection.close(200, "seen".into()).await.unwrap();
    seen.map_or(0, |queue| queue.consumer_count())
}

/// The examples of the documentation, run by the interpreter that has the client library.
fn example(sea: &Sea, name: &str, arguments: &[&str]) -> Command {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples/messages").join(name);
    let mut command = Command::new("/usr/bin/python3");
    command
        .arg(path)
        .args(arguments)
        .env("CARAVEL_AMQP_URL", format!("{}/", broker().trim_end_matches('/')))
        .env("CARAVEL_PREFIX", &sea.settings.prefix)
        .env("CARAVEL_CONSUMER_DB", sea.backend.folder().join("consumer.db"));
    command
}

#[test]
fn a_program_in_another_language_asks() {
    at_sea(|sea| async move {
        let yard = sea.process("yard", Crew::yard(&Yard::default())).await;
        until("it is there", async || yard.transport.health().is_ok()).await;
        let ask = async |name: &'static str, body: &'static str| {
            let mut command = example(&sea, "requester.py", &[name, body]);
            let asked = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
            (asked.status.code().unwrap(), String::from_utf8(asked.stdout).unwrap())
        };
        let (code, granted) = ask("yard.launch", r#"{"name": "python"}"#).await;
        assert!(code == 0 && granted.contains("boat_"), "{code}: {granted}");
        let (code, refused) = ask("yard.launch", r#"{"name": "oak"}"#).await;
        assert!(code == 1 && refused.contains("NoWood"), "{code}: {refused}");
        let (code, unknown) = ask("nobody.knows", "{}").await;
        assert!(code == 2 && unknown.contains("no_route"), "{code}: {unknown}");
        yard.stop().await;
    });
}

#[test]
fn a_program_in_another_language_reacts() {
    at_sea(|sea| async move {
        let yard = sea.process("yard", Crew::yard(&Yard::default())).await;
        let mut command = example(&sea, "consumer.py", &["loyalty", "boat.launched"]);
        let mut consumer = command.stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(consumer.stdout.take().unwrap());
        let queue = format!("{}.v1.events.loyalty", sea.settings.prefix);
        until("it consumes", async || consumers(&queue).await > 0).await;
        for name in ["a", "b"] {
            yard.launch(name).await.unwrap();
        }
        let received = tokio::task::spawn_blocking(move || {
            let lines =
                output.lines().take(2).map(|line| serde_json::from_str::<serde_json::Value>(&line.unwrap()));
            lines.map(|event| event.unwrap()["body"]["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        });
        let received = tokio::time::timeout(PATIENCE, received).await;
        consumer.kill().unwrap();
        consumer.wait().unwrap();
        assert_eq!(received.unwrap().unwrap(), ["a", "b"]);
        yard.stop().await;
    });
}
