//! Models of the shapes of this crate, run under every schedule, or all up to a bound: `cargo xtask loom`.
//!
//! A model is a small program of two or three threads. [loom](https://docs.rs/loom) runs it again and again, switches
//! threads at each lock, atomic and reference count in a new way each time, and stops when no way is left. So a test here
//! does not hope for a race, it goes through all there are. Three things end a test:
//!
//! - an assertion of the model fails in one execution,
//! - all threads wait for each other: a deadlock, or a wake-up that was lost,
//! - an `Arc` is still alive when an execution ends.
//!
//! Each model says how many executions it took; one that is not exhaustive says how many preemptions it stops at (a
//! switch away from a thread that could have gone on). Models whose rule is broken on purpose are here too: their tests
//! pass only if loom finds the fault, so we know that it would.
//!
//! What a model cannot find: a race between things that it does not have. It has one or two sessions, peers and writes, and
//! two shards instead of 64; where sessions and frames are only drawn, `write_path` keeps to the order of steps in
//! `crates/node`, and nothing but that order is checked.

#![cfg(loom)]
#![allow(clippy::unwrap_used, reason = "a thread of a model that panicked has failed the test already")]

mod acknowledgement;
mod backlog;
mod early_message;
mod explore;
mod lane;
mod lock_order;
mod primitive;
mod published;
mod sender;
mod table;
mod wakers;
mod write_path;
