//! A session lives until a client ends it or it has been idle for its time.
//!
//! Looked at with every cookie that finds nothing, on nodes that surely know the id; and when quiet, on all nodes. A session
//! with a short idle time is expected only while it is in use and nothing holds the nodes' messages up (no pause, no cut,
//! no crash); when quiet it must be gone everywhere.
//!
//! Not promised: sessions whose creation never became sure, and those in [`Doubt`].

use std::time::Duration;

use crate::event::ProcessId;
use crate::invariants::equal::Held;
use crate::oracle::{Doubt, SessionKey, base};
use crate::request::SHORT_LIMIT;
use crate::violation::Violation;
use crate::world::World;

const NAME: &str = "present";

/// A node does not find the session whose id a client has shown.
pub fn check_absent(world: &World<'_>, process: ProcessId, session: SessionKey, shown: &str) -> Option<Violation> {
    let history = world.oracle.session(session);
    let is_expected = history.is_sure
        && !history.has_ended
        && history.base == base(shown)
        && history.known_by.contains(&process)
        && history.doubt < Some(Doubt::Unheard);
    let idle = world.kernel.now.since(history.touched);
    let in_use = idle < Duration::from_secs(SHORT_LIMIT as u64) / 2 && world.scenario.is_calm();
    (is_expected && (in_use || !history.is_limited)).then(|| {
        let expected = format!("session {} on host {}, used {idle:?} ago", history.base, process.host);
        Violation::new(NAME, expected, "nothing")
    })
}

/// What all nodes hold when quiet.
pub fn check_quiet(world: &World<'_>, held: &Held) -> Option<Violation> {
    for (process, sessions) in &held.nodes {
        for (_, history) in world.oracle.sessions() {
            if !history.is_sure || history.has_ended || history.doubt >= Some(Doubt::Unheard) {
                continue;
            }
            let shape = sessions.get(&history.base);
            let is_there = shape.is_some();
            if !is_there && !history.is_limited {
                let expected = format!("session {} on host {}", history.base, process.host);
                return Some(Violation::new(NAME, expected, "nothing"));
            }
            // The creator's idle time, sent later and stamped by a faster clock, may have won over the short one.
            let is_limited = shape.is_some_and(|shape| shape.max_inactive == SHORT_LIMIT);
            if is_limited && history.is_limited_surely {
                let expected = format!("nothing under {}, idle for too long", history.base);
                return Some(Violation::new(NAME, expected, format!("host {} holds it", process.host)));
            }
        }
    }
    None
}
