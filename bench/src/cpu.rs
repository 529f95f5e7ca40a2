//! Processor time, as Linux accounts for it in `/proc`.

use std::{fs, time::Duration};

/// Does `work` and gives, with what comes of it, what the calling thread used for it.
pub fn used<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let this_thread = || schedstat("/proc/thread-self/schedstat");
    let before = this_thread();
    let outcome = work();
    (outcome, this_thread().saturating_sub(before))
}

/// What all threads of process `pid` have used that still run, and those of its children.
pub fn process(pid: u32) -> Duration {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else { return Duration::ZERO };
    threads
        .flatten()
        .map(|thread| {
            let thread = thread.path().display().to_string();
            let children = fs::read_to_string(format!("{thread}/children")).unwrap_or_default();
            let theirs: Duration = children.split_whitespace().flat_map(str::parse).map(process).sum();
            schedstat(&format!("{thread}/schedstat")) + theirs
        })
        .sum()
}

/// The resident memory of process `pid`, without its children, in bytes.
pub fn resident(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// The first field of a `schedstat` file: nanoseconds on a processor.
fn schedstat(path: &str) -> Duration {
    let text = fs::read_to_string(path).unwrap_or_default();
    let nanos = text.split_whitespace().next().and_then(|field| field.parse().ok());
    Duration::from_nanos(nanos.unwrap_or(0))
}
