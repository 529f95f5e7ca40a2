//! Health: whether this process should get work. It runs the registered checks, and reports "not ready" while the
//! process drains.
//!
//! Liveness needs no registry: a process that answers is alive.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::task::JoinSet;

/// The result of the checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Everything works.
    Ok,
    /// Something does not work, and the process can do without it.
    Away,
    /// Something does not work; the detail says why.
    Failed,
}

/// The report about one service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServiceReport {
    /// The worst of its checks.
    pub status: Status,
    /// The reasons; several are joined with `; `. `None` if all is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// The report about the process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The worst of all services, except those that are `away`.
    pub status: Status,
    /// The report of each service, by name.
    pub services: BTreeMap<String, ServiceReport>,
}

impl Report {
    /// Whether everything works.
    pub fn is_ok(&self) -> bool {
        self.status == Status::Ok
    }

    fn new() -> Self {
        Self { status: Status::Ok, services: BTreeMap::new() }
    }

    fn note(&mut self, service: &str, outcome: Result<(), String>) {
        let report = self
            .services
            .entry(service.to_owned())
            .or_insert(ServiceReport { status: Status::Ok, detail: None });
        if let Err(reason) = outcome {
            self.status = Status::Failed;
            report.status = Status::Failed;
            report.detail = Some(match report.detail.take() {
                Some(before) => format!("{before}; {reason}"),
                None => reason,
            });
        }
    }
}

type Outcome = Result<(), String>;
type Neighbour = Arc<dyn Fn() -> Option<String> + Send + Sync>;
type Check = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Outcome> + Send>> + Send + Sync>;

struct RegisteredCheck {
    service: String,
    limit: Duration,
    check: Check,
}

#[derive(Default)]
struct State {
    checks: Vec<RegisteredCheck>,
    neighbours: Vec<(String, Neighbour)>,
    draining: bool,
}

/// The registry of all checks of a process; clones share it.
#[derive(Clone, Default)]
pub struct Health {
    state: Arc<Mutex<State>>,
}

impl Health {
    /// A registry without checks, which reports `ok`.
    pub fn new() -> Self {
        Self::default()
    }

    /// Registers a check of a service, which may have several. It must answer within `limit` and must not change
    /// anything. The text of its error appears in the report, so it must not contain secrets.
    pub fn check<C, F, E>(&self, service: impl Into<String>, limit: Duration, check: C)
    where
        C: Fn() -> F + Send + Sync + 'static,
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Display,
    {
        let check: Check = Arc::new(move || {
            let outcome = check();
            Box::pin(async move { outcome.await.map_err(|error| error.to_string()) })
        });
        self.with(|state| state.checks.push(RegisteredCheck { service: service.into(), limit, check }));
    }

    /// Registers a neighbour: a service that this process calls and can do without. `trouble` returns what is wrong
    /// with it, if anything. The process stays ready in any case.
    pub fn neighbour(
        &self,
        service: impl Into<String>,
        trouble: impl Fn() -> Option<String> + Send + Sync + 'static,
    ) {
        self.with(|state| state.neighbours.push((service.into(), Arc::new(trouble))));
    }

    /// Whether the process should get requests. Runs all checks at the same time.
    pub async fn ready(&self) -> Report {
        let mut report = Report::new();
        let mut running = JoinSet::new();
        self.with(|state| {
            if state.draining {
                report.note("runtime", Err("is shutting down".to_owned()));
            }
            for (service, trouble) in &state.neighbours {
                let detail = trouble();
                let status = if detail.is_some() { Status::Away } else { Status::Ok };
                report.services.insert(service.clone(), ServiceReport { status, detail });
            }
            for (index, registered) in state.checks.iter().enumerate() {
                let service = registered.service.clone();
                report.note(&service, Ok(()));
                let outcome = run(registered.check.clone(), registered.limit);
                running.spawn(async move { (index, service, outcome.await) });
            }
        });
        let mut outcomes = running.join_all().await;
        // In the order of registration, so that the same errors give the same text.
        outcomes.sort_by_key(|(index, ..)| *index);
        for (_, service, outcome) in outcomes {
            report.note(&service, outcome);
        }
        report
    }

    /// From now on the process is not ready: it drains.
    pub(crate) fn drain(&self) {
        self.with(|state| state.draining = true);
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        // No change can panic half-way, so a poisoned state is still consistent.
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Runs a check in its own task, so that a panic fails the check and not the report.
async fn run(check: Check, limit: Duration) -> Outcome {
    let mut task = JoinSet::new();
    task.spawn(async move { check().await });
    match tokio::time::timeout(limit, task.join_next()).await {
        Ok(Some(Ok(outcome))) => outcome,
        Ok(Some(Err(_)) | None) => Err("the check panicked".to_owned()),
        Err(_) => Err(format!("no answer within {limit:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_millis(500);

    fn json(report: &Report) -> String {
        serde_json::to_string(report).unwrap()
    }

    #[tokio::test]
    async fn a_neighbour_in_trouble_is_reported_and_changes_nothing() {
        let health = Health::new();
        health.neighbour("order", || None);
        health.neighbour("payment", || Some("is not asked for 2 s".to_owned()));
        let report = health.ready().await;
        assert!(report.is_ok());
        assert_eq!(
            json(&report),
            r#"{"status":"ok","services":{"order":{"status":"ok"},"payment":{"status":"away","detail":"is not asked for 2 s"}}}"#
        );
    }

    #[tokio::test]
    async fn nothing_registered_is_well() {
        let health = Health::new();
        assert!(health.ready().await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn each_service_answers_for_itself() {
        let health = Health::new();
        health.check("product", LIMIT, || async { Ok::<_, String>(()) });
        health.check("order", LIMIT, || async { Err("the disk is full") });
        health.check("order", LIMIT, || async { Ok::<_, String>(()) });
        health.check("order", LIMIT, std::future::pending::<Outcome>);
        health.check("payment", LIMIT, || async {
            assert!(LIMIT.is_zero(), "a broken check");
            Ok::<_, String>(())
        });
        assert_eq!(
            json(&health.ready().await),
            concat!(
                r#"{"status":"failed","services":{"#,
                r#""order":{"status":"failed","detail":"the disk is full; no answer within 500ms"},"#,
                r#""payment":{"status":"failed","detail":"the check panicked"},"#,
                r#""product":{"status":"ok"}}}"#,
            )
        );
    }

    #[tokio::test(start_paused = true)]
    async fn the_checks_run_at_the_same_time() {
        let health = Health::new();
        for _ in 0..10 {
            health.check("order", LIMIT, std::future::pending::<Outcome>);
        }
        let start = tokio::time::Instant::now();
        health.ready().await;
        assert_eq!(start.elapsed(), LIMIT);
    }

    #[tokio::test]
    async fn draining_is_not_ready() {
        let health = Health::new();
        health.drain();
        assert!(json(&health.ready().await).contains("is shutting down"));
    }
}
