//! Known bugs, to be switched on by a simulator that is to find them. Only with the feature `planted`; off until
//! [`plant`] is called, and then on in the whole process.

use core::sync::atomic::{AtomicU8, Ordering};

/// A bug that this design exists to avoid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Planted {
    /// A completion loads the view before it takes the cell's lock.
    ViewBeforeLock = 1,
    /// A completion pushes to the lanes after it has let go of the cell.
    PushAfterUnlock,
    /// A creation of a session that is known empties it, as a Tomcat does.
    CreatedWipes,
    /// The route is part of the table's key, as in a Tomcat.
    SuffixInKey,
    /// A change that arrives during a state transfer is dropped.
    DeltaDroppedInTransfer,
}

static PLANTED: AtomicU8 = AtomicU8::new(0);

/// Switches one bug on.
pub fn plant(bug: Planted) {
    PLANTED.store(bug as u8, Ordering::Relaxed);
}

/// Whether this bug is on.
pub fn is_planted(bug: Planted) -> bool {
    PLANTED.load(Ordering::Relaxed) == bug as u8
}
