//! Sessions in a store, over real nodes and a store that fails when it is told to.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by where it stops")]

mod faulty;
mod file;
mod manager;
mod per_request;
mod replication;
mod support;
mod write_behind;
