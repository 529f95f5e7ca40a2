//! Tests the rule of the shared level with random orders of steps: lookups, fills, purges and their confirmations of
//! two processes, on a level that answers and forgets on command.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use cache::{
    Count, Level, Shared, Tags,
    shared::{FillStart, Lookup, Purge, SharedFuture, TaggedValue, Unavailable},
};
use proptest::prelude::*;
use tokio::{
    sync::Semaphore,
    task::{JoinHandle, yield_now},
};

const MINUTE: Duration = Duration::from_mins(1);

/// A level in memory. Each call waits for a permit before it takes effect, and for another before it returns.
#[derive(Default)]
struct Model {
    data: Mutex<Data>,
    steps: Arc<Steps>,
}

#[derive(Default)]
struct Data {
    now: u64,
    floor: u64,
    cells: HashMap<String, u64>,
    entries: HashMap<String, (u64, TaggedValue)>,
    away: bool,
}

struct Steps {
    lookups: Semaphore,
    purges: Semaphore,
}

impl Default for Steps {
    fn default() -> Self {
        Self { lookups: Semaphore::new(0), purges: Semaphore::new(0) }
    }
}

async fn step(permits: &Semaphore) {
    permits.acquire().await.expect("it is never closed").forget();
}

impl Data {
    fn is_valid(&self, began: u64, entry: &TaggedValue) -> bool {
        let cells = entry.tags.iter().filter_map(|tag| self.cells.get(tag));
        began >= self.floor && cells.into_iter().all(|cell| *cell <= began)
    }
}

impl Model {
    fn do_now<T>(&self, work: impl FnOnce(&mut Data) -> T) -> Result<T, Unavailable> {
        let mut data = self.data.lock().unwrap();
        if data.away { Err(Unavailable) } else { Ok(work(&mut data)) }
    }
}

impl Shared for Model {
    fn get<'a>(&'a self, key: &'a str) -> SharedFuture<'a, Lookup> {
        Box::pin(async move {
            step(&self.steps.lookups).await;
            let lookup = self.do_now(|data| {
                let kept = data.entries.get(key).filter(|(began, entry)| data.is_valid(*began, entry));
                let entry = kept.map(|(_, entry)| entry.clone());
                Lookup { entry, began: FillStart { connection: 0, moment: data.now } }
            });
            step(&self.steps.lookups).await;
            lookup
        })
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        entry: &'a TaggedValue,
        began: FillStart,
        _: Duration,
    ) -> SharedFuture<'a, ()> {
        Box::pin(async move {
            self.do_now(|data| {
                data.entries.insert(key.to_owned(), (began.moment, entry.clone()));
            })
        })
    }

    fn purge<'a>(&'a self, what: &'a Purge) -> SharedFuture<'a, ()> {
        Box::pin(async move {
            step(&self.steps.purges).await;
            let done = self.do_now(|data| {
                data.now += 1;
                if what.everything {
                    data.floor = data.now;
                }
                for tag in &what.tags {
                    data.cells.insert(tag.to_string(), data.now);
                }
            });
            step(&self.steps.purges).await;
            done
        })
    }

    fn count<'a>(&'a self, _: &'a str, _: Duration) -> SharedFuture<'a, Count> {
        Box::pin(async { Err(Unavailable) })
    }
}

#[derive(Debug, Clone)]
enum Step {
    /// The source changes; each process will receive the event.
    Change(usize),
    /// A process receives the oldest event that it has not received; it may receive it twice.
    Receive(usize, bool),
    /// A process purges everything: it may have missed events, and now knows all of them.
    CatchUp(usize),
    /// A process asks for the page of this tag.
    Ask(usize, usize),
    /// Lookups advance one step: they take effect, or return.
    Look,
    /// Purges advance one step.
    Purge,
    /// The source of the nth caller answers, with its value at the time of the call.
    Bring(usize),
    /// The level becomes unavailable, or available again.
    Away(bool),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (0..2_usize).prop_map(Step::Change),
        4 => (0..2_usize, any::<bool>()).prop_map(|(process, twice)| Step::Receive(process, twice)),
        1 => (0..2_usize).prop_map(Step::CatchUp),
        6 => (0..2_usize, 0..2_usize).prop_map(|(process, tag)| Step::Ask(process, tag)),
        8 => Just(Step::Look),
        4 => Just(Step::Purge),
        4 => (0..4_usize).prop_map(Step::Bring),
        1 => any::<bool>().prop_map(Step::Away),
    ];
    prop::collection::vec(step, 1..120)
}

