//! `cargo xtask interop`: the long forms of the tests with real Tomcats.

use std::process::{Command, ExitCode};

use anyhow::{Result, ensure};

use crate::{bench, cargo, target_folder};

/// The tests with Tomcats that have a long form.
const TESTS: [&str; 5] = ["nine_steps", "overtaking", "mixed", "newcomer", "tomcat9"];

/// Runs them all, also those that `verify` leaves out; what is repeated, that many times.
pub(crate) fn run(runs: usize, filters: &[String]) -> ExitCode {
    match build_and_run(runs, filters) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn build_and_run(runs: usize, filters: &[String]) -> Result<()> {
    let built = bench::build().status()?;
    ensure!(built.success(), "the release build: {built}");
    let status = tests(filters).env("OUTLIVE_RUNS", runs.to_string()).status()?;
    ensure!(status.success(), "the tests with Tomcats: {status}");
    Ok(())
}

fn tests(filters: &[String]) -> Command {
    let mut test = cargo();
    test.args(["test", "--locked", "--no-fail-fast", "--package", "outlive-interop"]);
    test.args(TESTS.iter().flat_map(|name| ["--test", name])).args(["--", "--include-ignored"]).args(filters);
    test.env("OUTLIVE_BIN", target_folder().join("release/outlive"));
    test
}
