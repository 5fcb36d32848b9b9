//! One call of the benchmark: every system in every repetition, then the table.

use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use outlive_interop::scene::Programs;
use outlive_interop::{Scene, sandbox, tomcat};

use crate::arguments::{Peer, RunArguments};
use crate::measure::{requests, sessions};
use crate::record::{Record, Results};
use crate::system::{Sending, System};
use crate::table;

/// Enters a network namespace of its own, measures there, and prints the table.
///
/// # Errors
/// Something cannot be measured, or a session is wrong.
pub(crate) fn run(arguments: &RunArguments) -> Result<()> {
    if !sandbox::is_inside() {
        bail!("no network namespace: {}", sandbox::enter(&[]));
    }
    let mut systems =
        vec![System::Hyper, System::Outlive(Sending::Async), System::Outlive(Sending::Sync), System::Static];
    let mut programs = Programs { outlive: Some(outlive()?), web_app: None };
    for peer in &arguments.peers {
        match peer {
            Peer::Tomcat if tomcat::is_installed() => {
                programs.web_app = Some(tomcat::build_web_app(&target()?)?);
                systems.extend([System::Tomcat(Sending::Async), System::Tomcat(Sending::Sync)]);
            }
            Peer::Tomcat => skipped("Tomcat (packages tomcat10-common and a JDK)"),
        }
    }
    let mut results = Results::default();
    for repetition in 1..=arguments.reps {
        let mut bare = None;
        for &system in &systems {
            eprintln!("repetition {repetition} of {}: {}", arguments.reps, system.name());
            let mut record = one(system, &programs, arguments).with_context(|| system.name())?;
            if bare.is_none() {
                bare = record.get(HEALTH_COST);
            }
            ratios(&mut record, bare.context("the bare hyper is measured first")?);
            results.add(system, record);
        }
    }
    println!("{}", table::markdown(&results));
    Ok(())
}

/// The anchor's row.
const HEALTH_COST: &str = "health: CPU µs/request, all nodes";

/// The costs of a request as multiples of what the bare hyper of the same repetition took.
fn ratios(record: &mut Record, bare: f64) {
    for what in ["health", "write", "read"] {
        let row = format!("{what}: CPU µs/request, all nodes");
        if let Some(cost) = record.get(&row) {
            record.put_behind(&row, &format!("{what}: … ÷ bare hyper of the same repetition"), cost / bare);
        }
    }
}

/// One repetition of one system.
fn one(system: System, programs: &Programs, arguments: &RunArguments) -> Result<Record> {
    let mut record = Record::default();
    let starts = live(system, programs, arguments.seconds, &mut record)?;
    if system.replicates() {
        for size in &arguments.sizes {
            with_scene(programs, |scene| {
                let mut cluster = system.place(scene)?;
                cluster.start()?;
                sessions::measure(&mut cluster, *size, starts, &mut record)
            })?;
            let wrong = record.get(&sessions::wrong_row(*size));
            ensure!(wrong == Some(0.0) || !system.is_ours(), "sessions missing or wrong after joining: {wrong:?}");
        }
    }
    Ok(record)
}

/// Requests to one cluster. Gives the time that B took to start without sessions.
fn live(system: System, programs: &Programs, time: Duration, record: &mut Record) -> Result<Duration> {
    with_scene(programs, |scene| {
        let mut cluster = system.place(scene)?;
        let started = cluster.start()?;
        if system.replicates() {
            record.put("start alone, ms", started.a.as_secs_f64() * 1e3);
            record.put("start as the second, no sessions, ms", started.b.as_secs_f64() * 1e3);
        }
        if system.takes_load() {
            requests::warm_up(&cluster, system)?;
            requests::health(&cluster, time, record)?;
        }
        if system.takes_load() && system.replicates() {
            requests::write(&cluster, time, record)?;
            requests::read(&cluster, time, record)?;
            let wrong = record.get(requests::WRONG_AFTER_WRITES);
            // A peer's mistake is a figure of the table; ours is a failure.
            ensure!(wrong == Some(0.0) || !system.is_ours(), "sessions wrong on B: {wrong:?}");
        }
        Ok(started.b)
    })
}

/// Works in a scene of its own; an error shows what the nodes wrote.
fn with_scene<T>(programs: &Programs, work: impl FnOnce(&Scene) -> Result<T>) -> Result<T> {
    let scene = Scene::new(programs.clone())?;
    work(&scene).inspect_err(|_| eprintln!("{}", scene.log_tails()))
}

fn skipped(what: &str) {
    eprintln!("************************************************************");
    eprintln!("* SKIPPED: {what}: not installed here");
    eprintln!("************************************************************");
}

/// The target folder, which this program lies in.
fn target() -> Result<PathBuf> {
    let program = env::current_exe()?;
    Ok(program.ancestors().nth(2).map(Path::to_owned).context("this program lies outside of a target folder")?)
}

/// Where results lie.
///
/// # Errors
/// This program lies outside of a target folder.
pub(crate) fn results_folder() -> Result<PathBuf> {
    Ok(target()?.join("bench"))
}

/// The binary `outlive` beside this program.
fn outlive() -> Result<PathBuf> {
    let path = env::current_exe()?.with_file_name("outlive");
    ensure!(path.exists(), "{} is not there: build outlive-server in the same profile", path.display());
    Ok(path)
}
