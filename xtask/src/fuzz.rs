//! `cargo xtask fuzz`: libFuzzer on each target, in turns of a minute.
//!
//! What it finds new is kept in the target folder (`fuzz/corpus`), and so are the sums over all runs (`fuzz/executions`): a later
//! run goes on where this one ended, also where it was interrupted. Works with stable Rust: all code is without `unsafe`, so the
//! sanitizers of nightly have little to see; needs a C++ compiler for libFuzzer itself.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::{cargo, target_folder};

/// Seconds for one target before it is the next one's turn.
const TURN: u64 = 60;
/// An input that takes longer, in seconds, is one that fails.
const TIMEOUT: u64 = 5;

/// A target, as `outlive-fuzz` lists it.
#[derive(Debug)]
struct Target {
    name: String,
    longest: String,
}

/// What a target has seen, in all runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Seen {
    executions: u64,
    seconds: u64,
}

pub(crate) fn run(names: &[String], minutes: u64) -> ExitCode {
    match all(names, minutes) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether no target has failed.
fn all(names: &[String], minutes: u64) -> Result<bool> {
    let folder = target_folder().join("fuzz");
    let mut targets = write_corpora(&folder.join("corpus"))?;
    if let Some(unknown) = names.iter().find(|name| targets.iter().all(|target| target.name != **name)) {
        bail!(
            "no target {unknown}; there are {}",
            targets.iter().map(|target| &*target.name).collect::<Vec<_>>().join(", ")
        );
    }
    targets.retain(|target| names.is_empty() || names.contains(&target.name));
    let programs = build(&folder.join("build"))?;

    let mut failed = Vec::new();
    let mut left = minutes * 60;
    while left > 0 && !targets.is_empty() {
        let seconds = left.min(TURN);
        left -= seconds;
        let mut sound = Vec::new();
        for target in targets {
            let place = folder.join("executions");
            let mut sums = read_sums(&place)?;
            let (seen, ok) = turn(&target, &programs, &folder, seconds)?;
            let sum = sums.entry(target.name.clone()).or_default();
            sum.executions += seen.executions;
            sum.seconds += seen.seconds;
            println!("{:<16} {:>12} executions in {} s", target.name, seen.executions, seen.seconds);
            write_sums(&place, &sums)?;
            if ok { sound.push(target) } else { failed.push(target.name) }
        }
        targets = sound;
    }
    print_sums(&read_sums(&folder.join("executions"))?);
    if !failed.is_empty() {
        println!("FAILED: {}; see above", failed.join(", "));
    }
    Ok(failed.is_empty())
}

/// Adds the seeds to the corpora. Gives all targets.
fn write_corpora(folder: &Path) -> Result<Vec<Target>> {
    let corpus = ["run", "--locked", "--quiet", "--package", "outlive-fuzz", "--example", "corpus", "--", "write"];
    let output = cargo().args(corpus).arg(folder).stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        bail!("the seeds cannot be written: {}", output.status);
    }
    let lines = String::from_utf8(output.stdout)?;
    let split =
        |line: &str| line.split_once(' ').map(|(name, longest)| Target { name: name.into(), longest: longest.into() });
    lines.lines().map(|line| split(line).with_context(|| line.to_owned())).collect()
}

