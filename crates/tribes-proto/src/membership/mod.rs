//! Who announces itself: what is heard, what is said.

pub mod heartbeat;
pub mod static_members;
pub mod static_service;
pub(crate) mod table;
