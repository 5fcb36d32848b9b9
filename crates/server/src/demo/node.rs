//! One node of the demo: a process that can be killed and started again.

use std::net::SocketAddr;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout};

use super::browser::Browser;

/// How long a node may take until it is healthy: the limit of a state transfer and a little.
const START_LIMIT: Duration = Duration::from_secs(75);

/// How often a node that starts is asked.
const ASK_EACH: Duration = Duration::from_millis(30);

/// How long a node may take to tell its health.
const HEALTH_LIMIT: Duration = Duration::from_secs(1);

/// How long a node may take to leave in order.
const STOP_LIMIT: Duration = Duration::from_secs(3);

/// How long another hand may be at the process until the node counts as one that ends: starting one takes less.
const HAND_LIMIT: Duration = Duration::from_millis(50);

/// A node's name and addresses, and its process while it has one.
#[derive(Debug)]
pub(super) struct NodeProcess {
    name: &'static str,
    http: SocketAddr,
    receiver: SocketAddr,
    /// What `outlive serve` is given beside the addresses.
    arguments: Vec<String>,
    /// Held while a process is started or ended, not while one is waited for that starts: it may be killed meanwhile.
    process: Mutex<Option<Process>>,
}

#[derive(Debug)]
struct Process {
    child: Child,
    /// It has told its health once.
    was_up: bool,
}

/// What a node does, as seen from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NodeState {
    /// There is no process.
    Down,
    /// There is one, which does not hold the cluster's state yet.
    Starting,
    /// It answers.
    Up(Health),
    /// It has answered and does so no more, though its process is there.
    Silent,
    /// It was told to leave, or is being killed.
    Ending,
}

/// What a node says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Health {
    /// The *other* members that it sees.
    pub(super) members: u64,
    pub(super) sessions: u64,
}

/// What became of the process.
enum Fate {
    None,
    Runs { was_up: bool },
    Ended(ExitStatus),
}

impl NodeProcess {
    pub(super) fn new(name: &'static str, http: SocketAddr, receiver: SocketAddr, arguments: Vec<String>) -> Self {
        Self { name, http, receiver, arguments, process: Mutex::new(None) }
    }

    /// Its route behind session ids, too.
    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn http(&self) -> SocketAddr {
        self.http
    }

    /// Starts the process where none runs, and waits until it is healthy.
    ///
    /// # Errors
    /// It cannot be started, ends at once, is killed meanwhile, or is not healthy in time; in one sentence.
    pub(super) async fn start(&self) -> Result<(), String> {
        self.launch().await?;
        let end = Instant::now() + START_LIMIT;
        loop {
            let health = self.health().await;
            match fate(self.process.lock().await.as_mut(), health.is_some()) {
                Fate::None => return Err(format!("node {} was ended while it started", self.name)),
                Fate::Ended(status) => {
                    return Err(format!(
                        "node {} ended at once ({status}); what it said stands in the terminal",
                        self.name
                    ));
                }
                Fate::Runs { .. } if health.is_some() => return Ok(()),
                Fate::Runs { .. } if Instant::now() > end => {
                    return Err(format!("node {} is not healthy after {} s", self.name, START_LIMIT.as_secs()));
                }
                Fate::Runs { .. } => sleep(ASK_EACH).await,
            }
        }
    }

    async fn launch(&self) -> Result<(), String> {
        let mut process = self.process.lock().await;
        if !matches!(fate(process.as_mut(), false), Fate::Runs { .. }) {
            *process = Some(Process { child: self.spawn()?, was_up: false });
        }
        Ok(())
    }

    fn spawn(&self) -> Result<Child, String> {
        let program =
            std::env::current_exe().map_err(|error| format!("this program's own file is not found: {error}"))?;
        let mut command = Command::new(program);
        command.args(["serve", "--exit-with-stdin", "--name", self.name]);
        command.arg("--http").arg(self.http.to_string());
        command.arg("--receiver").arg(self.receiver.to_string());
        command.args(&self.arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).kill_on_drop(true);
        if std::env::var_os("RUST_LOG").is_none() {
            command.env("RUST_LOG", "error"); // a killed neighbour is no news here
        }
        command.spawn().map_err(|error| format!("node {} cannot be started: {error}", self.name))
    }

    /// What it does now. Takes up to a second where it is silent.
    pub(super) async fn state(&self) -> NodeState {
        // Asked before the process is looked at: an answer of one that is gone by then counts for nothing.
        let health = self.health().await;
        let Ok(mut process) = timeout(HAND_LIMIT, self.process.lock()).await else { return NodeState::Ending };
        match (fate(process.as_mut(), health.is_some()), health) {
            (Fate::None | Fate::Ended(_), _) => NodeState::Down,
            (Fate::Runs { .. }, Some(health)) => NodeState::Up(health),
            (Fate::Runs { was_up: true }, None) => NodeState::Silent,
            (Fate::Runs { was_up: false }, None) => NodeState::Starting,
        }
    }

    async fn health(&self) -> Option<Health> {
        let health = timeout(HEALTH_LIMIT, Browser::new().get(self.http, "/app/health")).await.ok()?.ok()?;
        Some(Health { members: health["members"].as_u64()?, sessions: health["sessions"].as_u64()? })
    }

    /// SIGKILL, and waits until the process is gone. Nothing happens where there is none.
    pub(super) async fn kill(&self) {
        let mut process = self.process.lock().await;
        if let Some(Process { mut child, .. }) = process.take() {
            let _ = child.kill().await; // an error: it is gone already
        }
    }

    /// Lets it leave in order, or kills it after three seconds.
    pub(super) async fn stop(&self) {
        let mut process = self.process.lock().await;
        let Some(Process { mut child, .. }) = process.take() else { return };
        drop(child.stdin.take());
        if timeout(STOP_LIMIT, child.wait()).await.is_err() {
            let _ = child.kill().await;
        }
    }
}

/// `answers`: it has just told its health.
fn fate(process: Option<&mut Process>, answers: bool) -> Fate {
    let Some(process) = process else { return Fate::None };
    match process.child.try_wait() {
        Ok(Some(status)) => Fate::Ended(status),
        Ok(None) => {
            process.was_up |= answers;
            Fate::Runs { was_up: process.was_up }
        }
        Err(_) => Fate::None, // the system knows of no such child any more
    }
}
