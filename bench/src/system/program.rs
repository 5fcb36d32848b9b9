//! A node made of any program that serves the session app in the foreground.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use outlive_interop::process::Process;
use outlive_interop::{NodeSpec, Scene, Server};

/// Such a node.
#[derive(Debug)]
pub(super) struct ProgramNode<'scene> {
    spec: NodeSpec,
    scene: &'scene Scene,
    program: PathBuf,
    arguments: Vec<String>,
    process: Option<Process>,
}

impl<'scene> ProgramNode<'scene> {
    /// A node that is not started yet.
    pub(super) fn new(scene: &'scene Scene, spec: NodeSpec, program: &Path, arguments: Vec<String>) -> Self {
        Self { spec, scene, program: program.to_owned(), arguments, process: None }
    }

    fn taken(&mut self) -> Result<Process> {
        self.process.take().with_context(|| format!("{} does not run", self.spec.name))
    }
}

impl Server for ProgramNode<'_> {
    fn spec(&self) -> &NodeSpec {
        &self.spec
    }

    fn process(&self) -> Result<&Process> {
        self.process.as_ref().with_context(|| format!("{} does not run", self.spec.name))
    }

    fn launch(&mut self) -> Result<()> {
        ensure!(self.process.is_none(), "{} runs already", self.spec.name);
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        self.process = Some(Process::spawn(&mut command, self.scene.log_file(&self.spec.name))?);
        Ok(())
    }

    fn kill(&mut self) -> Result<()> {
        self.taken()?.kill()
    }

    fn stop(&mut self) -> Result<()> {
        self.taken()?.stop().map(drop)
    }

    fn still_runs(&mut self) -> Result<()> {
        self.process.as_mut().context("it does not run")?.still_runs()
    }
}
