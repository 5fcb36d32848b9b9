//! Connections that have become something else than HTTP: bytes in both directions until one end, or silence.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::node::UnderWay;

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Tunnels(Mutex<JoinSet<()>>);

impl Tunnels {
    /// Begins as soon as both ends have changed over.
    pub(crate) fn open(&self, client: OnUpgrade, node: OnUpgrade, silence: Duration, under_way: UnderWay) {
        let mut tunnels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while tunnels.try_join_next().is_some() {}
        tunnels.spawn(async move {
            if let Err(error) = join(client, node, silence).await {
                tracing::debug!(%error, "an upgraded connection ended with an error");
            }
            drop(under_way);
        });
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        let mut tunnels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while tunnels.try_join_next().is_some() {}
        tunnels.len()
    }

    /// Lets them go on for `limit` and cuts those that are left.
    pub(crate) async fn end(&self, limit: Duration) {
        let mut tunnels = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let all = async { while tunnels.join_next().await.is_some() {} };
        if tokio::time::timeout(limit, all).await.is_err() {
            tracing::info!(connections = tunnels.len(), "upgraded connections are cut");
            tunnels.shutdown().await;
        }
    }
}

async fn join(client: OnUpgrade, node: OnUpgrade, silence: Duration) -> io::Result<()> {
    let (client, node) = tokio::try_join!(client, node).map_err(io::Error::other)?;
    let last = Arc::new(Mutex::new(Instant::now()));
    let mut client = Watched { inner: TokioIo::new(client), last: Arc::clone(&last) };
    let mut node = Watched { inner: TokioIo::new(node), last: Arc::clone(&last) };
    let silent = async {
        loop {
            let end = *last.lock().unwrap_or_else(PoisonError::into_inner) + silence;
            if end <= Instant::now() {
                break;
            }
            tokio::time::sleep_until(end).await;
        }
    };
    tokio::select! {
        copied = tokio::io::copy_bidirectional(&mut client, &mut node) => copied.map(drop),
        () = silent => Err(io::ErrorKind::TimedOut.into()),
    }
}

/// Notes when something was read.
struct Watched<T> {
    inner: T,
    last: Arc<Mutex<Instant>>,
}

impl<T: AsyncRead + Unpin> AsyncRead for Watched<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.inner).poll_read(cx, buffer))?;
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Watched<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
