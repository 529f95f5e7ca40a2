//! Server-sent events: a page that follows something live.
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

/// Often enough that no proxy takes the connection for dead, and that we notice when the client is.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// When those for whom there is no place may come again.
const COME_BACK: Duration = Duration::from_secs(5);

/// The open streams of an edge, at most so many. Cheap to clone; all clones share the places.
#[derive(Debug, Clone)]
pub struct Streams {
    places: Arc<Semaphore>,
    heartbeat: Duration,
    stop: CancellationToken,
}

impl Streams {
    /// At most `most` streams at a time; all end when `stop` is cancelled, so that they do not hold up a shutdown.
    pub fn new(most: usize, stop: CancellationToken) -> Self {
        Self { places: Arc::new(Semaphore::new(most)), heartbeat: HEARTBEAT, stop }
    }

    /// With a comment sent after this much silence, instead of 15 seconds.
    #[must_use]
    pub fn heartbeat(mut self, pause: Duration) -> Self {
        self.heartbeat = pause;
        self
    }

    /// Answers with `events` as they come, or with a `busy` problem if every place is taken. The browser asks again
    /// by itself when the stream ends; answer 204 to make it stop.
    pub fn open(&self, events: impl Stream<Item = Event> + Send + 'static) -> Result<Response, Problem> {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            return Err(Problem::new(&BUSY).detail("Too many are watching just now.").retry_after(COME_BACK));
        };
        let events = events.take_until(self.stop.clone().cancelled_owned()).map(move |event| {
            let _held = &place;
            Ok::<_, Infallible>(event)
        });
        let mut response =
            Sse::new(events).keep_alive(KeepAlive::new().interval(self.heartbeat)).into_response();
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        // nginx would gather the events into blocks.
        headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
        Ok(response)
    }
}
