//! When all is quiet, all nodes hold the same sessions: base ids, attributes, user, idle time, creation time.
//!
//! Routes and times of access are each node's own.
//!
//! Not promised, and counted: sessions of which some node surely or possibly never heard everything ([`Doubt`]), for
//! nothing repairs them yet; and runs in which a link was cut while a node was taking the state.

use std::collections::BTreeMap;

use outlive_node::SessionRef;

use crate::event::ProcessId;
use crate::oracle::{Doubt, base};
use crate::snapshot::{Registers, snapshot};
use crate::violation::Violation;
use crate::world::World;

const NAME: &str = "equal";

/// What is compared of one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Attributes and user.
    pub registers: Registers,
    /// Seconds.
    pub max_inactive: i32,
    /// Milliseconds since 1970.
    pub created: i64,
}

impl Shape {
    fn of(session: &SessionRef) -> Self {
        Shape { registers: snapshot(session), max_inactive: session.max_inactive(), created: session.created().0 }
    }
}

/// What each node holds.
#[derive(Debug)]
pub struct Held {
    /// Sessions by base id, by node.
    pub nodes: Vec<(ProcessId, BTreeMap<String, Shape>)>,
}

impl Held {
    /// All sessions of all nodes.
    pub fn of(world: &World<'_>) -> Self {
        let node = |process: &crate::process::Process| {
            let sessions = process.context.sessions();
            let sessions =
                sessions.iter().map(|session| (base(&session.id()).to_owned(), Shape::of(session))).collect();
            (process.id, sessions)
        };
        Held { nodes: world.processes().map(node).collect() }
    }
}

/// Compares all nodes with the first.
pub fn check_quiet(world: &World<'_>, held: &Held) -> Option<Violation> {
    let ((first, reference), others) = held.nodes.split_first()?;
    for (process, sessions) in others {
        for base in reference.keys().chain(sessions.keys()) {
            let doubt = world.oracle.by_id(base).and_then(|session| world.oracle.session(session).doubt);
            let (here, there) = (reference.get(base), sessions.get(base));
            if doubt >= Some(Doubt::Torn) || here == there {
                continue;
            }
            let expected = format!("session {base} as on host {}: {here:?}", first.host);
            return Some(Violation::new(NAME, expected, format!("on host {}: {there:?}", process.host)));
        }
    }
    None
}
