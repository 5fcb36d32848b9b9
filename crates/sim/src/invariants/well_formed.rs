//! No node of ours ever gives another cause for complaint, and none is dropped while it can be reached.
//!
//! Ill-formed frames, contents at fault, messages that could not be applied, answers that are none. A panic is caught where
//! the run was begun. Without a cut link no node drops a living member from its view: pauses, resets and delays are not
//! enough for that.

use std::time::Duration;

use crate::event::ProcessId;
use crate::violation::Violation;
use crate::world::World;

const NAME: &str = "well_formed";

/// The answer to a probe of a static member's predecessor may come this long after its start, and is taken for its own.
const PREDECESSOR_PROBED_MAX: Duration = Duration::from_secs(2);

/// After each step.
pub fn check(world: &mut World<'_>) -> Option<Violation> {
    let what = world.kernel.misbehaviour.take()?;
    Some(Violation::new(NAME, "frames and answers without fault", what))
}

/// A process has dropped another from its view that runs.
pub fn check_dropped(world: &World<'_>, process: ProcessId, dropped: ProcessId) -> Option<Violation> {
    let is_new =
        world.process(dropped).is_none_or(|process| world.kernel.now.since(process.started) < PREDECESSOR_PROBED_MAX);
    (!world.scenario.has_partitions() && !is_new).then(|| {
        let expected = format!("host {} keeps host {}, which runs", process.host, dropped.host);
        Violation::new(NAME, expected, "it has dropped it from its view")
    })
}
