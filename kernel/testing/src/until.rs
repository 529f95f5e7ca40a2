//! Waiting for what comes to be by itself.

use std::time::{Duration, Instant};

/// How long it may take before a test gives up: servers take their time when everybody wants the processor.
const PATIENCE: Duration = Duration::from_secs(90);

/// Waits until `condition` holds.
///
/// # Panics
///
/// If that does not happen in time; the message says `what` was waited for.
pub async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !condition().await {
        assert!(began.elapsed() < PATIENCE, "gave up waiting until {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
