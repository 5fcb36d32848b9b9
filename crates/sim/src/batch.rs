//! Many seeds, spread over threads: progress, a place to go on from, and a verdict over all.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::faults::{FaultCounts, FaultKind};
use crate::run::{Checked, Outcome, run};
use crate::trace::Trace;

/// Between two lines of progress.
const PROGRESS: Duration = Duration::from_secs(10);

/// Every how many-th seed is run twice, to see that it does the same.
const TWICE_EACH: u64 = 50;

/// A batch of so many seeds must have had every kind of fault.
const ALL_FAULTS_FROM: u64 = 500;

/// Which seeds, and for how long.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The first seed.
    pub from: u64,
    /// The seed behind the last.
    pub end: u64,
    /// When to stop anyhow.
    pub limit: Option<Duration>,
    /// Threads; each runs whole seeds.
    pub threads: usize,
    /// Where to write how far it has come, and whether to go on from there.
    pub state: Option<(PathBuf, bool)>,
}

/// The sums over all seeds so far.
#[derive(Clone, Debug, Default)]
pub struct Sums {
    /// Seeds that ran.
    pub seeds: u64,
    /// The seed to go on from.
    pub next: u64,
    /// Virtual time.
    pub time: Duration,
    /// What took effect.
    pub counts: FaultCounts,
    /// What was looked at.
    pub checked: Checked,
    /// Over the hashes of all seeds, in any order.
    pub hash: u64,
}

/// A seed that failed.
#[derive(Debug)]
pub struct Failure {
    /// Which.
    pub seed: u64,
    /// How.
    pub outcome: Outcome,
}

/// What became of a batch.
#[derive(Debug)]
pub struct Report {
    /// The sums.
    pub sums: Sums,
    /// The first failure that was found.
    pub failure: Option<Failure>,
    /// All seeds of the plan have run.
    pub is_complete: bool,
}

/// Runs a plan until it is done, a seed fails, or `stop` is set. Prints how it goes.
///
/// # Errors
/// The state file cannot be read or written; a seed did not do the same twice; a kind of fault never happened.
pub fn run_all(plan: &Plan, stop: &AtomicBool) -> Result<Report> {
    let mut sums = Sums { next: plan.from, ..Sums::default() };
    if let Some((path, true)) = &plan.state {
        sums = load(path, plan)?.unwrap_or(sums);
    }
    let start = Instant::now();
    let next = AtomicU64::new(sums.next);
    let halt = AtomicBool::new(false);
    let (results, received) = channel();
    let mut failure = None;
    let before = sums.seeds;
    thread::scope(|scope| -> Result<()> {
        for _ in 0..plan.threads {
            let results = results.clone();
            scope.spawn(|| work(plan, &next, &halt, results));
        }
        drop(results);
        let mut told = Instant::now();
        loop {
            match received.recv_timeout(Duration::from_millis(200)) {
                Ok((seed, Ok(outcome))) => take(&mut sums, &mut failure, &halt, seed, outcome),
                Ok((_, Err(error))) => {
                    halt.store(true, Ordering::Relaxed);
                    return Err(error);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            if stop.load(Ordering::Relaxed) || plan.limit.is_some_and(|limit| start.elapsed() >= limit) {
                halt.store(true, Ordering::Relaxed);
            }
            if told.elapsed() >= PROGRESS {
                told = Instant::now();
                println!("{}", progress(&sums, plan, before, start));
            }
        }
    })?;
    // Every seed that was begun is finished.
    sums.next = next.load(Ordering::Relaxed).min(plan.end);
    if let Some((path, _)) = &plan.state {
        save(path, plan, &sums)?;
    }
    println!("{}", progress(&sums, plan, before, start));
    println!("took effect: {}", sums.counts);
    println!("checked: {}", sums.checked);
    let is_complete = sums.next >= plan.end;
    if failure.is_none() && is_complete && sums.seeds >= ALL_FAULTS_FROM {
        let missing: Vec<&str> = sums.counts.missing().into_iter().map(FaultKind::name).collect();
        ensure!(missing.is_empty(), "in {} seeds these never happened: {}", sums.seeds, missing.join(", "));
    }
    Ok(Report { sums, failure, is_complete })
}

fn work(plan: &Plan, next: &AtomicU64, halt: &AtomicBool, results: Sender<(u64, Result<Outcome>)>) {
    while !halt.load(Ordering::Relaxed) {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= plan.end || results.send((seed, checked_run(seed))).is_err() {
            return;
        }
    }
}

/// Runs a seed; some of them twice.
fn checked_run(seed: u64) -> Result<Outcome> {
    let outcome = run(seed, &mut Trace::hashing());
    if seed.is_multiple_of(TWICE_EACH) {
        let again = run(seed, &mut Trace::hashing());
        ensure!(
            outcome.hash == again.hash,
            "seed {seed} did not do the same twice: a source of chance is not the seed's"
        );
    }
    Ok(outcome)
}

fn take(sums: &mut Sums, failure: &mut Option<Failure>, halt: &AtomicBool, seed: u64, outcome: Outcome) {
    sums.seeds += 1;
    sums.time += outcome.time;
    sums.counts.merge(&outcome.counts);
    sums.checked.merge(outcome.checked);
    sums.hash = sums.hash.wrapping_add(outcome.hash);
    // The one with the smallest number, so that the same batch always shows the same.
    if outcome.violation.is_some() && failure.as_ref().is_none_or(|known| seed < known.seed) {
        halt.store(true, Ordering::Relaxed);
        *failure = Some(Failure { seed, outcome });
    }
}

fn progress(sums: &Sums, plan: &Plan, before: u64, start: Instant) -> String {
    let rate = (sums.seeds - before) as f64 / start.elapsed().as_secs_f64();
    format!(
        "{} of {} seeds, {rate:.1} a second, {:.1} virtual hours, {} sure writes, hash {:016x}",
        sums.seeds,
        plan.end - plan.from,
        sums.time.as_secs_f64() / 3600.0,
        sums.checked.sure,
        sums.hash,
    )
}

// ---- the state file ----

fn save(path: &PathBuf, plan: &Plan, sums: &Sums) -> Result<()> {
    let mut text = format!("from {}\nnext {}\nseeds {}\n", plan.from, sums.next, sums.seeds);
    text += &format!("milliseconds {}\nhash {}\n", sums.time.as_millis(), sums.hash);
    for (name, number) in { sums.checked }.numbers() {
        text += &format!("{name} {number}\n");
    }
    for kind in FaultKind::ALL {
        text += &format!("{} {}\n", kind.name(), sums.counts.get(*kind));
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text).with_context(|| path.display().to_string())
}

fn load(path: &PathBuf, plan: &Plan) -> Result<Option<Sums>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| path.display().to_string()),
    };
    let number = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.and_then(|number| number.parse::<u64>().ok()).with_context(|| format!("{}: no {name}", path.display()))
    };
    ensure!(number("from")? == plan.from, "{} is of a batch from seed {}", path.display(), number("from")?);
    let mut sums = Sums {
        seeds: number("seeds")?,
        next: number("next")?,
        time: Duration::from_millis(number("milliseconds")?),
        hash: number("hash")?,
        ..Sums::default()
    };
    for (name, sum) in sums.checked.numbers() {
        *sum = number(name)?;
    }
    for kind in FaultKind::ALL {
        sums.counts.add_many(*kind, number(kind.name())?);
    }
    Ok(Some(sums))
}
