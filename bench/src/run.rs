//! One call of the benchmark: every system in every repetition, then the report.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use outlive_interop::sandbox;

use crate::arguments::RunArguments;
use crate::instructions::{self, Counts};
use crate::machine::Machine;
use crate::measure::requests::Method;
use crate::peers;
use crate::plot;
use crate::record::Results;
use crate::repetition::Repetition;
use crate::report::Report;

/// Enters a network namespace of its own, measures there, and prints the report.
///
/// # Errors
/// Something cannot be measured, or a session of ours is wrong.
pub(crate) fn run(arguments: &RunArguments) -> Result<()> {
    if !sandbox::is_inside() {
        // What is downloaded comes before there is no network.
        peers::build(&arguments.peers, &results_folder()?)?;
        bail!("no network namespace: {}", sandbox::enter(&[]));
    }
    let counts = if instructions::is_possible() {
        Some(Counts::take(&results_folder()?)?)
    } else {
        peers::skipped("the count of instructions", "valgrind");
        None
    };
    let results = measure(arguments)?;
    let report = Report { machine: &Machine::look(), results: &results, counts: counts.as_ref() };
    let (text, picture) = (report.markdown()?, plot::svg(&results));
    println!("{text}");
    write(&results_folder()?, &text, &picture)?;
    if arguments.keep {
        write(Path::new(env!("CARGO_MANIFEST_DIR")), &text, &picture)?;
    }
    Ok(())
}

/// Measures every system in every repetition. Takes place inside of the namespace.
///
/// # Errors
/// Something cannot be measured, or a session of ours is wrong.
pub(crate) fn measure(arguments: &RunArguments) -> Result<Results> {
    let (parts, systems) = peers::gather(&arguments.peers, outlive()?, &target()?)?;
    let method = Method { time: arguments.seconds, patience: arguments.patience, rest: arguments.rest };
    let mut results = Results::default();
    for number in 1..=arguments.reps {
        let mut repetition = Repetition::new(&parts, method, &arguments.sizes);
        for &system in &systems {
            eprintln!("repetition {number} of {}: {}", arguments.reps, system.name());
            repetition.measure(system).with_context(|| system.name())?;
        }
        for (system, record) in repetition.finish() {
            results.add(system, record);
        }
    }
    Ok(results)
}

/// Writes the report and its picture.
fn write(folder: &Path, text: &str, picture: &str) -> Result<()> {
    fs::create_dir_all(folder)?;
    for (name, content) in [("RESULTS.md", text), ("results.svg", picture)] {
        let path = folder.join(name);
        fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// The target folder, which this program lies in.
///
/// # Errors
/// It lies in none.
pub(crate) fn target() -> Result<PathBuf> {
    let program = env::current_exe()?;
    program.ancestors().nth(2).map(Path::to_owned).context("this program lies outside of a target folder")
}

/// Where results lie.
///
/// # Errors
/// This program lies outside of a target folder.
pub(crate) fn results_folder() -> Result<PathBuf> {
    Ok(target()?.join("bench"))
}

/// The binary `outlive` beside this program.
///
/// # Errors
/// It is not there.
pub(crate) fn outlive() -> Result<PathBuf> {
    let path = env::current_exe()?.with_file_name("outlive");
    ensure!(path.exists(), "{} is not there: build outlive-server in the same profile", path.display());
    Ok(path)
}
