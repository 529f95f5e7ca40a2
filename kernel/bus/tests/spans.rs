//! Without traces, the only spans are those that put the correlation id on log lines.
#![expect(clippy::unwrap_used, missing_docs, reason = "a test, and its made-up shop")]

use std::sync::{Arc, Mutex};

use bus::{Cx, Router};
use message::{Fault, Message, Request};
use serde::{Deserialize, Serialize};
use testing::{TestBackend, TestShop, db_test};
use tracing::{Instrument as _, Subscriber, span};
use tracing_subscriber::{Layer, layer::Context, layer::SubscriberExt as _, registry::LookupSpan};

#[derive(Serialize, Deserialize)]
pub struct Count;
impl Message for Count {
    const NAME: &'static str = "yard.count";
}
impl Request for Count {
    type Reply = i64;
    type Error = Fault;
}

async fn count(cx: Cx<()>, _: Count) -> Result<i64, Fault> {
    store::query("SELECT CAST(7 AS bigint) AS seven").fetch_one(cx.db(), |row| row.get("seven")).await
}

/// The names of the created spans.
#[derive(Clone, Default)]
struct Made(Arc<Mutex<Vec<&'static str>>>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Made {
    fn on_new_span(&self, attributes: &span::Attributes<'_>, _: &span::Id, _: Context<'_, S>) {
        if attributes.metadata().target() == message::trace::TARGET {
            self.0.lock().unwrap().push(attributes.metadata().name());
        }
    }
}

#[db_test]
async fn without_traces_there_are_spans_for_log_lines_only(backend: TestBackend) {
    let shop = TestShop::builder(&backend)
        .service("yard", &[], |db| Router::new("yard", ()).db(db).on(count))
        .start()
        .await;
    let made = Made::default();
    let _subscriber = tracing::subscriber::set_default(tracing_subscriber::registry().with(made.clone()));
    assert_eq!(shop.ask(&Count).await.unwrap(), 7);
    assert_eq!(*made.0.lock().unwrap(), ["handle"], "nothing else adds the correlation id");
    let click = tracing::error_span!("click");
    assert_eq!(shop.ask(&Count).instrument(click).await.unwrap(), 7);
    assert_eq!(made.0.lock().unwrap().len(), 1, "the click does");
}
