//! `cargo xtask verify`: everything that must hold, the quick things first.

use std::env;
use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::report::Report;
use crate::{bench, cargo, loom, peers, purity, sim, target_folder};

/// The tests of `interop` that start processes. A plain `cargo test` leaves them out, and so do cargo's `--all-targets`.
const PROCESS_TESTS: &[&str] = &[
    "nine_steps",
    "base_folder",
    "overtaking",
    "mixed",
    "newcomer",
    "tomcat9",
    "interceptors",
    "start_order",
    "bad_input",
    "hostile",
    "keeper",
    "stores",
    "stores_files",
    "stores_sql",
    "stores_redis",
    "balancers",
    "ajp",
    "keepalived",
    "rolling_restart",
    "demo_page",
];

pub(crate) fn run() -> ExitCode {
    let mut report = Report::new();
    let result = all(&mut report);
    report.close(&result);
    if result.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn all(report: &mut Report) -> Result<()> {
    let nothing_may_be_skipped = env::var("CI").is_ok_and(|value| value == "true");
    report.command("format", cargo().args(["fmt", "--all", "--check"]))?;
    report.check("purity of the crates without I/O", purity::check)?;
    // The programs of the fuzz targets are built by `cargo xtask fuzz` alone, so they are looked at here.
    let everything = ["--all-targets", "--features", "outlive-fuzz/programs", "--", "-D", "warnings"];
    report.command("clippy", on_workspace("clippy").args(everything))?;
    report.command(
        "clippy, process tests",
        on_workspace("clippy").args(process_tests()).args(["--", "-D", "warnings"]),
    )?;
    report.command("clippy, loom models", &mut loom::clippy())?;
    report.command("docs", on_workspace("doc").arg("--no-deps").env("RUSTDOCFLAGS", "-D warnings"))?;
    // Before the unit tests: what we write as Java streams is read by a real JVM there.
    report.check("the real peers", || peers::ensure(nothing_may_be_skipped))?;
    report.tests("unit tests, vectors, doc tests", &mut on_workspace("test"))?;
    report.tests("loom models", &mut loom::models(None))?;
    report.check("the simulator: 1,000 seeds, and five planted bugs that must be found", sim::check)?;
    report.command("the release build", &mut bench::build())?;
    report.tests(
        "process tests",
        on_workspace("test")
            .arg("--no-fail-fast")
            .args(process_tests())
            .env("OUTLIVE_BIN", target_folder().join("release/outlive")),
    )?;
    report.tests("the benchmark's short form", &mut bench::short())
}

/// A command of cargo on all packages at once: so that every step uses the same builds of what they depend on.
fn on_workspace(command: &str) -> Command {
    let mut cargo = cargo();
    cargo.args([command, "--locked", "--workspace"]);
    cargo
}

fn process_tests() -> impl Iterator<Item = &'static str> {
    PROCESS_TESTS.iter().flat_map(|name| ["--test", name])
}
