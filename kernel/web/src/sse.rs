//! Server-sent events: a page that follows live data.
//!
//! ```
//! use axum::response::sse::Event;
//! use futures::{StreamExt as _, stream};
//! use tokio_util::sync::CancellationToken;
//! use web::{problem::Problem, sse::Streams};
//!
//! # fn example() -> Result<axum::response::Response, Problem> {
//! let streams = Streams::new(1000, CancellationToken::new());
//! let statuses = stream::iter(["pending", "confirmed"]);
//! streams.open(statuses.map(|status| Event::default().event("status").data(status)))
//! # }
//! ```

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::response::{
    IntoResponse as _, Response,
    sse::{Event, KeepAlive, Sse},
};
use futures::{Stream, StreamExt as _};
use http::{HeaderName, HeaderValue, header::CACHE_CONTROL};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::problem::{BUSY, Problem};

/// Often enough that proxies keep the connection and that a lost client is noticed.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// `Retry-After` for clients beyond the limit.
const COME_BACK: Duration = Duration::from_secs(5);

/// The open streams of an edge, up to a limit. Cheap to clone; all clones share the limit.
#[derive(Debug, Clone)]
pub struct Streams {
    slots: Arc<Semaphore>,
    heartbeat: Duration,
    stop: CancellationToken,
}

impl Streams {
    /// Allows `most` streams at a time. All end when `stop` is cancelled, so that they do not delay a shutdown.
    pub fn new(most: usize, stop: CancellationToken) -> Self {
        Self { slots: Arc::new(Semaphore::new(most)), heartbeat: HEARTBEAT, stop }
    }

    /// Sends a comment after this much silence, instead of 15 seconds.
    #[must_use]
    pub fn heartbeat(mut self, pause: Duration) -> Self {
        self.heartbeat = pause;
        self
    }

    /// Responds with `events` as they come, or with a `busy` problem beyond the limit. Browsers reconnect by themselves
    /// when a stream ends; respond with 204 to stop that.
    pub fn open(&self, events: impl Stream<Item = Event> + Send + 'static) -> Result<Response, Problem> {
        let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else {
            return Err(Problem::new(&BUSY).detail("Too many are watching just now.").retry_after(COME_BACK));
        };
        let events = events.take_until(self.stop.clone().cancelled_owned()).map(move |event| {
            let _held = &slot;
            Ok::<_, Infallible>(event)
        });
        let mut response =
            Sse::new(events).keep_alive(KeepAlive::new().interval(self.heartbeat)).into_response();
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        // nginx would otherwise buffer the events.
        headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
        Ok(response)
    }
}
