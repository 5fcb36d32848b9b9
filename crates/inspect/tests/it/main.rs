//! Captures of real Tomcats, messages made by hand, and damaged bytes.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

mod golden;
mod hostile;
mod layers;
mod messages;
mod refused;
mod resync;
mod stacks;
mod support;
