//! One connection, from its acceptance to its end.

use std::{
    convert::Infallible,
    future::poll_fn,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, atomic::Ordering::Relaxed},
    task::{Context, Poll},
};

use axum::{Router, extract::ConnectInfo, routing::future::RouteFuture};
use http::{HeaderValue, Request, Response, header::CONNECTION};
use hyper::{
    body::{Body as _, Incoming},
    server::conn::http1,
    service::Service as HyperService,
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, sync::OwnedSemaphorePermit};
use tower::Service as _;

use super::{
    Head, Shared,
    body::Content,
    watch::{self, Busy, Marks, WatchedStream},
};

/// The largest head of a request, in bytes.
const HEAD: usize = 32 * 1024;

/// How much is read ahead of the current request, in bytes.
const BUFFER: usize = 64 * 1024;

pub(super) async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    shared: Arc<Shared>,
    _slot: OwnedSemaphorePermit,
) {
    // Responses are written whole; delaying the last packet would gain nothing.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%peer, %error, "cannot set TCP_NODELAY");
    }
    let marks = Arc::new(Marks::default());
    // A child token, so that checking it on every wake-up contends with no other connection.
    let stop = shared.stop.child_token();
    let service = Service { shared: Arc::clone(&shared), marks: Arc::clone(&marks), peer };
    let io = TokioIo::new(WatchedStream { stream, marks: Arc::clone(&marks) });
    let mut connection = http1::Builder::new()
        .header_read_timeout(None)
        .half_close(false)
        .max_header_size(HEAD)
        .max_buf_size(BUFFER)
        .serve_connection(io, service);

    let ended = tokio::select! {
        biased;
        ended = end_of(&mut connection) => Some(ended),
        overdue = watch::overdue(&marks, &shared.limits, &shared.slots) => {
            tracing::debug!(%peer, "closing the connection: {overdue}");
            return;
        }
        () = stop.cancelled() => None,
    };
    let ended = if let Some(ended) = ended {
        ended
    } else {
        Pin::new(&mut connection).graceful_shutdown();
        tokio::select! {
            biased;
            ended = end_of(&mut connection) => ended,
            _ = watch::overdue(&marks, &shared.limits, &shared.slots) => return,
            () = shared.cut.cancelled() => return,
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "the connection broke");
    }
    if let Err(error) = connection.into_parts().io.into_inner().close().await {
        tracing::debug!(%peer, %error, "the connection broke while it was closed");
    }
}

/// Completes when there is nothing more to read or write; the connection is not closed yet.
fn end_of(connection: &mut Connection) -> impl Future<Output = hyper::Result<()>> {
    poll_fn(move |cx| Pin::new(&mut *connection).poll_without_shutdown(cx))
}

type Connection = http1::Connection<TokioIo<WatchedStream>, Service>;

/// The fast path first, then the router.
struct Service {
    shared: Arc<Shared>,
    marks: Arc<Marks>,
    peer: SocketAddr,
}

impl HyperService<Request<Incoming>> for Service {
    type Response = Response<Content>;
    type Error = Infallible;
    type Future = ResponseFuture;

    fn call(&self, mut request: Request<Incoming>) -> ResponseFuture {
        let has_body = !request.body().is_end_stream();
        if !has_body && let Some(answer) = (self.shared.fast_path)(&Head::of(&request)) {
            self.marks.answered();
            return ResponseFuture::Done(Some(self.shared.dismiss(answer.map(Content::Whole))));
        }
        let busy = self.marks.busy(has_body);
        request.extensions_mut().insert(ConnectInfo(self.peer));
        let mut router: Router = self.shared.router.clone();
        ResponseFuture::Routing {
            route: Box::pin(router.call(request)),
            busy: Some(busy),
            shared: Arc::clone(&self.shared),
        }
    }
}

impl Shared {
    /// Asks the client to use another connection next, if this process is retired.
    fn dismiss(&self, mut answer: Response<Content>) -> Response<Content> {
        if self.retired.load(Relaxed) {
            answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        answer
    }
}

enum ResponseFuture {
    Done(Option<Response<Content>>),
    Routing { route: Pin<Box<RouteFuture<Infallible>>>, busy: Option<Busy>, shared: Arc<Shared> },
}

impl Future for ResponseFuture {
    type Output = Result<Response<Content>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            Self::Done(answer) => answer.take().map_or(Poll::Pending, |answer| Poll::Ready(Ok(answer))),
            Self::Routing { route, busy, shared } => {
                let Poll::Ready(Ok(answer)) = route.as_mut().poll(cx) else { return Poll::Pending };
                busy.take().map_or(Poll::Pending, |busy| {
                    Poll::Ready(Ok(shared.dismiss(answer.map(|body| Content::Routed(body, busy)))))
                })
            }
        }
    }
}
