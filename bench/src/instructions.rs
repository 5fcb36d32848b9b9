//! Counting instructions: `valgrind --tool=callgrind` on a process that does one piece of work.
//!
//! Reference counts stand in `bench/instructions.txt`. They belong to one compiler, its options and the versions of what we build on, so
//! a small change says nothing; a large one says that somebody did.

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use anyhow::{Context, Result, anyhow, ensure};

use crate::table::number;
use crate::work::{self, Work};

/// How much more than the reference is too much, in percent.
const MORE_MOST: f64 = 25.0;

/// The counts of all work.
#[derive(Debug)]
pub(crate) struct Counts(Vec<(&'static str, f64)>);

/// Whether counting is possible here.
pub(crate) fn is_possible() -> bool {
    Command::new("valgrind").arg("--version").output().is_ok_and(|answer| answer.status.success())
}

impl Counts {
    /// Counts all work. Each piece's profiles lie in `folder`, for `callgrind_annotate`.
    ///
    /// # Errors
    /// valgrind cannot be run, or the work fails.
    pub(crate) fn take(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let mut counts = Vec::new();
        for some in work::ALL.chunks(threads) {
            counts.extend(thread::scope(|scope| {
                let running: Vec<_> = some.iter().map(|work| scope.spawn(|| one(work, folder))).collect();
                let counted =
                    running.into_iter().map(|count| count.join().map_err(|_| anyhow!("a thread panicked"))?);
                counted.collect::<Result<Vec<_>>>()
            })?);
        }
        Ok(Self(counts))
    }

    /// The table, beside the reference counts.
    pub(crate) fn markdown(&self) -> Result<String> {
        let reference = reference()?;
        let mut out = String::from("| work | instructions | reference | change |\n|---|---|---|---|\n");
        for (name, count) in &self.0 {
            let (reference, change) = match reference.get(*name) {
                Some(reference) => (number(*reference), format!("{:+.1} %", change(*count, *reference))),
                None => ("–".to_owned(), "–".to_owned()),
            };
            writeln!(out, "| {name} | {} | {reference} | {change} |", number(*count))?;
        }
        Ok(out)
    }

    /// Makes these counts the reference.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn keep(&self) -> Result<()> {
        let mut out = String::new();
        for (name, count) in &self.0 {
            writeln!(out, "{name} {count:.0}")?;
        }
        fs::write(reference_file(), out).context("bench/instructions.txt")
    }

    /// Fails where something takes much more than the reference says.
    ///
    /// # Errors
    /// Names what does, or what the reference does not know.
    pub(crate) fn check(&self) -> Result<()> {
        let reference = reference()?;
        for (name, count) in &self.0 {
            let reference = reference.get(*name).with_context(|| format!("bench/instructions.txt has no {name}"))?;
            let change = change(*count, *reference);
            ensure!(
                change <= MORE_MOST,
                "{name} takes {count:.0} instructions, {change:+.0} % against bench/instructions.txt; if that is meant: \
                 cargo xtask bench --count --keep"
            );
        }
        Ok(())
    }
}

fn change(count: f64, reference: f64) -> f64 {
    // Rounded to tenths, and never "-0".
    ((count / reference - 1.0) * 1000.0).round() / 10.0 + 0.0
}

fn reference_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("instructions.txt")
}

fn reference() -> Result<BTreeMap<String, f64>> {
    let text = fs::read_to_string(reference_file()).context("bench/instructions.txt")?;
    let line = |line: &str| -> Result<(String, f64)> {
        let (name, count) = line.split_once(' ').with_context(|| format!("bench/instructions.txt: {line:?}"))?;
        Ok((name.to_owned(), count.parse()?))
    };
    text.lines().map(line).collect()
}

/// Instructions of one time.
fn one(work: &Work, folder: &Path) -> Result<(&'static str, f64)> {
    let (few, many) = work.times;
    let difference = process(work, many, folder)? - process(work, few, folder)?;
    Ok((work.name, difference / (many - few) as f64))
}

/// Instructions of a whole process.
fn process(work: &Work, times: u64, folder: &Path) -> Result<f64> {
    let profile = folder.join(format!("callgrind.{}.{times}", work.name));
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", &format!("--callgrind-out-file={}", profile.display())])
        .arg(env::current_exe()?)
        .args(["work", work.name, &times.to_string()])
        .output()
        .context("cannot start valgrind")?;
    let text = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}: {}: {text}", work.name, output.status);
    let collected = text.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
    collected.with_context(|| format!("valgrind has counted nothing: {text}"))
}
