//! One node of the demo: a process that can be killed and started again.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout};

use super::browser::Browser;

/// How long a node may take until it is healthy: the limit of a state transfer and a little.
const START_LIMIT: Duration = Duration::from_secs(75);

/// How often a node that starts is asked.
const ASK_EACH: Duration = Duration::from_millis(30);

/// How long a node may take to leave in order.
const STOP_LIMIT: Duration = Duration::from_secs(3);

/// A node's name and addresses, and its process while it has one.
#[derive(Debug)]
pub(super) struct NodeProcess {
    name: &'static str,
    http: SocketAddr,
    receiver: SocketAddr,
    /// What `outlive serve` is given beside the addresses.
    arguments: Vec<String>,
    process: Mutex<Option<Child>>,
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

    /// Starts the process and waits until it is healthy. Nothing happens where it runs.
    ///
    /// # Errors
    /// It cannot be started, ends at once, or is not healthy in time; in one sentence.
    pub(super) async fn start(&self) -> Result<(), String> {
        let mut process = self.process.lock().await;
        if process.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None))) {
            return Ok(());
        }
        let child = process.insert(self.spawn()?);
        let end = Instant::now() + START_LIMIT;
        loop {
            if Browser::new().get(self.http, "/app/health").await.is_ok() {
                return Ok(());
            }
            match child.try_wait() {
                Ok(Some(status)) => {
                    return Err(format!("node {} ended at once ({status}); what it said stands above", self.name));
                }
                _ if Instant::now() > end => {
                    return Err(format!("node {} is not healthy after {} s", self.name, START_LIMIT.as_secs()));
                }
                _ => sleep(ASK_EACH).await,
            }
        }
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

    /// SIGKILL, and waits until the process is gone. Nothing happens where there is none.
    pub(super) async fn kill(&self) {
        if let Some(mut child) = self.process.lock().await.take() {
            let _ = child.kill().await; // an error: it is gone already
        }
    }

    /// Lets it leave in order, or kills it after three seconds.
    pub(super) async fn stop(&self) {
        let Some(mut child) = self.process.lock().await.take() else { return };
        drop(child.stdin.take());
        if timeout(STOP_LIMIT, child.wait()).await.is_err() {
            let _ = child.kill().await;
        }
    }
}
