//! Accepting connections, and the end.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

use super::connection::{HttpService, PerConnection};

/// Pause after an `accept` that failed for want of file descriptors or memory: only a connection's end helps.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Limits of a server. The default suits a node behind a balancer.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct HttpSettings {
    /// How long a client may take for a request's head, and how long a connection may stay idle. Default: 20 s, as Tomcat's
    /// `connectionTimeout`.
    pub header_read_timeout: Duration,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self { header_read_timeout: Duration::from_secs(20) }
    }
}

/// A server that answers. Dropped without [`stop`](Self::stop) it goes on until the runtime ends.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<Duration>,
    task: JoinHandle<()>,
}

impl Running {
    pub(super) fn start<S: HttpService>(
        listener: TcpListener,
        address: SocketAddr,
        service: S,
        settings: HttpSettings,
    ) -> Self {
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(run(listener, stopped, service, settings));
        Self { address, stop, task }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts nothing more, closes idle connections, lets requests under way end, and cuts those that have not after `limit`.
    ///
    /// Not cancel safe: dropped half-way the server drains on, and nobody learns when it is done.
    pub async fn stop(self, limit: Duration) {
        if self.stop.send(limit).is_ok() {
            let _ = self.task.await; // its panic is in the log already
        }
    }
}

async fn run<S: HttpService>(
    listener: TcpListener,
    mut stopped: oneshot::Receiver<Duration>,
    service: S,
    settings: HttpSettings,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(settings.header_read_timeout);
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let mut running = true;
    let limit = loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let service = PerConnection { service: service.clone(), peer };
                    connections.spawn(answer(stream, peer, http.clone(), service, graceful.watcher()));
                }
                Err(error) => after_failed_accept(&error).await,
            },
            Some(_) = connections.join_next() => {} // frees what an ended connection held
            limit = &mut stopped, if running => match limit {
                Ok(limit) => break limit,
                Err(_) => running = false, // nobody can stop it any more
            },
        }
    };
    drop(listener);
    if tokio::time::timeout(limit, graceful.shutdown()).await.is_err() {
        tracing::warn!(
            connections = connections.len(),
            ?limit,
            "requests were still under way at the end of the drain; they are cut"
        );
    }
    connections.shutdown().await;
}

async fn answer<S: HttpService>(
    stream: TcpStream,
    peer: SocketAddr,
    http: http1::Builder,
    service: PerConnection<S>,
    watcher: Watcher,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%peer, %error, "TCP_NODELAY could not be set"); // slower, not wrong
    }
    let connection = http.serve_connection(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%peer, %error, "a connection ended with an error");
    }
}

async fn after_failed_accept(error: &io::Error) {
    if is_of_one_connection(error) {
        return;
    }
    tracing::warn!(%error, "no connection could be accepted");
    tokio::time::sleep(ACCEPT_PAUSE).await;
}

/// Whether only that connection is lost (the client went away before it was accepted) and the next may be tried at once.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}
