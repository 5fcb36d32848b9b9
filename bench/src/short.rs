//! The short form, for the test command: everything is measured once and briefly, and nothing is wrong. No figure is judged by its
//! size, but for the counts of instructions, which do not drift with the machine.

use std::env;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use outlive_interop::sandbox;

use crate::arguments::RunArguments;
use crate::instructions::{self, Counts};
use crate::measure::{
    BYTES, COST, COST_A, COST_B, HEALTH, JOIN, JOIN_WRONG, READ, RESIDENT_A, RESIDENT_A_USED, RESIDENT_B, START, WRITE,
    WRONG, many,
};
use crate::record::{Results, Row};
use crate::run;
use crate::system::{Sending, System};
use crate::{plot, table};

/// Sessions that B takes over.
const SESSIONS: usize = 1_000;

/// What is measured: as the whole, only less of it.
fn arguments() -> RunArguments {
    RunArguments {
        reps: 1,
        seconds: Duration::from_millis(300),
        patience: Duration::ZERO,
        rest: Duration::ZERO,
        sizes: vec![SESSIONS],
        peers: Vec::new(),
        keep: false,
    }
}

/// Runs both checks, and prints what `cargo xtask verify` counts.
pub(crate) fn run() -> ExitCode {
    let start = Instant::now();
    // Returns only where this program cannot go inside.
    let outside = (!sandbox::is_inside()).then(|| format!("no network namespace: {}", sandbox::enter(&[])));
    let no_valgrind = (!instructions::is_possible()).then(|| "no valgrind here (Debian: valgrind)".to_owned());
    let mut counts = [0; 3];
    for outcome in [
        check("everything_is_measured_and_nothing_is_wrong", outside, measured),
        check("nothing_takes_many_more_instructions", no_valgrind, counted),
    ] {
        counts[outcome as usize] += 1;
    }
    let [passed, failed, skipped] = counts;
    println!(
        "\ntest result: {}. {passed} passed; {failed} failed; {skipped} ignored; 0 measured; 0 filtered out; finished in {:.2}s",
        if failed == 0 { "ok" } else { "FAILED" },
        start.elapsed().as_secs_f64()
    );
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What became of a check.
#[derive(Clone, Copy)]
enum Outcome {
    Passed,
    Failed,
    Skipped,
}

fn check(name: &str, obstacle: Option<String>, work: fn() -> Result<()>) -> Outcome {
    if let Some(obstacle) = obstacle {
        println!("test {name} ... SKIPPED");
        println!("    * SKIPPED: {obstacle}");
        if env::var("CI").is_ok_and(|value| value == "true") {
            println!("    CI=true: nothing may be skipped, so this is a failure");
            return Outcome::Failed;
        }
        return Outcome::Skipped;
    }
    match work() {
        Ok(()) => {
            println!("test {name} ... ok");
            Outcome::Passed
        }
        Err(error) => {
            println!("{error:#}\ntest {name} ... FAILED");
            Outcome::Failed
        }
    }
}

fn measured() -> Result<()> {
    let results = run::measure(&arguments())?;
    println!("{}", table::markdown(&results));
    for system in [System::Hyper, System::Outlive(Sending::Async), System::Outlive(Sending::Sync)] {
        positive(&results, system, HEALTH, &[COST])?;
    }
    let many = many(SESSIONS);
    for system in [System::Outlive(Sending::Async), System::Outlive(Sending::Sync)] {
        positive(
            &results,
            system,
            WRITE,
            &[COST, COST_A, COST_B, BYTES, "… ÷ bare hyper", "requests/s", "p50 µs", "p99 µs"],
        )?;
        positive(&results, system, READ, &[COST, COST_A, "… ÷ bare hyper", "requests/s"])?;
        // They count what is wrong, and are there.
        ensure!(figure(&results, system, WRITE, WRONG)? == 0.0, "{}: {WRONG}", system.name());
    }
    for system in [System::Outlive(Sending::Async), System::Outlive(Sending::Sync), System::Static] {
        positive(&results, system, START, &["alone, ms", "as the second, without sessions, ms"])?;
        positive(&results, system, &many, &[JOIN, "bytes between the nodes a session"])?;
        // So few sessions may fit into memory that the process has already.
        figure(&results, system, &many, RESIDENT_A_USED)?;
        figure(&results, system, &many, RESIDENT_A)?;
        figure(&results, system, &many, RESIDENT_B)?;
        ensure!(figure(&results, system, &many, JOIN_WRONG)? == 0.0, "{}: {JOIN_WRONG}", system.name());
    }
    let picture = plot::svg(&results);
    ensure!(picture.contains(WRITE) && picture.ends_with("</svg>\n"), "the picture is not whole");
    Ok(())
}

fn counted() -> Result<()> {
    let counts = Counts::take(&run::results_folder()?)?;
    println!("{}", counts.markdown()?);
    counts.check()
}

fn figure(results: &Results, system: System, group: &str, name: &str) -> Result<f64> {
    let spread = results.spread(system, &Row::new(group, name));
    let figure = spread.with_context(|| format!("{}: {group}: {name} was not measured", system.name()))?.median;
    ensure!(figure.is_finite(), "{}: {group}: {name} is {figure}", system.name());
    Ok(figure)
}

fn positive(results: &Results, system: System, group: &str, names: &[&str]) -> Result<()> {
    for name in names {
        let figure = figure(results, system, group, name)?;
        ensure!(figure > 0.0, "{}: {group}: {name} is {figure}", system.name());
    }
    Ok(())
}
