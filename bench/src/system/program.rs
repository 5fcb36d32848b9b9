//! A node made of any program that serves the session app in the foreground.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use outlive_interop::process::Process;
use outlive_interop::{NodeProcess, NodeSpec, Scene, Server};

/// Such a node.
#[derive(Debug)]
pub(super) struct ProgramNode<'scene> {
    spec: NodeSpec,
    scene: &'scene Scene,
    program: PathBuf,
    arguments: Vec<String>,
    process: NodeProcess,
}

impl<'scene> ProgramNode<'scene> {
    /// A node that is not started yet.
    pub(super) fn new(scene: &'scene Scene, spec: NodeSpec, program: &Path, arguments: Vec<String>) -> Self {
        let process = NodeProcess::new(&spec.name);
        Self { spec, scene, program: program.to_owned(), arguments, process }
    }
}

impl Server for ProgramNode<'_> {
    fn spec(&self) -> &NodeSpec {
        &self.spec
    }

    fn process(&self) -> Result<&Process> {
        self.process.get()
    }

    fn launch(&mut self) -> Result<()> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        self.process.launch(&mut command, self.scene.log_file(&self.spec.name))
    }

    fn kill(&mut self) -> Result<()> {
        self.process.kill()
    }

    fn stop(&mut self) -> Result<()> {
        self.process.stop().map(drop)
    }

    fn still_runs(&mut self) -> Result<()> {
        self.process.still_runs()
    }
}
