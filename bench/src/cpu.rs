//! Processor time, as Linux accounts for it in `/proc`.

use std::{fs, time::Duration};

/// Runs `work`, and returns its result with the calling thread's processor time for it.
pub fn used<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let this_thread = || schedstat("/proc/thread-self/schedstat");
    let before = this_thread();
    let outcome = work();
    (outcome, this_thread().saturating_sub(before))
}

/// The processor time of process `pid` so far, including its running children, accurate to a hundredth of a second.
pub fn process(pid: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let children: Duration = children(pid).into_iter().map(process).sum();
    times(&stat).unwrap_or_default() + children
}

fn children(pid: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().flat_map(str::parse).collect::<Vec<_>>()).collect()
}

/// User and system time in `/proc/[pid]/stat`; see proc(5).
fn times(stat: &str) -> Option<Duration> {
    // Linux reports the time in hundredths of a second on every architecture (USER_HZ).
    const TICK: Duration = Duration::from_millis(10);
    // The second field is the program's name in brackets, which may itself hold blanks and brackets.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u32>().ok();
    Some(TICK * (ticks()? + ticks()?))
}

/// The resident memory of process `pid`, without its children, in bytes.
pub fn resident(pid: u32) -> Option<u64> {
    memory(pid, "VmRSS")
}

/// A figure of memory in `/proc/[pid]/status`, in bytes: `VmRSS`, all that is resident; `RssAnon`, its own pages; `RssFile`,
/// pages of files, which processes of the same program share; see proc(5).
pub fn memory(pid: u32, figure: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(figure)?.strip_prefix(':'))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// The first field of a `schedstat` file: nanoseconds on a processor.
fn schedstat(path: &str) -> Duration {
    let text = fs::read_to_string(path).unwrap_or_default();
    let nanos = text.split_whitespace().next().and_then(|field| field.parse().ok());
    Duration::from_nanos(nanos.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_name_with_brackets_does_not_shift_the_fields() {
        let stat = "7 (a) b) S 1 1 1 0 -1 4194560 1 0 0 0 150 50 0 0 20 0 4 0 1200 1 1";
        assert_eq!(times(stat), Some(Duration::from_secs(2)));
    }

    #[test]
    fn work_is_accounted_to_its_thread_and_process() {
        let start = std::time::Instant::now();
        let ((), used) = used(|| while start.elapsed() < Duration::from_millis(100) {});
        assert!(used > Duration::from_millis(10), "{used:?}");
        assert!(process(std::process::id()) > Duration::ZERO);
        let pid = std::process::id();
        assert!(resident(pid).is_some_and(|bytes| bytes > 100_000));
        assert!(memory(pid, "RssAnon") < resident(pid) && memory(pid, "Rss").is_none());
    }
}
