//! The project's own commands.
//!
//! - `cargo xtask verify` answers "is it done?": it checks and tests everything and changes nothing but the target folder.
//! - `cargo xtask loom` runs the models of `crates/sync` alone, as far as one likes.
//! - `cargo xtask bench` measures what a replicated request costs; see bench/README.md.
//! - `cargo xtask picture` takes the README's picture anew: the demo's page, as a real browser shows it.
//! - `cargo xtask fuzz` looks for inputs that break a promise, for as long as it is told to.
//! - `cargo xtask interop` runs the long forms of the tests with real Tomcats.
//! - `cargo xtask sim` runs whole clusters in one thread, from seeds.
//! - `cargo xtask fix` rewrites what can be rewritten by machine: format, clippy's suggestions, docs/configuration.md.

mod bench;
mod fix;
mod fuzz;
mod interop;
mod loom;
mod peers;
mod picture;
mod purity;
mod report;
mod sim;
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
    /// Runs the models of the locks and lanes in `crates/sync` with loom; `verify` does so too.
    Loom {
        /// Raises the bound of the models that are not exhaustive: switches away from threads that could have gone on.
        #[arg(long)]
        preemptions: Option<usize>,
    },
    /// Measures what a replicated request costs, in a few minutes; `bench --help` tells more.
    #[command(disable_help_flag = true)]
    Bench {
        /// What the benchmark is told.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Takes docs/demo.png anew. Needs Chromium and ChromeDriver.
    Picture,
    /// Runs libFuzzer on the targets in fuzz/, and goes on where the last run ended.
    Fuzz {
        /// Which targets; none: all.
        targets: Vec<String>,
        /// How long for each target.
        #[arg(long, default_value_t = 1)]
        minutes: u64,
    },
    /// Runs the simulator; `cargo xtask sim --help` tells how
    #[command(disable_help_flag = true)]
    Sim {
        /// Arguments of the simulator
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Runs the long forms of the tests with real Tomcats: each pairing again and again, all arrangements of three, 100,000 sessions.
    Interop {
        /// How often what is repeated runs.
        #[arg(long, default_value_t = 30)]
        runs: usize,
        /// Only tests with one of these in their name.
        filters: Vec<String>,
    },
    /// Formats the code, applies what clippy suggests, and writes docs/configuration.md.
    Fix,
}

fn main() -> ExitCode {
    match Arguments::parse().task {
        Task::Verify => verify::run(),
        Task::Loom { preemptions } => loom::run(preemptions),
        Task::Bench { arguments } => bench::run(&arguments),
        Task::Picture => picture::run(),
        Task::Fuzz { targets, minutes } => fuzz::run(&targets, minutes),
        Task::Interop { runs, filters } => interop::run(runs, &filters),
        Task::Sim { arguments } => sim::run(&arguments),
        Task::Fix => fix::run(),
    }
}

/// The folder of the workspace.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// The folder that the builds of the workspace go to.
fn target_folder() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |target| root().join(target))
}

/// Cargo, as it started this program.
fn cargo() -> std::process::Command {
    let mut command = std::process::Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}
