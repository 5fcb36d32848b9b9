//! `outlive demo` as a process.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use outlive_interop::process::Process;
use outlive_interop::{Client, Scene, poll};
use serde_json::Value;

use crate::browser::{LIMIT, address};

/// A running demo with both nodes up. Dropped it is killed, and its nodes end with it.
pub(crate) struct Demo {
    process: Process,
    url: String,
}

impl Demo {
    /// Starts it, and waits until it tells where its page is.
    pub(crate) fn start(scene: &Scene) -> Result<Self> {
        let mut command = Command::new(scene.outlive()?);
        command.arg("demo").env_remove("RUST_LOG").env("RUST_BACKTRACE", "0");
        let mut process = Process::spawn(&mut command, scene.log_file("demo"))?;
        let url = poll::until("the page's address", LIMIT, || {
            process.still_runs()?;
            url(&process.output()?).context("it has not told it")
        })?;
        Ok(Self { process, url })
    }

    /// `http://127.0.0.1:8080`, without a slash behind it.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// What the page asks for again and again.
    pub(crate) fn state(&self) -> Result<Value> {
        let answer = Client::new().fetch(address(&self.url)?, "/state")?;
        serde_json::from_str(&answer.body).with_context(|| answer.body.clone())
    }

    /// Ends it as Ctrl-C does.
    pub(crate) fn stop(self) -> Result<()> {
        let status = self.process.stop()?;
        ensure!(status.success(), "the demo ended with {status}");
        Ok(())
    }
}

fn url(output: &str) -> Option<String> {
    let line = output.lines().find(|line| line.trim_start().starts_with("the page "))?;
    Some(line.split_whitespace().find(|word| word.starts_with("http://"))?.trim_end_matches('/').to_owned())
}
