//! `cargo xtask loom`: the models of `crates/sync`, under every schedule or all up to a bound.
//!
//! They need a build of that one crate with `--cfg loom`. It has a target folder of its own: the flag is part of every
//! package's fingerprint, and in the same folder each change between the two would build all of the workspace anew.

use std::env;
use std::process::{Command, ExitCode};

use crate::report::Report;
use crate::{cargo, target_folder};

/// The models. `preemptions` raises the bounds of those that are not exhaustive.
pub(crate) fn models(preemptions: Option<usize>) -> Command {
    let mut command = on_models("test");
    command.args(["--test", "loom", "--", "--show-output"]);
    // The trace of the deadlock that one of them wants would hide the figures.
    command.env("RUST_BACKTRACE", "0");
    match preemptions {
        Some(bound) => command.env("LOOM_MAX_PREEMPTIONS", bound.to_string()),
        None => command.env_remove("LOOM_MAX_PREEMPTIONS"),
    };
    command
}

/// Clippy on what other builds leave out.
pub(crate) fn clippy() -> Command {
    let mut command = on_models("clippy");
    command.args(["--all-targets", "--", "-D", "warnings"]);
    command
}

fn on_models(command: &str) -> Command {
    let mut cargo = cargo();
    cargo.args([command, "--locked", "--package", "outlive-sync", "--target-dir"]).arg(target_folder().join("loom"));
    let flags = env::var("RUSTFLAGS").unwrap_or_default();
    cargo.env("RUSTFLAGS", format!("{flags} --cfg loom").trim_start());
    cargo
}

pub(crate) fn run(preemptions: Option<usize>) -> ExitCode {
    let mut report = Report::new();
    let result = report.tests("loom models", &mut models(preemptions));
    report.close(&result);
    if result.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