/// Builds all programs, and gives the folder in which they are.
fn build(folder: &Path) -> Result<PathBuf> {
    let has_cargo_fuzz = cargo().args(["fuzz", "--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    if !has_cargo_fuzz.success() && !cargo().args(["install", "--locked", "cargo-fuzz"]).status()?.success() {
        bail!("cargo-fuzz cannot be installed");
    }
    let mut build = cargo();
    build.args(["fuzz", "build", "--sanitizer", "none", "--features", "libfuzzer", "--target-dir"]).arg(folder);
    // Optimization across crates takes minutes, and takes away edges that libFuzzer would see.
    build.env("CARGO_PROFILE_RELEASE_LTO", "off");
    if !build.status()?.success() {
        bail!("the targets cannot be built");
    }
    let version = Command::new("rustc").arg("-vV").output().context("rustc")?;
    let version = String::from_utf8(version.stdout)?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc does not say its host")?;
    Ok(folder.join(host).join("release"))
}

/// One turn of a target. What libFuzzer says goes to a file, which is shown if the target fails.
fn turn(target: &Target, programs: &Path, folder: &Path, seconds: u64) -> Result<(Seen, bool)> {
    let name = &target.name;
    let (log, failures) = (folder.join(format!("{name}.log")), folder.join("failures").join(name));
    fs::create_dir_all(&failures)?;
    let start = Instant::now();
    let status = Command::new(programs.join(name))
        .arg(folder.join("corpus").join(name))
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-max_len={}", target.longest))
        .arg(format!("-timeout={TIMEOUT}"))
        .arg(format!("-artifact_prefix={}/", failures.display()))
        .arg("-print_final_stats=1")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(File::create(&log)?)
        .status()
        .with_context(|| name.clone())?;
    let seconds = start.elapsed().as_secs();
    let said = fs::read(&log)?;
    let said = String::from_utf8_lossy(&said);
    if !status.success() {
        println!("{said}\n{name} FAILED: {status}; the input is in {}", failures.display());
        println!("once more: cargo run -p outlive-fuzz --example corpus -- run {name} FILE");
        println!("when it is found out, keep it in fuzz/regressions/{name}");
    }
    Ok((Seen { executions: executions(&said), seconds }, status.success()))
}

/// How many inputs libFuzzer says that it ran.
fn executions(said: &str) -> u64 {
    let number = said.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
    number.and_then(|number| number.trim().parse().ok()).unwrap_or_default()
}

// ---- the sums over all runs: a line for each target, its name, executions and seconds ----

fn read_sums(file: &Path) -> Result<BTreeMap<String, Seen>> {
    if !file.exists() {
        return Ok(BTreeMap::new());
    }
    let text = fs::read_to_string(file)?;
    text.lines().map(|line| sum(line).with_context(|| format!("{}: {line}", file.display()))).collect()
}

fn sum(line: &str) -> Option<(String, Seen)> {
    let [name, executions, seconds] = line.split(' ').collect::<Vec<_>>().try_into().ok()?;
    Some((name.to_owned(), Seen { executions: executions.parse().ok()?, seconds: seconds.parse().ok()? }))
}

/// Writes beside the file and renames, so that whoever interrupts this loses one turn and nothing else.
fn write_sums(file: &Path, sums: &BTreeMap<String, Seen>) -> Result<()> {
    let line = |(name, seen): (&String, &Seen)| format!("{name} {} {}\n", seen.executions, seen.seconds);
    let beside = file.with_extension("new");
    fs::write(&beside, sums.iter().map(line).collect::<String>())?;
    Ok(fs::rename(beside, file)?)
}

fn print_sums(sums: &BTreeMap<String, Seen>) {
    println!("\n{:<16} {:>14} {:>9} {:>9}", "all runs", "executions", "minutes", "per s");
    for (name, seen) in sums {
        let rate = seen.executions / seen.seconds.max(1);
        println!("{name:<16} {:>14} {:>9} {rate:>9}", seen.executions, seen.seconds / 60);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_kept() {
        let file = std::env::temp_dir().join(format!("outlive-xtask-sums-{}", std::process::id()));
        let sums = BTreeMap::from([
            ("delta".to_owned(), Seen { executions: 12_345_678_901, seconds: 60 }),
            ("frame".to_owned(), Seen { executions: 0, seconds: 0 }),
        ]);
        write_sums(&file, &sums).unwrap();
        assert_eq!(read_sums(&file).unwrap(), sums);
        fs::write(&file, "delta many 60\n").unwrap();
        assert!(read_sums(&file).is_err(), "a file that is not understood is not overwritten");
        fs::remove_file(&file).unwrap();
        assert_eq!(read_sums(&file).unwrap(), BTreeMap::new());
    }

    #[test]
    fn libfuzzers_figures_are_found() {
        assert_eq!(
            executions("Done 7 runs\nstat::number_of_executed_units: 4917\nstat::average_exec_per_sec: 1"),
            4917
        );
        assert_eq!(executions("it said nothing"), 0);
    }
}
