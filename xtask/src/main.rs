//! The project's own commands.
//!
//! - `cargo xtask verify` answers "is it done?": it checks and tests everything and changes nothing but the target folder.
//! - `cargo xtask fix` rewrites what can be rewritten by machine: format, and clippy's suggestions.

mod fix;
mod peers;
mod purity;
mod report;
mod verify;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The project's own commands.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Checks and tests everything; stops at the first failure. CI=true: nothing may be skipped.
    Verify,
    /// Formats the code and applies what clippy suggests.
    Fix,
}

fn main() -> ExitCode {
    match Arguments::parse().task {
        Task::Verify => verify::run(),
        Task::Fix => fix::run(),
    }
}

/// The folder of the workspace.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Cargo, as it started this program.
fn cargo() -> std::process::Command {
    let mut command = std::process::Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}
