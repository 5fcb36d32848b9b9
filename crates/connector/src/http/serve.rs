//! Accepting connections, and the end.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use super::connection::{LocalAddress, PerConnection};
use super::phase::{Phase, Phases, Watched};
use crate::accept::after_failed_accept;
use crate::form_limit::FormLimit;
use crate::origin::{Origin, UriEncoding};
use crate::running::Words;
use crate::service::HttpService;

/// How long a client that connects while the server ends may take until its request begins.
const FIRST_BYTE_LIMIT: Duration = Duration::from_secs(1);

/// How long one answer on such a connection may take at least.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);

/// Between two looks at how long a connection has been in its phase, where no limit says so.
const LOOK_INTERVAL: Duration = Duration::from_secs(60);

/// The same, however short a limit is.
const LOOK_INTERVAL_MIN: Duration = Duration::from_millis(10);

/// More connections than this do not wait in the kernel.
const BACKLOG_MAX: usize = 4096;

/// Limits of a server. The default suits a node behind a balancer.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct HttpSettings {
    /// How long a client may take for a request's head, and for the first byte. Default: 20 s, as `connectionTimeout` in Tomcat's own
    /// server.xml; `None`: for ever.
    pub header_read_timeout: Option<Duration>,
    /// How long a connection is kept for its next request. Default: 20 s, as Tomcat's `keepAliveTimeout`, which is its
    /// `connectionTimeout`; `None`: for ever.
    pub keep_alive_timeout: Option<Duration>,
    /// Requests of one connection at most; the last answer closes it. Default: no limit. Source: `maxKeepAliveRequests`, 100 there.
    pub keep_alive_requests_max: Option<u32>,
    /// Most connections at a time; further ones wait until one has ended. Default: 8192, as Tomcat's `maxConnections`.
    pub connections_max: usize,
    /// Bytes of a request's head at most, blanks around values not counted; a longer one is answered `431`. Default: 64 KiB.
    pub head_bytes_max: usize,
    /// Connections that the system keeps waiting until they are accepted, at most; it may keep fewer. Default: 1024. Source: `acceptCount`.
    pub backlog: u32,
    /// What applications see of the way to this server. Default: what the connector sees.
    pub origin: Origin,
    /// What percent codes of a URL are. Default: UTF-8.
    pub uri_encoding: UriEncoding,
    /// How long a form may be that an application reads parameters from. Default: 2 MiB. Source: `maxPostSize`.
    pub form_limit: FormLimit,
    /// Header lines of a request at most; more are answered `431`. Default: 100, as Tomcat's `maxHeaderCount`.
    pub headers_max: usize,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            header_read_timeout: Some(Duration::from_secs(20)),
            keep_alive_timeout: Some(Duration::from_secs(20)),
            keep_alive_requests_max: None,
            backlog: 1024,
            origin: Origin::default(),
            uri_encoding: UriEncoding::default(),
            form_limit: FormLimit::default(),
            connections_max: 8192,
            head_bytes_max: 64 << 10,
            headers_max: 100,
        }
    }
}

/// The least that the HTTP library takes for its buffer. It may read as much again before it looks, so that its limit is not the one that
/// is promised.
const HEAD_BYTES_MIN: usize = 8 << 10;

