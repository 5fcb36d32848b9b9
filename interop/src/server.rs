//! What the tests ask of a node, whichever program it is.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::Client;
use crate::poll;
use crate::process::Process;
use crate::spec::NodeSpec;

/// How long a node may take until it answers: a Tomcat on a busy machine.
const HEALTHY_LIMIT: Duration = Duration::from_secs(60);

/// What `/app/health` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Health {
    /// The other members that the node sees.
    pub members: u64,
    /// The sessions that it holds.
    pub sessions: u64,
}

/// A node that can be started, asked and killed, again and again.
pub trait Server {
    /// What the node is.
    fn spec(&self) -> &NodeSpec;

    /// The running process.
    ///
    /// # Errors
    /// Where it does not run.
    fn process(&self) -> Result<&Process>;

    /// Starts the process and returns at once.
    ///
    /// # Errors
    /// Where it runs already or cannot be started.
    fn launch(&mut self) -> Result<()>;

    /// SIGKILL: the crash. Returns when the process is gone.
    ///
    /// # Errors
    /// Where it does not run.
    fn kill(&mut self) -> Result<()>;

    /// SIGTERM: the orderly end. Returns when the process has ended.
    ///
    /// # Errors
    /// Where it does not run, or does not end.
    fn stop(&mut self) -> Result<()>;

    /// An error where the process has ended.
    ///
    /// # Errors
    /// Says how it ended.
    fn still_runs(&mut self) -> Result<()>;

    /// The node's name.
    fn name(&self) -> &str {
        &self.spec().name
    }

    /// Where the session app answers.
    fn http(&self) -> SocketAddr {
        self.spec().http()
    }

    /// Starts the node and waits until it is healthy.
    ///
    /// # Errors
    /// Where it ends, or does not answer within a minute.
    fn start(&mut self) -> Result<()> {
        self.launch()?;
        self.healthy()
    }

    /// Waits until the node answers 200 to `/app/health`.
    ///
    /// # Errors
    /// Where it ends, or does not answer within a minute.
    fn healthy(&mut self) -> Result<()> {
        let what = format!("{} is healthy", self.name());
        let mut died = None;
        poll::until(&what, HEALTHY_LIMIT, || {
            if let Err(end) = self.still_runs() {
                died = Some(end);
                return Ok(());
            }
            self.health().map(drop)
        })?;
        match died {
            Some(end) => Err(end.context(what)),
            None => Ok(()),
        }
    }

    /// Asks for the node's health once.
    ///
    /// # Errors
    /// Where it does not answer with it.
    fn health(&self) -> Result<Health> {
        let answer = Client::new().get(self.http(), "health", &[])?;
        let number =
            |field: &str| answer.get(field).and_then(Value::as_u64).with_context(|| format!("{field} in {answer}"));
        Ok(Health { members: number("members")?, sessions: number("sessions")? })
    }
}
