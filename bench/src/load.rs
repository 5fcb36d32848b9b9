//! The load: clients of the session app, many sessions on a few keep-alive connections, in one thread.
//!
//! Each connection has a jar of its own with a share of the sessions and uses them in turn, one request at a time: a closed loop, so a
//! slower server gets fewer requests. The load shares the machine with the servers and is not counted with them.

mod connection;
mod jar;

pub(crate) use jar::Jar;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

use connection::Connection;

/// How many connections there are.
pub(crate) const CONNECTIONS: usize = 16;

/// What one run of load did.
#[derive(Debug)]
pub(crate) struct Run {
    /// Answers, in the order of the jar's sessions.
    pub(crate) answers: Vec<u32>,
    /// From the first request to the last answer.
    pub(crate) time: Duration,
    /// Of each request, shortest first.
    latencies: Vec<Duration>,
}

impl Run {
    /// How many requests were answered.
    pub(crate) fn requests(&self) -> usize {
        self.latencies.len()
    }

    /// The latency that `share` of all requests (0 to 1) kept below.
    pub(crate) fn latency(&self, share: f64) -> Duration {
        let last = self.latencies.len().saturating_sub(1);
        let index = (last as f64 * share).round() as usize;
        self.latencies.get(index).copied().unwrap_or_default()
    }
}

/// Sends `path` with the sessions of the jar, again and again, for as long as `time`.
///
/// # Errors
/// A connection that breaks, an answer other than 200.
pub(crate) fn run(node: SocketAddr, jar: &Jar, path: &str, time: Duration) -> Result<Run> {
    let shares = jar.requests(node, path);
    let sessions = shares.iter().map(Vec::len).sum();
    let start = Instant::now();
    let parts = on_connections(node, shares, move |connection, requests| go(connection, requests, start + time))?;
    let time = start.elapsed();
    let mut answers = vec![0; sessions];
    let mut latencies = Vec::new();
    for (connection, part) in parts.into_iter().enumerate() {
        for (place, count) in part.0.into_iter().enumerate() {
            answers[Jar::index(connection, place)] = count;
        }
        latencies.extend(part.1);
    }
    latencies.sort_unstable();
    Ok(Run { answers, time, latencies })
}

/// Makes `count` sessions: each by the first of its paths, and then the others with the session.
///
/// # Errors
/// A connection that breaks, an answer other than 200, a first answer that sets no cookie.
pub(crate) fn create(node: SocketAddr, count: usize, paths: impl Fn(usize) -> Vec<String>) -> Result<Jar> {
    let shares = (0..CONNECTIONS).map(|connection| {
        let indices = (0..).map(|place| Jar::index(connection, place)).take_while(|index| *index < count);
        indices.map(&paths).collect()
    });
    Ok(Jar::new(on_connections(node, shares.collect(), make)?))
}

/// Asks for `path` once with each session. Bodies, in the order of the jar.
///
/// # Errors
/// A connection that breaks, an answer other than 200.
pub(crate) fn each(node: SocketAddr, jar: &Jar, path: &str) -> Result<Vec<Vec<u8>>> {
    let shares = jar.requests(node, path);
    let mut bodies = vec![Vec::new(); shares.iter().map(Vec::len).sum()];
    for (connection, part) in on_connections(node, shares, ask)?.into_iter().enumerate() {
        for (place, body) in part.into_iter().enumerate() {
            bodies[Jar::index(connection, place)] = body;
        }
    }
    Ok(bodies)
}

/// Gives every share to a connection of its own, all at once, and collects what they make of it, in order.
fn on_connections<S, T, F>(node: SocketAddr, shares: Vec<S>, work: impl Fn(Connection, S) -> F) -> Result<Vec<T>>
where
    S: Send + 'static,
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    runtime()?.block_on(async {
        let mut connections: JoinSet<Result<(usize, T)>> = JoinSet::new();
        for (number, share) in shares.into_iter().enumerate() {
            let connection = Connection::open(node).await.with_context(|| format!("cannot connect to {node}"))?;
            let made = work(connection, share);
            connections.spawn(async move { Ok((number, made.await?)) });
        }
        let mut parts = Vec::new();
        while let Some(done) = connections.join_next().await {
            parts.push(done??);
        }
        parts.sort_by_key(|(number, _)| *number);
        Ok(parts.into_iter().map(|(_, part)| part).collect())
    })
}

fn runtime() -> Result<Runtime> {
    Builder::new_current_thread().enable_all().build().context("no event loop")
}

async fn go(mut connection: Connection, requests: Vec<Vec<u8>>, until: Instant) -> Result<(Vec<u32>, Vec<Duration>)> {
    let mut answers = vec![0; requests.len()];
    let mut latencies = Vec::new();
    let mut began = Instant::now();
    for place in (0..requests.len()).cycle() {
        if began >= until {
            break;
        }
        connection.exchange(&requests[place]).await?;
        answers[place] += 1;
        let ended = Instant::now();
        latencies.push(ended - began);
        began = ended;
    }
    Ok((answers, latencies))
}

async fn make(mut connection: Connection, sessions: Vec<Vec<String>>) -> Result<Vec<String>> {
    let mut cookies = Vec::with_capacity(sessions.len());
    for paths in sessions {
        let mut cookie = None;
        for path in paths {
            let request = jar::request(connection.node(), &path, cookie.as_deref());
            let answer = connection.exchange(&request).await?;
            if let Some(set) = answer.cookie() {
                cookie = Some(set.to_owned());
            }
        }
        cookies.push(cookie.context("no answer has set a cookie")?);
    }
    Ok(cookies)
}

async fn ask(mut connection: Connection, requests: Vec<Vec<u8>>) -> Result<Vec<Vec<u8>>> {
    let mut bodies = Vec::with_capacity(requests.len());
    for request in requests {
        bodies.push(connection.exchange(&request).await?.body().to_vec());
    }
    Ok(bodies)
}
