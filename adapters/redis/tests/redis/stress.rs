//! Tests the rule under load: after a process has received a purge, it never serves the older value.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use rand::RngExt as _;
use tokio::time::{Instant, sleep};

use crate::support::{Process, Source, name, settings};

const TAGS: usize = 6;
const FOR: Duration = Duration::from_secs(6);

/// The versions that a process knows, by tag.
type KnownVersions = Arc<Vec<AtomicU64>>;

fn up_to(milliseconds: u64) -> Duration {
    Duration::from_micros(rand::rng().random_range(0..milliseconds * 1000))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_process_shows_what_is_older_than_what_it_knows() {
    let (source, settings) = (Source::new(TAGS), settings());
    let mut processes = Vec::new();
    for _ in 0..3 {
        let known_versions: KnownVersions = Arc::new((0..TAGS).map(|_| AtomicU64::new(0)).collect());
        processes.push((Process::start(settings.clone(), &source).await, known_versions));
    }
    let end = Instant::now() + FOR;
    let mut crowd = tokio::task::JoinSet::new();
    for (process, known_versions) in &processes {
        for _ in 0..8 {
            crowd.spawn(read(process.clone(), Arc::clone(known_versions), end));
        }
    }
    while Instant::now() < end {
        sleep(up_to(12)).await;
        let tag = rand::rng().random_range(0..TAGS);
        let version = source.change(tag);
        for (process, known_versions) in processes.clone() {
            crowd.spawn(async move {
                sleep(up_to(40)).await;
                process.tags.purge(&name(tag));
                known_versions[tag].fetch_max(version, Ordering::SeqCst);
                0
            });
        }
    }
    let reads: u64 = crowd.join_all().await.into_iter().sum();
    let fills: u64 = processes.iter().map(|(process, _)| process.fills.load(Ordering::Relaxed)).sum();
    // Otherwise the test would have shown nothing about the level.
    assert!(fills * 4 < reads * 3, "{fills} of {reads} pages came from the source");
}

/// Reads pages of two tags, and counts them.
async fn read(process: Process, known_versions: KnownVersions, end: Instant) -> u64 {
    let mut reads = 0;
    while Instant::now() < end {
        let tags = {
            let mut rng = rand::rng();
            [rng.random_range(0..TAGS), rng.random_range(0..TAGS)]
        };
        let known = tags.map(|tag| known_versions[tag].load(Ordering::SeqCst));
        let page = process.page_that_takes(&tags, up_to(4)).await;
        for ((tag, known), shown) in tags.into_iter().zip(known).zip(page) {
            assert!(shown >= known, "tag {tag}: {shown} is shown, {known} was known");
        }
        reads += 1;
        tokio::task::yield_now().await;
    }
    reads
}
