//! What this node knows of one session's copy in the store.

use std::time::Duration;

use bytes::Bytes;

use super::note::Burial;

/// Stands beside the session, under its lock. A session that has nothing to do with a store has none.
#[derive(Debug, Default)]
pub(crate) struct StoredCopy {
    /// A note that it is to be saved lies in the backlog, or in the schedule.
    pub(crate) queued: bool,
    /// It was changed, or accessed, since it was last taken to be saved.
    pub(crate) dirty: bool,
    /// The store may have something of it.
    pub(crate) touched: bool,
    /// It leaves the memory as soon as it is saved.
    pub(crate) leaves: bool,
    /// It has left the memory: this is not the session any more, the one in the store is.
    pub(crate) left: bool,
    /// Which of its states the store has, for stores that can tell.
    pub(crate) version: Option<Bytes>,
    /// The session's clock as it was last saved or loaded: what was written since has a larger stamp.
    pub(crate) clock: i64,
    /// When it was last taken to be saved, by the monotonic clock.
    pub(crate) taken: Option<Duration>,
    /// Graves that are to be written with the next save: only where each request saves.
    pub(crate) burials: Vec<Burial>,
}

impl StoredCopy {
    /// The same session under a new id, of which the store has nothing yet.
    pub(crate) fn renamed(&mut self) {
        (self.version, self.touched, self.queued, self.taken, self.dirty) = (None, false, false, None, true);
    }
}
