//! What is to be done with the store.

use outlive_session::{BaseId, SessionId};
use outlive_tribes_proto::time::{Monotonic, UnixMillis};

/// Something that happened to a session and that the store has to learn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// It is to be saved, not before this time.
    Save {
        /// Which.
        base: BaseId,
        /// When.
        due: Monotonic,
    },
    /// It is no more under this id.
    Bury(Burial),
    /// Its idle time is over.
    Forget {
        /// Which.
        id: SessionId,
        /// As it was here: who has a later access knows better.
        last_accessed: UnixMillis,
    },
}

/// An id that names nothing any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Burial {
    /// The id.
    pub id: SessionId,
    /// The session's new id; `None`: it has ended.
    pub moved_to: Option<SessionId>,
    /// Until when that is to be remembered.
    pub keep_until: UnixMillis,
}

impl Note {
    /// What it is about.
    pub fn base(&self) -> BaseId {
        match self {
            Note::Save { base, .. } => base.clone(),
            Note::Bury(burial) => burial.id.base(),
            Note::Forget { id, .. } => id.base(),
        }
    }
}
