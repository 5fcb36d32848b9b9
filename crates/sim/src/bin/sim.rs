//! `cargo xtask sim`: runs seeds, and shows a failure so that it can be repeated.

use std::cell::RefCell;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Result;
use clap::Parser;
use outlive_sim::batch::{Failure, Plan, run_all};
use outlive_sim::run::run;
use outlive_sim::trace::Trace;

/// Events that a failure shows.
const EVENTS: usize = 30;

/// Whole clusters in one thread, from one seed.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask sim", bin_name = "cargo xtask sim")]
struct Arguments {
    /// Run this one seed, and show what happened last
    #[arg(long, conflicts_with_all = ["seeds", "from", "resume", "minutes"])]
    seed: Option<u64>,
    /// How many seeds
    #[arg(long, default_value_t = 1000)]
    seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Go on where the last batch from the same seed has stopped
    #[arg(long)]
    resume: bool,
    /// Stop after so many minutes; --resume goes on
    #[arg(long)]
    minutes: Option<u64>,
    /// Threads; each runs whole seeds
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Where to write how far the batch has come
    #[arg(long, default_value = "target/sim.state")]
    state: PathBuf,
    /// How many of the last events a failure shows
    #[arg(long, default_value_t = EVENTS)]
    events: usize,
    /// Switch a known bug on, which is to be found: view-before-lock, push-after-unlock, created-wipes, suffix-in-key,
    /// delta-dropped-in-transfer
    #[cfg(feature = "planted")]
    #[arg(long, value_parser = outlive_sim::planted::bug)]
    planted: Option<outlive_sim::planted::Bug>,
}

impl Arguments {
    #[cfg(feature = "planted")]
    fn planted(&self) -> Option<&'static str> {
        self.planted.map(|bug| bug.name)
    }

    #[cfg(not(feature = "planted"))]
    fn planted(&self) -> Option<&'static str> {
        None
    }
}

thread_local! {
    /// Where the last panic of this thread was.
    static PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    #[cfg(feature = "planted")]
    if let Some(bug) = arguments.planted {
        outlive_session::planted::plant(bug.planted);
    }
    // A panic is a finding like any other; it is shown with its seed.
    std::panic::set_hook(Box::new(|panic| PANIC.with(|last| *last.borrow_mut() = panic.to_string())));
    if let Some(seed) = arguments.seed {
        let fails = show(seed, &arguments);
        return Ok(verdict(fails, &arguments));
    }
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    ctrlc::set_handler(move || stopped.store(true, Ordering::Relaxed))?;
    let plan = Plan {
        from: arguments.from,
        end: arguments.from.saturating_add(arguments.seeds),
        limit: arguments.minutes.map(|minutes| Duration::from_secs(60 * minutes)),
        threads: arguments.threads.max(1),
        state: arguments.planted().is_none().then(|| (arguments.state.clone(), arguments.resume)),
    };
    let report = run_all(&plan, &stop)?;
    let mut fails = report.failure.is_some();
    if let Some(Failure { seed, .. }) = &report.failure {
        fails = show(*seed, &arguments);
    } else if !report.is_complete {
        println!("stopped at seed {}; on from there: {}", report.sums.next, resume(&arguments));
    }
    Ok(verdict(fails, &arguments))
}

/// A known bug is to be found; anything else is not.
fn verdict(fails: bool, arguments: &Arguments) -> ExitCode {
    match arguments.planted() {
        Some(name) if fails => println!("{name} is found"),
        Some(name) => println!("{name} is NOT found"),
        None => {}
    }
    if fails == arguments.planted().is_some() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn resume(arguments: &Arguments) -> String {
    let (seeds, from) = (arguments.seeds, arguments.from);
    format!("cargo xtask sim --seeds {seeds} --from {from} --resume --state {}", arguments.state.display())
}

/// Plays a seed once more, and says what happened. Whether it fails.
fn show(seed: u64, arguments: &Arguments) -> bool {
    let mut trace = Trace::telling(arguments.events);
    let outcome = run(seed, &mut trace);
    let planted = arguments.planted().map(|name| format!(" --planted {name}")).unwrap_or_default();
    println!("seed       {seed}, {:.3} virtual seconds, hash {:016x}", outcome.time.as_secs_f64(), outcome.hash);
    println!("scenario   {}", outcome.scenario);
    println!("faults     {}", outcome.counts);
    println!("the last {} events:", arguments.events);
    trace.recent().for_each(|event| println!("  {event}"));
    if let Some(violation) = &outcome.violation {
        println!("{violation}");
        PANIC.with(|panic| {
            if !panic.borrow().is_empty() {
                println!("panic      {}", panic.borrow());
            }
        });
        println!("again      cargo xtask sim --seed {seed}{planted} --events 1000");
    } else {
        println!("nothing is wrong");
    }
    // A scenario that does not keep its promise is an error, and finds no bug.
    outcome.violation.is_some_and(|violation| arguments.planted().is_none() || violation.invariant != "faults")
}
