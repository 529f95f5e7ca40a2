//! Everything that follows from a click, as a collector of traces sees it.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use futures::future::join_all;
use testing::{TestBackend, free_port, shop_test};

use crate::{
    api::{Ask as _, PATIENCE, basket, fresh_key, text, until},
    collector::Collector,
    shop::{Setup, Shop},
};

/// The trace that a client's own system began.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

async fn traced(backend: &TestBackend, endpoint: &str) -> Shop {
    Setup::new(backend).with("CARAVEL_TRACES_ENDPOINT", endpoint).start().await
}

#[shop_test]
async fn one_id_goes_from_the_click_to_the_mail(backend: TestBackend) {
    let collector = Collector::start().await;
    let mut shop = traced(&backend, &collector.endpoint).await;
    let variant = shop.api.sell("lamp", 249_900, 5).await;
    let click = shop
        .api
        .placing(&fresh_key(), &basket(&[(&variant, 1)]))
        .header("traceparent", format!("00-{TRACE}-00f067aa0ba902b7-01"));
    let answer = click.answer().await;
    let correlation = answer.header("x-request-id").to_owned();
    let order = answer.is(201);
    shop.api.until_order_is(&text(&order["id"]), "confirmed").await;

    let steps = [
        "POST /api/v1/orders",
        "ask order.place",
        "answer order.place",
        "INSERT order",
        "react order.placed",
        "INSERT payment",
        "react payment.captured",
        "react order.confirmed",
        "INSERT notification",
        "send mail",
    ];
    until("every step is in the trace", || async {
        let names = collector.names(TRACE);
        steps.iter().all(|step| names.contains(*step))
    })
    .await;
    // Spans that still wait are sent before the process ends.
    assert!(shop.stop().await.success());
    let spans = collector.spans();
    let trace: Vec<_> = spans.iter().filter(|span| span.trace == TRACE).collect();
    let ids: HashSet<_> = trace.iter().map(|span| span.id.as_str()).collect();
    for span in &trace {
        assert_eq!(span.correlation, correlation, "{span:?}");
        assert!(span.service.starts_with("caravel"), "{span:?}");
        assert!(span.parent == "00f067aa0ba902b7" || ids.contains(span.parent.as_str()), "{span:?}");
    }
    // The reads of jobs and relays belong to no request.
    let roots: HashSet<_> =
        spans.iter().filter(|span| span.parent.is_empty()).map(|span| span.name.as_str()).collect();
    // What the shop is called is published at the start.
    let is_own = |root: &str| root.contains(" /") || root.starts_with("ask ") || root == "react shop.changed";
    assert!(roots.iter().all(|root| is_own(root)), "{roots:?}");
}

#[shop_test]
async fn orders_that_are_placed_together_are_linked(backend: TestBackend) {
    let collector = Collector::start().await;
    let shop = traced(&backend, &collector.endpoint).await;
    let variant = shop.api.sell("lamp", 249_900, 500).await;
    let crowd = (1..=40_u32).map(|buyer| {
        let order = shop.api.placing(&fresh_key(), &basket(&[(&variant, 1)]));
        let order = order.header("traceparent", format!("00-{buyer:032x}-00f067aa0ba902b7-01"));
        async move { order.answer().await.is(201) }
    });
    join_all(crowd).await;
    let began = Instant::now();
    let without_mail = || {
        (1..=40_u32)
            .map(|buyer| format!("{buyer:032x}"))
            .find(|trace| !collector.names(trace).contains("send mail"))
    };
    while let Some(trace) = without_mail() {
        let names = collector.names(&trace);
        assert!(began.elapsed() < PATIENCE, "a buyer's mail is not in the buyer's trace, only {names:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let spans = collector.spans();
    let shared = spans.iter().filter(|span| span.name == "batch order.place" && !span.links.is_empty());
    let joined: HashSet<_> =
        shared.flat_map(|span| [&span.links[..], std::slice::from_ref(&span.trace)].concat()).collect();
    assert!(joined.len() > 1, "forty at once are not placed one by one");
}

#[shop_test]
async fn an_unavailable_collector_disturbs_nothing(backend: TestBackend) {
    let mut shop = traced(&backend, &format!("http://127.0.0.1:{}/v1/traces", free_port())).await;
    let variant = shop.api.sell("lamp", 249_900, 5).await;
    let order = shop.api.place(&fresh_key(), &basket(&[(&variant, 1)])).await.is(201);
    shop.api.until_order_is(&text(&order["id"]), "confirmed").await;
    until("what is dropped is counted", || async {
        let figures = shop.api.get("/metrics").answer().await.text();
        figures.lines().any(|line| {
            line.strip_prefix("traces_spans_dropped_total{reason=\"collector\"} ")
                .is_some_and(|count| count.parse::<u64>().unwrap() > 0)
        })
    })
    .await;
    assert!(shop.stop().await.success());
    // In a fleet each process logs it once; its name precedes the line.
    let log = shop.log();
    let told = log.lines().filter(|line| line.contains("does not accept traces"));
    let by_process = told.map(|line| line.split_once(" | ").map_or("", |(name, _)| name.trim()));
    let by_process: Vec<_> = by_process.collect();
    assert!(!by_process.is_empty());
    assert_eq!(by_process.len(), by_process.iter().collect::<HashSet<_>>().len(), "{by_process:?}");
}
