//! Asking a service on behalf of the HTTP request that is being answered.

use std::time::Duration;

use bus::Bus;
use message::Request;
use web::guard;

/// How long [`ask_briefly`] waits.
pub const BRIEFLY: Duration = Duration::from_secs(1);

/// Asks a service. Correlation and deadline are those of the HTTP request.
pub async fn ask<R: Request>(bus: &Bus, request: &R) -> Result<R::Reply, R::Error> {
    bus.ask_with(guard::headers(bus.ids()), request).await
}

/// Asks a service for at most [`BRIEFLY`]: for an edge that has something to show without the answer, too.
pub async fn ask_briefly<R: Request>(bus: &Bus, request: &R) -> Result<R::Reply, R::Error> {
    let mut headers = guard::headers(bus.ids());
    let latest = bus.now().after(BRIEFLY);
    headers.deadline = Some(headers.deadline.map_or(latest, |deadline| deadline.min(latest)));
    bus.ask_with(headers, request).await
}
