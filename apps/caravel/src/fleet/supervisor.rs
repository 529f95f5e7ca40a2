//! All workers together: launched, replaced and stopped in an order in which none misses the workers that it asks.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::future::join_all;
use tokio::time::interval;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    child::Launcher,
    plan::Crew,
    worker::{Common, Handle, Limits, State, Status, Worker},
};
use crate::{
    parts::{GATEWAY, STOREFRONT},
    settings::EDGE,
};

/// How often the log names the workers that are waited for.
const REMINDER: Duration = Duration::from_secs(5);

/// The workers of a shop.
pub(super) struct Supervisor {
    handles: Vec<Handle>,
    services: Group,
    edges: Group,
    common: Common,
    /// Two rolling restarts at once would take away more than one worker at a time.
    restarting: tokio::sync::Mutex<()>,
}

/// Workers that are launched and stopped together.
struct Group {
    /// Those that are not launched yet.
    planned: Mutex<Vec<Worker>>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// The two groups of workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Services,
    Edges,
}

impl Supervisor {
    /// The workers of `crews`, none of which is launched yet.
    pub(super) fn new(crews: &[Arc<Crew>], launcher: Launcher, limits: Limits) -> Self {
        let common = Common {
            launcher: Arc::new(launcher),
            limits,
            hurry: CancellationToken::new(),
            retiring: TaskTracker::new(),
        };
        let group = || (Vec::new(), CancellationToken::new());
        let ((mut services, stop_services), (mut edges, stop_edges)) = (group(), group());
        let mut handles = Vec::new();
        for crew in crews {
            let (group, stop) =
                if crew.is_edge { (&mut edges, &stop_edges) } else { (&mut services, &stop_services) };
            for number in 1..=crew.workers {
                let (worker, handle) = Worker::new(crew, number, handles.len(), &common, stop);
                group.push(worker);
                handles.push(handle);
            }
        }
        Self {
            handles,
            services: Group::new(services, stop_services),
            edges: Group::new(edges, stop_edges),
            common,
            restarting: tokio::sync::Mutex::default(),
        }
    }

    /// Starts the workers of one kind; a second time starts nothing.
    pub(super) fn launch(&self, kind: Kind) {
        self.group(kind).launch();
    }

    /// Waits until every worker of one kind has become ready or has failed, and logs which ones it waits for.
    ///
    /// # Errors
    ///
    /// If none of them works.
    pub(super) async fn settled(&self, kind: Kind) -> Result<(), String> {
        let wanted = |handle: &&Handle| handle.crew.is_edge == (kind == Kind::Edges);
        let all = join_all(self.handles.iter().filter(wanted).map(Handle::settled));
        tokio::pin!(all);
        let mut reminder = interval(REMINDER);
        reminder.reset();
        let states = loop {
            tokio::select! {
                states = &mut all => break states,
                _ = reminder.tick() => self.remind(kind),
            }
        };
        if states.contains(&State::Ready) || states.is_empty() {
            return Ok(());
        }
        let kind = if kind == Kind::Edges { "edge" } else { "service" };
        Err(format!("no {kind} could be started; the log above says why"))
    }

    fn remind(&self, kind: Kind) {
        for status in self.status() {
            let is_edge = status.name == EDGE;
            if is_edge == (kind == Kind::Edges) && !matches!(status.state, State::Ready | State::Failed) {
                tracing::info!(worker = status.worker, detail = status.detail, "waiting for a worker");
            }
        }
    }

    /// The state of every worker.
    pub(super) fn status(&self) -> Vec<Status> {
        self.handles.iter().map(Handle::status).collect()
    }

    /// The workers with these `names`, or of these crews; all if there are no names.
    fn named(&self, names: &[String]) -> Result<Vec<&Handle>, String> {
        for name in names {
            let name = alias(name);
            if !self.handles.iter().any(|handle| handle.crew.name == name || *handle.name == *name) {
                let known: BTreeSet<_> = self.handles.iter().map(|handle| handle.crew.name).collect();
                let known: Vec<_> = known.into_iter().collect();
                return Err(format!("there is no worker `{name}`; there are {}", known.join(", ")));
            }
        }
        let is_named = |handle: &&Handle| {
            let mut names = names.iter().map(|name| alias(name));
            names.len() == 0 || names.any(|name| handle.crew.name == name || *handle.name == *name)
        };
        Ok(self.handles.iter().filter(is_named).collect())
    }

    /// Replaces workers one after the other: the new one is ready before the old one ends. Each step goes to `report`. The
    /// first failure ends the restart, and the old process stays.
    pub(super) async fn restart(&self, names: &[String], report: impl Fn(String)) -> Result<(), String> {
        let named = self.named(names)?;
        let Ok(_alone) = self.restarting.try_lock() else {
            return Err("another restart is under way; wait for it".to_owned());
        };
        for handle in named {
            let (name, before) = (&handle.name, handle.status().pid);
            report(format!("{name}: a new process is starting"));
            handle
                .replace()
                .await
                .map_err(|why| format!("{name}: {why}; the other workers were left as they are"))?;
            let pid = |pid: Option<u32>| pid.map_or_else(|| "none".to_owned(), |pid| pid.to_string());
            report(format!("{name}: replaced ({} -> {})", pid(before), pid(handle.status().pid)));
        }
        Ok(())
    }

    /// Lets all workers finish their work: first the edges, then the services that they ask.
    pub(super) async fn stop(&self) {
        self.edges.stop().await;
        self.services.stop().await;
        self.common.retiring.close();
        self.common.retiring.wait().await;
    }

    /// The token whose cancellation ends every process at once.
    pub(super) fn hurry(&self) -> CancellationToken {
        self.common.hurry.clone()
    }

    fn group(&self, kind: Kind) -> &Group {
        match kind {
            Kind::Services => &self.services,
            Kind::Edges => &self.edges,
        }
    }
}

impl Group {
    fn new(workers: Vec<Worker>, stop: CancellationToken) -> Self {
        Self { planned: Mutex::new(workers), tasks: TaskTracker::new(), stop }
    }

    fn launch(&self) {
        let workers = std::mem::take(&mut *self.planned.lock().unwrap_or_else(PoisonError::into_inner));
        for worker in workers {
            self.tasks.spawn(worker.run());
        }
    }

    async fn stop(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// The crew of a name: a fleet runs both edges in one process.
fn alias(name: &str) -> &str {
    if [GATEWAY, STOREFRONT].contains(&name) { EDGE } else { name }
}
