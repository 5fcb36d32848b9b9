//! `cargo xtask fix`: what a machine can put right.

use std::process::ExitCode;

use crate::cargo;

/// Clippy first, as its suggestions are not formatted; last, the page of settings from their table.
const STEPS: [&[&str]; 3] = [
    &["clippy", "--fix", "--allow-dirty", "--allow-staged", "--workspace", "--all-targets"],
    &["fmt", "--all"],
    &["test", "--quiet", "--package", "outlive-config", "--test", "reference"],
];

pub(crate) fn run() -> ExitCode {
    for step in STEPS {
        // Tests that compare with a file write it anew instead.
        match cargo().args(step).env("UPDATE_EXPECT", "1").status() {
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
