//! The bytes that real Tomcats sent: all must be read, written back the same, and mean what the clients were told.
//!
//! `interop/vectors/README.md` says where they come from. Each test goes over every scenario.

#![allow(clippy::unwrap_used, reason = "all of this program is a test")]

mod inspect;
mod interceptors;
mod java;
mod messages;
mod replay;
mod scenario;
mod wire;