struct Process {
    tags: Tags,
    level: Level,
    /// Changes on their way to this process.
    coming: Vec<(usize, u64)>,
    known: [u64; 2],
}

struct Asker {
    known: u64,
    tag: usize,
    source: Arc<Semaphore>,
    answer: JoinHandle<u64>,
}

/// Looks into the level, then reads the source: what a page cache does, without its memory.
async fn page(level: Level, source: Arc<Mutex<[u64; 2]>>, tag: usize, answers: Arc<Semaphore>) -> u64 {
    let key = tag.to_string();
    let found = level.find(&key).await;
    if let Some(TaggedValue { value, .. }) = found.entry {
        return u64::from_be_bytes(value[..8].try_into().expect("eight bytes"));
    }
    let version = source.lock().expect("no test panics in it")[tag];
    step(&answers).await;
    if let Some(began) = found.began {
        let value = Bytes::copy_from_slice(&version.to_be_bytes());
        level.keep(key.clone(), TaggedValue { value, tags: vec![key] }, began, MINUTE);
    }
    version
}

async fn settle_down() {
    for _ in 0..12 {
        yield_now().await;
    }
}

async fn run(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let model = Arc::<Model>::default();
    let source = Arc::new(Mutex::new([0_u64; 2]));
    let mut processes = [0, 1].map(|_| {
        let level = Level::start(Arc::<Model>::clone(&model));
        Process { tags: Tags::over(level.clone()), level, coming: Vec::new(), known: [0; 2] }
    });
    let mut askers: Vec<Asker> = Vec::new();
    for step in steps {
        match step {
            Step::Change(tag) => {
                let version = {
                    let mut source = source.lock().unwrap();
                    source[tag] += 1;
                    source[tag]
                };
                for process in &mut processes {
                    process.coming.push((tag, version));
                }
            }
            Step::Receive(process, twice) => {
                let process = &mut processes[process];
                if let Some((tag, version)) = process.coming.first().copied() {
                    process.tags.purge(&tag.to_string());
                    process.known[tag] = process.known[tag].max(version);
                    if !twice {
                        process.coming.remove(0);
                    }
                }
            }
            Step::CatchUp(process) => {
                let process = &mut processes[process];
                process.tags.purge_all();
                process.known = *source.lock().unwrap();
            }
            Step::Ask(process, tag) => {
                let process = &processes[process];
                let answers = Arc::new(Semaphore::new(0));
                let page = page(process.level.clone(), Arc::clone(&source), tag, Arc::clone(&answers));
                let answer = tokio::spawn(page);
                askers.push(Asker { known: process.known[tag], tag, source: answers, answer });
            }
            Step::Look => model.steps.lookups.add_permits(1),
            Step::Purge => {
                model.steps.purges.add_permits(1);
                // Failed purges are retried.
                tokio::time::advance(Duration::from_millis(200)).await;
            }
            Step::Bring(n) => {
                if let Some(asker) = askers.get(n % askers.len().max(1)) {
                    asker.source.add_permits(1);
                }
            }
            Step::Away(away) => model.data.lock().unwrap().away = away,
        }
        settle_down().await;
        let mut waiting = Vec::new();
        for asker in askers {
            if !asker.answer.is_finished() {
                waiting.push(asker);
                continue;
            }
            let (tag, known) = (asker.tag, asker.known);
            let shown = asker.answer.await.unwrap();
            prop_assert!(shown >= known, "tag {tag}: {shown} is shown to a process that knows {known}");
        }
        askers = waiting;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn what_is_older_than_what_a_process_has_heard_is_never_shown_to_it(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(run(steps))?;
    }
}
