//! One HTTP request over a connection of its own.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::response::Parts;
use http::{Request, header};
use http_body_util::{BodyExt, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// The largest answer that is read.
const ANSWER_BYTES_MAX: usize = 16 << 20;

/// Asks, and gives the whole answer.
///
/// # Errors
/// No connection, no whole answer within `limit`, or one of more than 16 MiB.
pub(crate) async fn exchange<B>(
    address: SocketAddr,
    request: Request<B>,
    limit: Duration,
) -> anyhow::Result<(Parts, Bytes)>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: std::error::Error + Send + Sync,
{
    debug_assert!(request.headers().contains_key(header::HOST), "every request names its host");
    let target = request.uri().clone();
    let answer = tokio::time::timeout(limit, ask(address, request)).await;
    answer.map_err(|_| anyhow::anyhow!("no answer to {target} within {} s", limit.as_secs_f64()))?
}

async fn ask<B>(address: SocketAddr, request: Request<B>) -> anyhow::Result<(Parts, Bytes)>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: std::error::Error + Send + Sync,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(TcpStream::connect(address).await?)).await?;
    let answer = async {
        let answer = sender.send_request(request).await?;
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
        anyhow::Ok((head, body.map_err(anyhow::Error::from_boxed)?.to_bytes()))
    };
    tokio::pin!(connection);
    tokio::select! {
        answer = answer => answer,
        // It ends only with its last answer; driven on here it would be polled after its end.
        Err(error) = &mut connection => Err(error.into()),
    }
}
