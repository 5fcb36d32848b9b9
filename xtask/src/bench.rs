//! `cargo xtask bench`: builds the benchmark and the node that it measures, and runs it.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Result, ensure};

use crate::{cargo, target_folder};

/// Builds both in the release profile, then runs the benchmark with the given arguments.
pub(crate) fn run(arguments: &[String]) -> ExitCode {
    match build_and_run(arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn build_and_run(arguments: &[String]) -> Result<ExitCode> {
    let built = build().status()?;
    ensure!(built.success(), "the release build: {built}");
    let run = Command::new(binary()).args(arguments).status()?;
    Ok(if run.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The release build of the node and of the benchmark, which looks for it beside itself.
pub(crate) fn build() -> Command {
    let mut cargo = cargo();
    cargo.args(["build", "--locked", "--release", "--package", "outlive-server", "--package", "outlive-bench"]);
    cargo
}

/// The benchmark's short form, for the test command.
pub(crate) fn short() -> Command {
    let mut bench = Command::new(binary());
    bench.arg("--short");
    bench
}

fn binary() -> PathBuf {
    target_folder().join("release/outlive-bench")
}
