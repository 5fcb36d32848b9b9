//! The known bugs that the simulator must find, and the two halves of a completion that two of them need.

use outlive_node::{ClusterView, Delivery, SessionRef, Unsent};
use outlive_session::planted::{Planted, is_planted};
use outlive_tribes_proto::time::Now;
use std::sync::Arc;

use crate::process::Process;

/// A bug and the name that the command line has for it.
#[derive(Clone, Copy, Debug)]
pub struct Bug {
    /// The name.
    pub name: &'static str,
    /// The switch.
    pub planted: Planted,
}

/// All of them.
pub const BUGS: [Bug; 5] = [
    Bug { name: "view-before-lock", planted: Planted::ViewBeforeLock },
    Bug { name: "push-after-unlock", planted: Planted::PushAfterUnlock },
    Bug { name: "created-wipes", planted: Planted::CreatedWipes },
    Bug { name: "suffix-in-key", planted: Planted::SuffixInKey },
    Bug { name: "delta-dropped-in-transfer", planted: Planted::DeltaDroppedInTransfer },
];

/// The bug with this name.
///
/// # Errors
/// There is none; says which there are.
pub fn bug(name: &str) -> Result<Bug, String> {
    let names = || BUGS.map(|bug| bug.name).join(", ");
    BUGS.into_iter().find(|bug| bug.name == name).ok_or_else(|| format!("one of: {}", names()))
}

/// What the first half of a completion leaves to the second.
#[derive(Debug, Default)]
pub enum Half {
    /// Everything: no bug, or none here.
    #[default]
    Whole,
    /// The view is loaded already.
    Seen(Arc<ClusterView>),
    /// What is to be sent is taken from the cell, and not pushed.
    Unsent(Unsent),
}

/// What a planted bug does before its time.
pub fn first_half(process: &Process, now: Now, session: &SessionRef) -> Half {
    if is_planted(Planted::ViewBeforeLock) {
        return Half::Seen(process.node.view());
    }
    if is_planted(Planted::PushAfterUnlock) {
        return Half::Unsent(process.context.complete_unsent(now, session));
    }
    Half::Whole
}

/// What is left to do, if a bug has cut the completion in two.
pub fn second_half(process: &Process, now: Now, session: &SessionRef, half: Half) -> Option<Delivery> {
    match half {
        Half::Whole => None,
        Half::Seen(view) => Some(process.context.complete_seeing(now, session, &view)),
        Half::Unsent(unsent) => Some(process.context.push(unsent)),
    }
}
