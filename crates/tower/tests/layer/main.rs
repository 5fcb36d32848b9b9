//! The session layer over real nodes on loopback: what a client and a handler see, and when the other node has it.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

mod replication;
mod requests;
mod settings;
mod stored;
mod support;
