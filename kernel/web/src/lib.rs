//! The HTTP tools that all edges share. This crate knows nothing about shops.
//!
//! | module | for |
//! |---|---|
//! | [`serve`] | the HTTP server: time-outs, limits, graceful drain, and a fast path before the router |
//! | [`page`] | rendered pages, cached under tags and sent from memory |
//! | [`assets`] | static files in the binary, under names that change with their content |
//! | [`guard`] | the layer around every request: correlation id, panics, time limit, headers, metrics, access log |
//! | [`compress`] | compression of what no page cache has compressed |
//! | [`cors`] | the pages of other origins that may use the API |
//! | [`limit`] | rate limits per client |
//! | [`client`] | the client's IP address behind proxies |
//! | [`security`] | security headers; rejection of forms posted from other sites |
//! | [`problem`] | errors as RFC 9457 problems with stable codes |
//! | [`json`], [`form`], [`body`] | reading request bodies and parameters |
//! | [`templates`] | HTML from templates |
//! | [`sse`] | server-sent events |
//!
//! # An example of an edge
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use std::{convert::Infallible, time::Duration};
//!
//! use axum::{Router, extract::State, routing::get};
//! use cache::{CacheLimits, Tags};
//! use http::HeaderMap;
//! use message::{Clock, Fault, IdSource};
//! use tokio_util::sync::CancellationToken;
//! use web::{
//!     guard::Guard,
//!     page::{PageResponse, RenderedPage, PageCache},
//!     problem::Problem,
//!     security::SecurityHeaders,
//!     serve::{Server, listen},
//! };
//!
//! async fn home(State(pages): State<PageCache>, headers: HeaderMap) -> Result<PageResponse, Problem> {
//!     let page = pages.get_or_render("/", async { Ok::<_, Fault>(RenderedPage::html("<h1>Ahoy</h1>").tag("home")) });
//!     Ok(page.await?.answer(&headers))
//! }
//!
//! let headers = SecurityHeaders::for_pages();
//! let limits = CacheLimits { max_bytes: 64 << 20, time_to_live: Duration::from_secs(600) };
//! let pages = PageCache::new("storefront", &Tags::new(), limits, headers.to_map());
//!
//! let router = Router::new().route("/", get(home)).with_state(pages.clone());
//! let router = Guard::new(IdSource::random(Clock::system()), headers).around(router);
//! let server = Server::new(router).fast_path(move |head| pages.answer(head));
//! server.run([listen("127.0.0.1:8080".parse().expect("a socket address"))?], CancellationToken::new()).await;
//! # Ok(()) }
//! ```

pub mod assets;
pub mod body;
pub mod client;
pub mod compress;
pub mod cors;
pub mod form;
pub mod guard;
pub mod json;
pub mod limit;
pub mod page;
pub mod problem;
pub mod security;
pub mod serve;
pub mod sse;
pub mod templates;
