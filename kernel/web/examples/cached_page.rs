//! Serves one page from the page cache, to be measured against nginx:
//! `cargo run --release -p web --example cached_page -- 127.0.0.1:8090 2000`.

use std::{convert::Infallible, time::Duration};

use axum::Router;
use cache::{CacheLimits, Tags};
use tokio_util::sync::CancellationToken;
use web::{
    page::{PageCache, RenderedPage},
    security::SecurityHeaders,
    serve::{Server, listen},
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let listen_address = arguments.next().as_deref().unwrap_or("127.0.0.1:8090").parse()?;
    let bytes = arguments.next().as_deref().unwrap_or("2000").parse()?;
    let limits = CacheLimits { max_bytes: 64 << 20, time_to_live: Duration::from_mins(10) };
    let pages = PageCache::new("example", &Tags::new(), limits, SecurityHeaders::for_api().to_map());
    let body = "x".repeat(bytes);
    let rendered = async { Ok::<_, Infallible>(RenderedPage::json(body).tag("product:example")) };
    pages.get_or_render("/api/v1/products/example", rendered).await?;
    let server = Server::new(Router::new()).fast_path(move |head| pages.answer(head));
    server.run([listen(listen_address)?], CancellationToken::new()).await;
    Ok(())
}
