//! Runs a model under every schedule, and says how many there were.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use loom::model::Builder;

/// How many preemptions an execution may have; without a bound the exploration is exhaustive.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Schedules {
    All,
    Preemptions(usize),
}

/// Counts how many executions of a model came out in each way that matters.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally(Arc<AtomicUsize>);

impl Tally {
    pub(crate) fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// Runs `model` under all `schedules` and prints their number; panics with what the first failing one panics with.
pub(crate) fn explore(name: &str, schedules: Schedules, model: impl Fn() + Send + Sync + 'static) {
    let executions = Tally::default();
    let counted = executions.clone();
    // All limits are set here: those that loom takes from the environment would end an exploration without a word.
    // The bound of preemptions may only be raised.
    let mut builder = Builder::new();
    builder.max_branches = 10_000;
    builder.max_permutations = None;
    builder.max_duration = None;
    builder.checkpoint_file = None;
    builder.preemption_bound = match schedules {
        Schedules::All => None,
        Schedules::Preemptions(bound) => Some(builder.preemption_bound.map_or(bound, |raised| raised.max(bound))),
    };
    builder.check(move || {
        counted.count();
        model();
    });
    let extent = builder.preemption_bound.map_or("exhaustive".to_owned(), |bound| format!("up to {bound} preemptions"));
    println!("{name}: {} executions, {extent}", executions.get());
}

/// Runs a `model` that is wrong on purpose; what loom says when it finds out.
pub(crate) fn fault_of(name: &str, model: impl Fn() + Send + Sync + 'static) -> String {
    let executions = Tally::default();
    let counted = executions.clone();
    let model = move || {
        counted.count();
        model();
    };
    let outcome = catch_unwind(AssertUnwindSafe(|| explore(name, Schedules::All, model)));
    let fault = outcome.expect_err("the model is wrong, and no schedule shows it");
    let fault = fault.downcast_ref::<String>().cloned().unwrap_or_else(|| "no text".to_owned());
    println!("{name}: found in execution {}", executions.get());
    fault
}
