//! The anchor: hyper without anything behind it, in the process layout of `outlive serve`.
//!
//! The same runtime with the same number of threads, the same HTTP options, an answer of the same size as `/app/health`. What it costs to
//! answer at all is the unit in which the table tells what sessions and their replication cost.

use std::convert::Infallible;
use std::net::SocketAddr;

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;

/// As long as what a node with one peer answers to `/app/health`, and of the same form.
const BODY: &[u8] = br#"{"node":"node-a","members":0,"sessions":0}"#;

/// Answers every request until the process is ended.
///
/// # Errors
/// The address cannot be had.
pub(crate) fn serve(address: SocketAddr) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen at {address}"))?;
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new());
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let connection = http.serve_connection(TokioIo::new(stream), service_fn(answer));
            // A connection's error is its client's business.
            tokio::spawn(async { connection.await.ok() });
        }
    })
}

async fn answer(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = Response::new(Full::new(Bytes::from_static(BODY)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
