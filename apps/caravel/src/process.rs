//! What every serving process has: logs, metrics, health, and a shutdown that drains.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use axum::{Json, Router, http::StatusCode, routing::get};
use rabbitmq::RabbitMq;
use runtime::{
    BoxError,
    health::Health,
    metrics::Metrics,
    shutdown::{Phase, Shutdown},
};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use web::serve::{self, Server};

use crate::{services::SERVICES, settings::Settings, shop::Shop};

/// How long a drain may take before the process ends all the same.
pub(crate) const DRAIN: Duration = Duration::from_secs(30);

/// How long a health check may take.
const CHECK: Duration = Duration::from_secs(2);

/// How many connections may ask for the health at once.
const PROBES: usize = 64;

/// A process that is observed and can be stopped.
pub(crate) struct Process {
    pub(crate) health: Health,
    pub(crate) metrics: Metrics,
    pub(crate) shutdown: Shutdown,
    has_started: Arc<AtomicBool>,
}

impl Process {
    /// Starts logs, traces (under `name`), metrics and the handling of signals. The process is not ready yet.
    pub(crate) fn begin(settings: &Settings, name: &str) -> Result<Self, BoxError> {
        let traces = runtime::traces::init(&settings.traces, name)?;
        runtime::logs::init(&settings.log, traces.as_ref())?;
        check_authorities();
        let metrics = runtime::metrics::install()?;
        let health = Health::new();
        let shutdown = Shutdown::new(&health);
        shutdown.listen()?;
        tokio::spawn(metrics.clone().upkeep(shutdown.token(Phase::Stores)));
        if let Some(traces) = traces {
            let sent = traces.run(shutdown.token(Phase::Stores));
            let hold = shutdown.hold(Phase::Stores);
            tokio::spawn(async move {
                sent.await;
                drop(hold);
            });
        }
        let has_started = Arc::new(AtomicBool::new(false));
        health.check("process", CHECK, {
            let has_started = Arc::clone(&has_started);
            move || std::future::ready(if has_started.load(Relaxed) { Ok(()) } else { Err("is starting") })
        });
        Ok(Self { health, metrics, shutdown, has_started })
    }

    /// Ends the start: from now on the process is ready if the checks say so.
    pub(crate) fn open(&self) {
        self.has_started.store(true, Relaxed);
    }

    /// Adds to the health report the database of every service here, and whether the services elsewhere answer.
    pub(crate) fn watch(&self, shop: &Shop) {
        let here: Vec<_> = shop.host.services().iter().map(|service| service.name()).collect();
        for entry in SERVICES.iter().filter(|entry| !here.contains(&entry.name)) {
            let callees = Arc::clone(&shop.callees);
            let trouble = || "it did not answer, and is asked again in a while".to_owned();
            self.health.neighbour(entry.name, move || callees.is_left_alone(entry.name).then(trouble));
        }
        for service in shop.host.services() {
            if let Some(db) = service.db().cloned() {
                let trouble = Arc::<Trouble>::default();
                self.health.check(service.name(), CHECK, move || {
                    let (db, trouble) = (db.clone(), Arc::clone(&trouble));
                    async move {
                        let answer = db.ping().await;
                        trouble.now(db.service(), answer.as_ref().err().map(ToString::to_string));
                        answer.map_err(|fault| format!("the database does not answer ({})", fault.kind()))
                    }
                });
            }
        }
    }

    /// Adds the broker to the health report.
    pub(crate) fn watch_broker(&self, broker: &Arc<RabbitMq>) {
        let broker = Arc::clone(broker);
        // It logs what is wrong with it itself.
        self.health.check("broker", CHECK, move || {
            std::future::ready(broker.health().map_err(|_| "the broker is not there"))
        });
    }

    /// Answers `/health/live`, `/health/ready` and `/metrics`, to the end of the drain.
    pub(crate) fn serve_health(&self, listener: TcpListener) {
        let (health, metrics) = (self.health.clone(), self.metrics.clone());
        let ready = move || async move {
            let report = health.ready().await;
            let status = if report.is_ok() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
            (status, Json(report))
        };
        let router = Router::new()
            .route("/health/live", get(|| async { Json(json!({"status": "live"})) }))
            .route("/health/ready", get(ready))
            .route("/metrics", get(|| async move { metrics.render() }));
        let limits = serve::ServerLimits { connections: PROBES, ..serve::ServerLimits::default() };
        tokio::spawn(Server::new(router).limits(limits).run([listener], CancellationToken::new()));
    }

    /// Serves the edges until the shutdown, or until they `retire` in favour of another process.
    pub(crate) fn serve(&self, server: Server, listener: TcpListener, retire: CancellationToken) {
        let (stop, requests) = (self.shutdown.token(Phase::Accept), self.shutdown.hold(Phase::Requests));
        let shutdown = self.shutdown.clone();
        tokio::spawn(async move {
            server.retire(retire).run([listener], stop).await;
            shutdown.ask();
            drop(requests);
        });
    }

    /// Waits for the shutdown, and lets `shop` finish what it has begun.
    pub(crate) async fn drain(&self, shop: &Shop) {
        let host = Arc::clone(&shop.host);
        self.shutdown.at(Phase::Reactions, async move { host.shut_down().await });
        self.shutdown.drain(DRAIN).await;
    }
}

/// What a health check last found. Everybody may read the report, so a server's URL and error stand only in the log, and
/// there only when they change: some clients ask every second.
#[derive(Default)]
struct Trouble(Mutex<Option<String>>);

impl Trouble {
    fn now(&self, service: &str, error: Option<String>) {
        let mut before = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &error {
            Some(error) if before.as_ref() != Some(error) => {
                tracing::warn!(service, error, "the database does not answer");
            }
            None if before.is_some() => tracing::info!(service, "the database answers again"),
            _ => {}
        }
        *before = error;
    }
}

/// Warns of a useless file of certificate authorities. The TLS library ignores it, and later only reports that a server's
/// authority is unknown.
fn check_authorities() {
    let Some(file) = std::env::var_os("SSL_CERT_FILE") else { return };
    let error = match std::fs::read_to_string(&file) {
        Ok(text) if text.contains("-----BEGIN CERTIFICATE-----") => return,
        Ok(_) => "no certificate in PEM is in it".to_owned(),
        Err(error) => error.to_string(),
    };
    let file = file.display();
    tracing::warn!(%file, error, "the file that SSL_CERT_FILE names holds no certificate authority");
}

/// Opens a socket; the refusal names the `option` that chooses another listen address.
pub(crate) fn listen(listen_address: SocketAddr, option: &str) -> Result<TcpListener, BoxError> {
    serve::listen(listen_address).map_err(|error| {
        format!(
            "{listen_address} cannot be listened on: {error}; choose another listen address with {option}"
        )
        .into()
    })
}
