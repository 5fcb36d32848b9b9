//! The command line.

use std::net::SocketAddr;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::stores::StoresArguments;

/// What a replicated request costs, beside a bare hyper of the same run. See bench/README.md.
#[derive(Debug, Parser)]
#[command(name = "outlive-bench", args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) part: Option<Part>,
    #[command(flatten)]
    pub(crate) run: RunArguments,
    /// For tests: everything once and briefly, and no figure judged but the counts of instructions
    #[arg(long, conflicts_with_all = ["reps", "seconds", "sizes", "peers", "patience", "rest", "keep"])]
    pub(crate) short: bool,
}

/// What to measure, and how long.
#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// Repetitions; in each, every system has its turn
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) reps: u32,
    /// Length of one run of load, in seconds
    #[arg(long, value_name = "S", default_value = "3", value_parser = seconds)]
    pub(crate) seconds: Duration,
    /// How long to wait for a quiet machine before each run of load, in seconds; 0: not at all
    #[arg(long, value_name = "S", default_value = "15", value_parser = seconds)]
    pub(crate) patience: Duration,
    /// How long many sessions are left alone before their memory is looked at, in seconds: Outlive packs those that rest
    #[arg(long, value_name = "S", default_value = "12", value_parser = seconds)]
    pub(crate) rest: Duration,
    /// Numbers of sessions for memory and joining
    #[arg(long, value_name = "N,…", value_delimiter = ',', default_values_t = [10_000, 100_000])]
    pub(crate) sizes: Vec<usize>,
    /// Other systems to measure beside, where they are installed
    #[arg(long, value_name = "P,…", value_delimiter = ',')]
    pub(crate) peers: Vec<Peer>,
    /// Makes this run the one that is kept: bench/RESULTS.md and bench/results.svg
    #[arg(long)]
    pub(crate) keep: bool,
}

/// A system that is not ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Peer {
    /// Apache Tomcat with a DeltaManager, async and sync
    Tomcat,
    /// axum and tower-sessions over one Redis
    Redis,
}

/// Parts that the benchmark starts itself.
#[derive(Debug, Subcommand)]
pub(crate) enum Part {
    /// The anchor: a bare hyper
    #[command(hide = true)]
    Bare {
        /// Where it listens
        http: SocketAddr,
    },
    /// Does one piece of work a number of times: what is counted, and can be profiled
    Work {
        /// Its name, as in the table of instructions
        name: String,
        /// How often
        times: u64,
    },
    /// Measures what keeping sessions costs, for each store that is named
    Stores(StoresArguments),
    /// Counts the instructions of all pieces of work, and nothing else
    Count {
        /// Makes the counts the reference
        #[arg(long)]
        keep: bool,
    },
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}
