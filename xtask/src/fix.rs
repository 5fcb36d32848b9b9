//! `cargo xtask fix`: what a machine can put right.

use std::process::ExitCode;

use crate::cargo;

/// Clippy first, as its suggestions are not formatted.
const STEPS: [&[&str]; 2] =
    [&["clippy", "--fix", "--allow-dirty", "--allow-staged", "--workspace", "--all-targets"], &["fmt", "--all"]];

pub(crate) fn run() -> ExitCode {
    for step in STEPS {
        match cargo().args(step).status() {
            Ok(status) if status.success() => {}
            Ok(status) => {
                println!("cargo {}: {status}", step.join(" "));
                return ExitCode::FAILURE;
            }
            Err(error) => {
                println!("cannot start cargo: {error}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}
