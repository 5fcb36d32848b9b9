//! What was ended never answers again, nor does an id that was given up.
//!
//! As soon as the end is sure, no node that it was sent to finds the session by that id. When all is quiet, no node holds
//! it at all.
//!
//! Not promised: that a node has ended it which never heard ([`Doubt::Unheard`]: a partition, or it was joining unseen),
//! or may not have heard because the one that told it is gone ([`Doubt::Unsure`]). Nothing tells such a node later; that
//! is for anti-entropy to do.

use crate::event::ProcessId;
use crate::invariants::equal::Held;
use crate::oracle::{Doubt, SessionKey, base};
use crate::violation::Violation;
use crate::world::World;

const NAME: &str = "ended";

/// A node has found a session by the id that a client has shown.
pub fn check_found(world: &World<'_>, process: ProcessId, session: SessionKey, shown: &str) -> Option<Violation> {
    let history = world.oracle.session(session);
    if history.doubt >= Some(Doubt::Unheard) {
        return None;
    }
    let dead = history.dead.iter().find(|dead| dead.base == base(shown))?;
    (dead.is_sure && dead.heard.contains(&process)).then(|| {
        let expected = format!("nothing under {} on host {}, which knows that it is over", dead.base, process.host);
        Violation::new(NAME, expected, "the session answers")
    })
}

/// What all nodes hold when quiet.
pub fn check_quiet(world: &World<'_>, held: &Held) -> Option<Violation> {
    for (_, history) in world.oracle.sessions().filter(|(_, history)| history.doubt < Some(Doubt::Unheard)) {
        for dead in history.dead.iter().filter(|dead| dead.is_sure) {
            for (process, sessions) in &held.nodes {
                if sessions.contains_key(&dead.base) {
                    let expected = format!("nothing under {}, which is over", dead.base);
                    return Some(Violation::new(NAME, expected, format!("host {} holds it", process.host)));
                }
            }
        }
    }
    None
}
