//! Who announces itself: what is heard, what is said.

pub mod heartbeat;
pub mod static_members;
pub(crate) mod table;