pub(super) async fn run<S: HttpService>(
    listener: TcpListener,
    Words { ending, mut stopped }: Words,
    service: S,
    settings: HttpSettings,
) {
    let mut http = http1::Builder::new();
    // The limit of a head, and that between two requests, are this crate's own.
    http.timer(TokioTimer::new()).header_read_timeout(None);
    http.max_buf_size(settings.head_bytes_max.max(HEAD_BYTES_MIN)).max_headers(settings.headers_max);
    let (end, ended) = watch::channel(());
    let settings = Arc::new(settings);
    let service_for = |stream: &TcpStream, peer| PerConnection {
        service: service.clone(),
        peer,
        local: stream.local_addr().ok().map(LocalAddress),
        ending: Arc::clone(&ending),
        settings: Arc::clone(&settings),
        phases: Phases::new(),
        requests: Arc::default(),
    };
    let mut connections = JoinSet::new();
    let mut running = true;
    let limit = loop {
        tokio::select! {
            accepted = listener.accept(), if connections.len() < settings.connections_max => match accepted {
                Ok((stream, peer)) if ending.load(Ordering::Relaxed) => {
                    let service = service_for(&stream, peer);
                    connections.spawn(answer_once(stream, peer, http.clone(), service));
                }
                Ok((stream, peer)) => {
                    let service = service_for(&stream, peer);
                    connections.spawn(answer(stream, peer, http.clone(), service, ended.clone()));
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
    // Who is connected and waits to be accepted would be reset with the listener.
    for (stream, peer) in still_waiting(listener) {
        let service = service_for(&stream, peer);
        connections.spawn(answer_once(stream, peer, http.clone(), service));
    }
    let _ = end.send(()); // an error: nobody is connected
    let all_answered = async { while connections.join_next().await.is_some() {} };
    if timeout(limit, all_answered).await.is_err() {
        tracing::warn!(
            connections = connections.len(),
            ?limit,
            "requests were still under way at the end of the drain; they are cut"
        );
    }
    connections.shutdown().await;
}

/// Closes the listener, and gives the connections that nobody has accepted yet.
fn still_waiting(listener: TcpListener) -> Vec<(TcpStream, SocketAddr)> {
    // Past the runtime, which may not have heard of the latest.
    let Ok(listener) = listener.into_std() else { return Vec::new() };
    let accepted = std::iter::from_fn(|| listener.accept().ok()).take(BACKLOG_MAX);
    let usable = accepted.filter_map(|(stream, peer)| {
        stream.set_nonblocking(true).ok()?;
        Some((TcpStream::from_std(stream).ok()?, peer))
    });
    usable.collect()
}

async fn answer<S: HttpService>(
    stream: TcpStream,
    peer: SocketAddr,
    http: http1::Builder,
    service: PerConnection<S>,
    mut ended: watch::Receiver<()>,
) {
    let (settings, phases) = (Arc::clone(&service.settings), service.phases.clone());
    let io = io(stream, peer, &phases);
    let mut connection = pin!(http.serve_connection(io, service).with_upgrades());
    let deadline = || phases.deadline(settings.header_read_timeout, settings.keep_alive_timeout);
    let mut ending = false;
    // Set anew when it is over, and not with each request: a phase lasts for less, most often. So an end may come late by this.
    let limits = [settings.header_read_timeout, settings.keep_alive_timeout];
    let look_interval = limits.into_iter().flatten().min().unwrap_or(LOOK_INTERVAL).max(LOOK_INTERVAL_MIN);
    let mut sleep = pin!(sleep_until(Instant::now()));
    let result = loop {
        tokio::select! {
            result = connection.as_mut() => break result,
            _ = ended.changed(), if !ending => {
                ending = true;
                connection.as_mut().graceful_shutdown();
            }
            () = sleep.as_mut() => match (deadline(), phases.get()) {
                (Some(over), Phase::Head(_)) if over <= Instant::now() => {
                    tracing::debug!(%peer, "a connection is given up: no request in time");
                    return;
                }
                (Some(over), Phase::Idle(_)) if over <= Instant::now() => {
                    ending = true;
                    connection.as_mut().graceful_shutdown();
                    sleep.as_mut().reset(Instant::now() + look_interval);
                }
                (over, _) => {
                    let next = Instant::now() + look_interval;
                    sleep.as_mut().reset(over.map_or(next, |over| over.min(next)));
                }
            },
        }
    };
    if let Err(error) = result {
        tracing::debug!(%peer, %error, "a connection ended with an error");
    }
}

/// On a connection that is made while the server ends: one answer, to a request that comes soon.
async fn answer_once<S: HttpService>(
    stream: TcpStream,
    peer: SocketAddr,
    mut http: http1::Builder,
    service: PerConnection<S>,
) {
    if !matches!(timeout(FIRST_BYTE_LIMIT, stream.readable()).await, Ok(Ok(()))) {
        return;
    }
    http.keep_alive(false);
    let limit = service.settings.header_read_timeout.unwrap_or(ANSWER_LIMIT);
    let io = io(stream, peer, &service.phases);
    let answered = timeout(limit.max(ANSWER_LIMIT), http.serve_connection(io, service).with_upgrades());
    if let Ok(Err(error)) = answered.await {
        tracing::debug!(%peer, %error, "a connection ended with an error");
    }
}

fn io(stream: TcpStream, peer: SocketAddr, phases: &Phases) -> TokioIo<Watched> {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%peer, %error, "TCP_NODELAY could not be set"); // slower, not wrong
    }
    TokioIo::new(Watched { stream, phases: phases.clone() })
}
