//! A session to be kept, and what became of that.

use crate::{Grave, SessionRecord, Version};

/// A session to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Save {
    /// What is to be kept. Its version is the one that it was loaded or last saved with; `None`: it was never in the store, or that
    /// does not matter. A store that can tell refuses to overwrite any other version.
    pub record: SessionRecord,
    /// Overwrite whatever is there.
    pub force: bool,
}

/// What became of a session that was to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saved {
    /// It is kept, and survives a crash of the machine as far as the store promises that.
    Kept(Option<Version>),
    /// Its base has a grave; nothing was written.
    Buried(Grave),
    /// The store has another version, which is not the one that the session comes from; nothing was written. `None`: it is gone.
    Changed(Option<Box<SessionRecord>>),
}
