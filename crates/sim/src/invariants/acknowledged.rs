//! A write that a client was promised is not lost.
//!
//! Promised is a write that is *sure* (see [`oracle`](crate::oracle)): with synchronous options one whose request was
//! answered after all peers had confirmed; with any options one whose node has since seen all its lanes empty. From then
//! on one crash at a time must not undo it: a node crashes only while another holds the state.
//!
//! Looked at with every answer, on nodes that have surely heard of the write, and on all nodes when quiet. What may stand
//! in its place is a write that followed it, or one that was made at the same time and won.
//!
//! Not promised: a write whose request was answered because a peer was stalled, or its lane full, until that is repaired;
//! anything in a session that some node never heard of ([`Doubt::Unheard`], [`Doubt::Unsure`]).

use crate::event::ProcessId;
use crate::invariants::equal::Held;
use crate::oracle::{Doubt, SessionKey, WriteKey};
use crate::snapshot::Registers;
use crate::violation::Violation;
use crate::world::World;

const NAME: &str = "acknowledged";

/// A node has found a session for a client.
pub fn check_found(world: &World<'_>, process: ProcessId, session: SessionKey, seen: &Registers) -> Option<Violation> {
    let history = world.oracle.session(session);
    if history.doubt >= Some(Doubt::Unheard) {
        return None;
    }
    let heard = |write: WriteKey| world.oracle.write(write).heard.contains(&process);
    check(world, process, session, seen, heard)
}

/// What all nodes hold when quiet.
pub fn check_quiet(world: &World<'_>, held: &Held) -> Option<Violation> {
    held.nodes.iter().find_map(|(process, sessions)| {
        sessions.iter().find_map(|(base, shape)| {
            let session = world.oracle.by_id(base)?;
            if world.oracle.session(session).doubt >= Some(Doubt::Unheard) {
                return None;
            }
            check(world, *process, session, &shape.registers, |_| true)
        })
    })
}

fn check(
    world: &World<'_>,
    process: ProcessId,
    session: SessionKey,
    seen: &Registers,
    heard: impl Fn(WriteKey) -> bool,
) -> Option<Violation> {
    let oracle = &world.oracle;
    let history = oracle.session(session);
    let violation = |expected: String, found: String| {
        let place = format!("session {} on host {}", history.base, process.host);
        Some(Violation::new(NAME, format!("{place}: {expected}"), found))
    };
    for (name, value) in seen {
        let Some(value) = value.filter(|value| (value.0 as usize) < oracle.writes()) else {
            return violation(format!("{name} as some client wrote it"), "another value".into());
        };
        let write = oracle.write(value);
        if write.session != session || write.name != *name {
            let found = format!("write {} of {} in session {}", value.0, write.name, write.session);
            return violation(format!("{name} as written in session {session}"), found);
        }
    }
    for (name, register) in &history.registers {
        let value = seen.get(name).copied().flatten();
        for sure in register.surest.iter().copied().filter(|write| heard(*write)) {
            let is_lost = match value {
                Some(value) => oracle.before(sure).any(|before| before == value),
                None => !register.writes.iter().any(|write| oracle.write(*write).is_removal),
            };
            if is_lost {
                let found = value.map_or("nothing".to_owned(), |value| format!("write {}", value.0));
                return violation(format!("{name} of write {} or later", sure.0), found);
            }
        }
    }
    None
}
