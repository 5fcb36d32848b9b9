//! One seed from the first start to the verdict.
//!
//! ```text
//! all hosts start ─► formed ─► clients at work, faults on ─► faults off, clients go on ─► whole, clients rest ─► quiet ─► checks
//! ```

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use crate::clock::Instant;
use crate::event::Event;
use crate::faults::{FaultCounts, FaultKind};
use crate::invariants;
use crate::scenario::Scenario;
use crate::trace::Trace;
use crate::violation::Violation;
use crate::world::World;

/// For a cluster to form, and for one to get whole again: longer than a node asks for the state.
const WHOLE_MAX: Duration = Duration::from_secs(100);

/// How much longer than planned faults may be on, so that each of them can happen.
const FAULTY_MORE_MAX: Duration = Duration::from_secs(20);

/// Clients go on for this long after the last fault.
const CALM_WORK: Duration = Duration::from_secs(2);

/// Longer than any message waits for its session, and than sessions of a short idle time are kept by anybody.
const QUIET: Duration = Duration::from_secs(14);

/// What became of a seed.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What was drawn.
    pub scenario: Scenario,
    /// The first thing that must not be.
    pub violation: Option<Violation>,
    /// What took effect.
    pub counts: FaultCounts,
    /// Over every frame and effect.
    pub hash: u64,
    /// Virtual time.
    pub time: Duration,
    /// What was looked at.
    pub checked: Checked,
}

/// How much the checks had to look at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Sessions that clients made.
    pub sessions: u64,
    /// Those of them of which not all can be promised, by [`Doubt`](crate::oracle::Doubt): torn, unheard, unsure.
    pub doubted: [u64; 3],
    /// Writes.
    pub writes: u64,
    /// Those of them that were sure.
    pub sure: u64,
    /// Requests.
    pub requests: u64,
}

impl Checked {
    /// All numbers, each with its name in a state file.
    pub fn numbers(&mut self) -> [(&'static str, &mut u64); 7] {
        let [torn, unheard, unsure] = &mut self.doubted;
        [
            ("sessions", &mut self.sessions),
            ("torn", torn),
            ("unheard", unheard),
            ("unsure", unsure),
            ("writes", &mut self.writes),
            ("sure", &mut self.sure),
            ("requests", &mut self.requests),
        ]
    }

    /// Adds what another run has looked at.
    pub fn merge(&mut self, mut other: Checked) {
        let more = other.numbers();
        self.numbers().into_iter().zip(more).for_each(|((_, sum), (_, count))| *sum += *count);
    }
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [torn, unheard, unsure] = self.doubted;
        write!(f, "{} requests, {} writes ({} sure), ", self.requests, self.writes, self.sure)?;
        write!(f, "{} sessions (of these torn {torn}, unheard {unheard}, unsure {unsure})", self.sessions)
    }
}

/// Runs a seed.
pub fn run(seed: u64, trace: &mut Trace) -> Outcome {
    let mut random = fastrand::Rng::with_seed(seed);
    let scenario = Scenario::draw(&mut random);
    let mut world = World::new(scenario.clone(), random, trace);
    let played = catch_unwind(AssertUnwindSafe(|| play(&mut world)));
    let verdict = played.unwrap_or_else(|panic| Some(Violation::new("well_formed", "no panic", message(&*panic))));
    let violation = world.violation.take().or(verdict);
    let mut checked = Checked {
        requests: world.workload.clients.iter().map(|client| u64::from(client.number)).sum(),
        ..Checked::default()
    };
    for (_, history) in world.oracle.sessions() {
        checked.sessions += 1;
        if let Some(doubt) = history.doubt {
            checked.doubted[doubt as usize] += 1;
        }
    }
    for write in world.oracle.all_writes() {
        checked.writes += 1;
        checked.sure += u64::from(write.is_sure);
    }
    let time = Duration::from_micros(world.kernel.now.0);
    let counts = world.kernel.counts.clone();
    drop(world);
    Outcome { scenario, violation, counts, hash: trace.hash(), time, checked }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

/// Plays all phases, and looks at the end.
fn play(world: &mut World<'_>) -> Option<Violation> {
    form(world).or_else(|| work(world)).or_else(|| rest(world))
}

/// All hosts start, within a second and a half, in any order.
fn form(world: &mut World<'_>) -> Option<Violation> {
    for host in 0..world.hosts.len() {
        let at = Instant(world.kernel.random.u64(0..1_500_000));
        world.kernel.agenda.put(at, Event::Start(host));
    }
    until_whole(world)
}

fn until_whole(world: &mut World<'_>) -> Option<Violation> {
    let end = world.kernel.now + WHOLE_MAX;
    let is_whole = world.run_until(end, |world| world.is_whole());
    (!is_whole && world.violation.is_none()).then(|| invariants::healed::violation(world))
}

/// Clients begin, and things go wrong; then nothing more goes wrong, and they go on.
fn work(world: &mut World<'_>) -> Option<Violation> {
    for client in 0..world.workload.clients.len() {
        let at = world.kernel.now + Duration::from_micros(world.kernel.random.u64(0..500_000));
        world.kernel.agenda.put(at, Event::Ask(client));
    }
    for (after, fault) in world.scenario.faults.clone() {
        world.kernel.agenda.put(world.kernel.now + after, Event::Fault(fault));
    }
    let planned = world.kernel.now + world.scenario.faulty;
    world.run_until(planned, |_| false);
    world.run_until(planned + FAULTY_MORE_MAX, |world| missing(world).is_none());
    if world.violation.is_some() {
        return None;
    }
    if let Some(kind) = missing(world) {
        let expected = format!("the scenario's {} takes effect", kind.name());
        return Some(Violation::new("faults", expected, "it never did"));
    }
    world.calm_down();
    world.run_until(world.kernel.now + CALM_WORK, |_| false);
    None
}

fn missing(world: &World<'_>) -> Option<FaultKind> {
    world.scenario.promised.iter().copied().find(|kind| world.kernel.counts.get(*kind) == 0)
}

/// The cluster gets whole; clients rest; all is quiet.
fn rest(world: &mut World<'_>) -> Option<Violation> {
    let violation = until_whole(world);
    world.workload.has_stopped = true;
    let end = world.kernel.now + WHOLE_MAX;
    world.run_until(end, |world| world.is_quiet());
    world.run_until(world.kernel.now + QUIET, |_| false);
    if violation.is_some() || world.violation.is_some() {
        return violation;
    }
    if !world.is_quiet() {
        return Some(invariants::healed::violation(world));
    }
    invariants::check_quiet(world)
}
