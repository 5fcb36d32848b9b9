//! `cargo xtask sim`, and the simulator's short form for `cargo xtask verify`.

use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};

use crate::{cargo, target_folder};

/// Seeds of the short form: the planted bugs must be found within as many.
const SEEDS: &str = "1000";

/// The known bugs that the simulator must find.
const BUGS: [&str; 5] =
    ["view-before-lock", "push-after-unlock", "created-wipes", "suffix-in-key", "delta-dropped-in-transfer"];

/// Runs the simulator with these arguments.
pub(crate) fn run(arguments: &[String]) -> ExitCode {
    match simulator().args(arguments).status() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// The short form: all seeds hold, each planted bug is found among them, and no bug is planted in what is released.
pub(crate) fn check() -> Result<()> {
    stays_out_of_the_release()?;
    let state = target_folder().join("sim-verify.state");
    succeeds(simulator().args(["--seeds", SEEDS, "--state"]).arg(state))?;
    BUGS.iter().try_for_each(|bug| {
        let shown = simulator().args(["--seeds", SEEDS, "--events", "0", "--planted", bug]).output()?;
        let text = String::from_utf8_lossy(&shown.stdout);
        ensure!(shown.status.success(), "{bug} is not found within {SEEDS} seeds\n{text}");
        let seed = text.lines().find(|line| line.starts_with("seed ")).unwrap_or_default();
        println!("{bug} is found: {seed}");
        Ok(())
    })
}

fn simulator() -> Command {
    let mut cargo = cargo();
    cargo.args(["run", "--locked", "--quiet", "--profile", "sim", "--package", "outlive-sim"]);
    cargo.args(["--features", "planted", "--"]);
    cargo
}

fn succeeds(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("{command:?}"))?;
    ensure!(status.success(), "{command:?}: {status}");
    Ok(())
}

fn stays_out_of_the_release() -> Result<()> {
    let tree = ["tree", "--locked", "--package", "outlive-server", "--edges", "normal", "--format", "{p} {f}"];
    let shown = cargo().args(tree).output()?;
    ensure!(shown.status.success(), "cargo tree: {}", String::from_utf8_lossy(&shown.stderr));
    let text = String::from_utf8_lossy(&shown.stdout);
    ensure!(text.contains("outlive-node "), "cargo tree does not show outlive-node");
    ensure!(!text.contains("planted"), "the release would carry the feature `planted`");
    Ok(())
}
