//! The process of a node: there while the node is up.

use std::path::PathBuf;
use std::process::{Command, ExitStatus};

use anyhow::{Context, Result, ensure};

use crate::process::Process;

/// A node's process, or that it has none.
#[derive(Debug)]
pub struct NodeProcess {
    name: String,
    process: Option<Process>,
}

impl NodeProcess {
    /// None yet, of the node of that name.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), process: None }
    }

    /// The running process.
    ///
    /// # Errors
    /// Where there is none.
    pub fn get(&self) -> Result<&Process> {
        self.process.as_ref().with_context(|| self.none())
    }

    /// Starts it, with its output in the file `log`.
    ///
    /// # Errors
    /// Where it runs already or cannot be started.
    pub fn launch(&mut self, command: &mut Command, log: PathBuf) -> Result<()> {
        ensure!(self.process.is_none(), "{} runs already", self.name);
        self.process = Some(Process::spawn(command, log)?);
        Ok(())
    }

    /// SIGKILL, and waits until it is gone.
    ///
    /// # Errors
    /// Where there is none.
    pub fn kill(&mut self) -> Result<()> {
        self.take()?.kill()
    }

    /// SIGTERM, and waits until it has ended by itself.
    ///
    /// # Errors
    /// Where there is none, or it does not end.
    pub fn stop(&mut self) -> Result<ExitStatus> {
        self.take()?.stop()
    }

    /// Waits until it has ended by itself.
    ///
    /// # Errors
    /// Where there is none, or it does not end.
    pub fn wait(&mut self) -> Result<ExitStatus> {
        self.take()?.wait()
    }

    /// An error where it has ended.
    ///
    /// # Errors
    /// Says how it ended, or that there is none.
    pub fn still_runs(&mut self) -> Result<()> {
        let none = self.none();
        self.process.as_mut().context(none)?.still_runs()
    }

    fn take(&mut self) -> Result<Process> {
        let none = self.none();
        self.process.take().context(none)
    }

    fn none(&self) -> String {
        format!("{} does not run", self.name)
    }
}
