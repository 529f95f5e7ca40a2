//! What all edges share. It knows no shop.
//!
//! | module | for |
//! |---|---|
//! | [`serve`] | the HTTP server, with its time-outs, limits and drain, and a fast path ahead of the router |
//! | [`page`] | finished pages, cached under tags, answered from memory |
//! | [`assets`] | static files in the binary, under names that change with their content |
//! | [`guard`] | what every request is held to: correlation id, panics, time limit, headers, metrics, access log |
//! | [`limit`] | how often one client may call |
//! | [`client`] | which client that is, behind proxies |
//! | [`security`] | security headers; the refusal of forms posted from other sites |
//! | [`problem`] | refusals as RFC 9457 problems, with stable codes |
//! | [`json`], [`form`], [`body`] | reading what clients send |
//! | [`templates`] | HTML from templates |
//! | [`sse`] | server-sent events |
//!
//! # An edge, put together
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use std::{convert::Infallible, time::Duration};
//!
//! use axum::{Router, extract::State, routing::get};
//! use cache::{Limits, Tags};
//! use http::HeaderMap;
//! use message::{Clock, Fault, IdSource};
//! use tokio_util::sync::CancellationToken;
//! use web::{
//!     guard::Guard,
//!     page::{Answer, Draft, PageCache},
//!     problem::Problem,
//!     security::Headers,
//!     serve::{Server, listen},
//! };
//!
//! async fn home(State(pages): State<PageCache>, headers: HeaderMap) -> Result<Answer, Problem> {
//!     let page = pages.get_or_render("/", async { Ok::<_, Fault>(Draft::html("<h1>Ahoy</h1>").tag("home")) });
//!     Ok(page.await?.answer(&headers))
//! }
//!
//! let headers = Headers::for_pages();
//! let limits = Limits { max_bytes: 64 << 20, time_to_live: Duration::from_secs(600) };
//! let pages = PageCache::new("storefront", &Tags::new(), limits, headers.to_map());
//!
//! let router = Router::new().route("/", get(home)).with_state(pages.clone());
//! let router = Guard::new(IdSource::random(Clock::system()), headers).around(router);
//! let server = Server::new(router).fast_path(move |head| pages.answer(head));
//! server.run([listen("127.0.0.1:8080".parse().expect("an address"))?], CancellationToken::new()).await;
//! # Ok(()) }
//! ```

pub mod assets;
pub mod body;
pub mod client;
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
