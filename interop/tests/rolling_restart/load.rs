//! Clients that work all the time, and notice everything that is not as it must be.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use outlive_interop::{Client, poll};

/// Clients, each with a session of its own.
const CLIENTS: usize = 8;
/// Between two requests of a client: some hundred a second in all, which leaves the machine to the nodes.
const PAUSE: Duration = Duration::from_millis(10);
/// So many requests make sure that the clients were at every node.
const ENOUGH: u64 = 200;
/// How long these may take.
const ENOUGH_LIMIT: Duration = Duration::from_secs(30);

/// Clients at work.
pub(crate) struct Load {
    clients: Vec<JoinHandle<Result<Worked>>>,
    over: Arc<AtomicBool>,
    requests: Arc<AtomicU64>,
}

/// What one client did.
struct Worked {
    moves: usize,
}

/// What all of them did.
pub(crate) struct Totals {
    pub(crate) requests: u64,
    pub(crate) sessions: u64,
    /// How often a client was served by another node than before.
    pub(crate) moves: usize,
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { requests, sessions, moves } = self;
        write!(f, "{requests} requests, 0 failed; {sessions} sessions with all their writes, which moved {moves} times")
    }
}

impl Load {
    /// Logs all clients in and lets them work.
    pub(crate) fn start(front: SocketAddr) -> Result<Self> {
        let (over, requests) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let client = |number| {
            let mut user = User::log_in(front, number)?;
            let (over, requests) = (Arc::clone(&over), Arc::clone(&requests));
            Ok(thread::spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    // The first fault ends the client: everything behind it would be a consequence.
                    user.works().with_context(|| format!("client {number} at its request {}", user.next))?;
                    requests.fetch_add(1, Ordering::Relaxed);
                    thread::sleep(PAUSE);
                }
                user.has_everything()
            }))
        };
        let clients = (0..CLIENTS).map(client).collect::<Result<Vec<_>>>()?;
        Ok(Self { clients, over, requests })
    }

    /// Waits until the clients have worked for a while, all of them.
    pub(crate) fn has_gone_on(&self) -> Result<()> {
        let target = self.requests.load(Ordering::Relaxed) + ENOUGH;
        poll::until("the clients go on", ENOUGH_LIMIT, || {
            let requests = self.requests.load(Ordering::Relaxed);
            ensure!(requests >= target || self.clients.iter().any(JoinHandle::is_finished), "{requests} of {target}");
            Ok(())
        })?;
        ensure!(!self.clients.iter().any(JoinHandle::is_finished), self.fault());
        Ok(())
    }

    /// Ends the work, and looks at every session once more.
    pub(crate) fn end(self) -> Result<Totals> {
        self.over.store(true, Ordering::Relaxed);
        let mut moves = 0;
        for client in self.clients {
            moves += client.join().map_err(|_| anyhow!("a client panicked"))??.moves;
        }
        Ok(Totals { requests: self.requests.load(Ordering::Relaxed), sessions: CLIENTS as u64, moves })
    }

    /// What is told where a client has ended early: [`end`](Self::end) says why.
    fn fault(&self) -> String {
        let ended = self.clients.iter().filter(|client| client.is_finished()).count();
        format!("{ended} clients have found something wrong")
    }
}

/// A client with a session that holds a user, a name and a counter.
struct User {
    front: SocketAddr,
    client: Client,
    mark: String,
    node: String,
    /// What its next count must give.
    next: u64,
    moves: usize,
}

impl User {
    fn log_in(front: SocketAddr, number: usize) -> Result<Self> {
        let mut client = Client::new();
        client.get(front, "login", &[("user", "alice"), ("password", "wonderland")])?;
        let mark = format!("client {number}");
        let session = client.get(front, "set", &[("name", "mark"), ("value", &mark)])?;
        let node = session["node"].as_str().context("no node in the session")?.to_owned();
        Ok(Self { front, client, mark, node, next: 1, moves: 0 })
    }

    /// One request that writes: each is done once, wherever it goes.
    fn works(&mut self) -> Result<()> {
        let answer = self.client.get(self.front, "counter", &[])?;
        ensure!(answer["counter"] == self.next, "the count must be {}: {answer}", self.next);
        self.next += 1;
        let node = answer["node"].as_str().context("no node in the answer")?;
        if node != self.node {
            node.clone_into(&mut self.node);
            self.moves += 1;
        }
        Ok(())
    }

    fn has_everything(mut self) -> Result<Worked> {
        let session = self.client.get(self.front, "session", &[])?;
        let attributes = &session["attributes"];
        ensure!(
            session["user"] == "alice"
                && attributes["mark"] == self.mark.as_str()
                && attributes["counter"] == self.next - 1,
            "{} has counted to {}: {session}",
            self.mark,
            self.next - 1
        );
        Ok(Worked { moves: self.moves })
    }
}
