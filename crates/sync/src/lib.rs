//! The one room with locks and atomics.
//!
//! Everything that several tasks touch at once is built from the few shapes here, so that the rules on locking can be
//! checked in one place, under every schedule:
//!
//! | shape | held by | rule |
//! |---|---|---|
//! | [`Table`] | all sessions of a context, and what is known to be gone | a shard's lock is never held while a value's own lock is taken |
//! | [`Lane`] | what is to be sent to one peer, in order, bounded in bytes | taken last: nothing else is locked inside |
//! | [`Published`] | the current view: replaced whole, read by everybody | loaded *inside* a cell's lock, see `ARCHITECTURE.md` |
//! | [`Backlog`] | what many tasks note for one that works it off | those who note share no lock |
//! | [`Acknowledgement`] | one request that waits for its peers | no lock is held while a waker runs |
//!
//! What it does not do: it knows neither sessions nor sockets, never blocks for an event, and never looks at a clock.

mod acknowledgement;
mod backlog;
mod lane;
mod primitive;
mod published;
mod table;

pub use acknowledgement::{Acknowledgement, Confirm};
pub use backlog::Backlog;
pub use lane::{Lane, LaneFull, Weight};
pub use primitive::{AtomicFlag, Counter, Locked, LockedGuard};
pub use published::Published;
pub use table::{Admission, Found, Table};
