//! What must hold: one file an invariant.
//!
//! Some are looked at with every answer to a client, some when all is quiet at the end, some after every step.

pub mod acknowledged;
pub mod ended;
pub mod equal;
pub mod healed;
pub mod present;
pub mod well_formed;

use crate::event::ProcessId;
use crate::oracle::SessionKey;
use crate::snapshot::Registers;
use crate::violation::Violation;
use crate::world::World;

/// Looks at what a node has found under an id: `seen` are the session's registers, if there was one.
pub fn check_answer(
    world: &World<'_>,
    process: ProcessId,
    session: Option<SessionKey>,
    shown: &str,
    seen: Option<&Registers>,
) -> Option<Violation> {
    let session = session?;
    match seen {
        Some(seen) => ended::check_found(world, process, session, shown)
            .or_else(|| acknowledged::check_found(world, process, session, seen)),
        None => present::check_absent(world, process, session, shown),
    }
}

/// Looks at all nodes when nothing moves any more.
pub fn check_quiet(world: &World<'_>) -> Option<Violation> {
    let held = equal::Held::of(world);
    ended::check_quiet(world, &held)
        .or_else(|| present::check_quiet(world, &held))
        .or_else(|| acknowledged::check_quiet(world, &held))
        .or_else(|| equal::check_quiet(world, &held))
}
