//! Sessions in a store: what is saved, buried, loaded and dropped from memory, and when. The store itself is the shell's.
//!
//! ```text
//!  request, peer ──► Saver: a flag in the cell and a note ──► Schedule ──► (shell: Store) ──► Context::saved
//!  Sessions::find misses the memory ──► (shell: Store) ──► Context::take_stored
//! ```
//!
//! | file | what |
//! |---|---|
//! | `policy` | when a context's sessions are saved |
//! | `saver`, `note` | what requests and peers note for the store; no request waits for it, and no two share a lock for it |
//! | `copy` | what a node knows of one session's copy in the store |
//! | `schedule` | which operation is next, and how fast: one a session, a few at once, pauses while the store is down |
//! | `sessions`, `arrivals` | sessions on their way to the store, and out of it |
//! | `peers` | what this node saves of what peers change, and for a peer that has died |
//!
//! **Which change wins.** A store keeps no stamps: they are the nodes' own. A node knows the session's clock when it saved it last; so
//! what has a larger stamp was written since, and wins against what the store has got from elsewhere meanwhile. All else is taken from
//! the store. A session out of the store has the stamp of its last access: whoever has it in memory knows better.
//!
//! **What is gone.** A grave is written before the session's new id is saved, and a save behind a grave is refused by the store. Between
//! the end of a session and its grave lies the time of one operation, or the time that the store is down: a cluster that loses all nodes
//! within it brings that session back.

mod arrivals;
mod copy;
mod note;
mod peers;
mod policy;
mod saver;
mod schedule;
mod sessions;

pub use arrivals::Taken;
pub(crate) use copy::StoredCopy;
pub use note::{Burial, Note};
pub use policy::{Persistence, PersistentManager};
pub(crate) use saver::Saver;
pub use saver::{Event, StoreCounters};
pub use schedule::{BURIALS_MAX, Outcome, RUNNING_MAX, Schedule, Task, Turn};
pub use sessions::{Answer, Saving};
