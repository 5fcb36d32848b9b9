//! What is measured, and the names under which it is told.

pub(crate) mod requests;
pub(crate) mod sessions;

/// CPU time of a request: the row that ratios are made of.
pub(crate) const COST: &str = "CPU µs a request, all processes";
/// The part of A.
pub(crate) const COST_A: &str = "… on A, which serves";
/// The part of B.
pub(crate) const COST_B: &str = "… on B, which receives";
/// The part of a shared store.
pub(crate) const COST_STORE: &str = "… on the store";
/// Bytes on the wire.
pub(crate) const BYTES: &str = "bytes between the nodes (or to the store) a request, with headers";
/// Must be 0.
pub(crate) const WRONG: &str = "sessions wrong on B afterwards";

/// `/app/health`.
pub(crate) const HEALTH: &str = "No session: /app/health";
/// `/app/counter`.
pub(crate) const WRITE: &str = "A write: /app/counter";
/// `/app/read`.
pub(crate) const READ: &str = "A read: /app/read";
/// From process to first answer.
pub(crate) const START: &str = "Start";

/// The group of a number of sessions.
pub(crate) fn many(count: usize) -> String {
    format!("{} sessions", crate::table::number(count as f64))
}
/// Memory on A before its sessions rest.
pub(crate) const RESIDENT_A_USED: &str = "resident bytes a session on A, right after its requests";
/// Memory on A.
pub(crate) const RESIDENT_A: &str = "… on A, when it rests";
/// Memory on B.
pub(crate) const RESIDENT_B: &str = "… on B, when it rests";
/// Memory in a shared store.
pub(crate) const RESIDENT_STORE: &str = "… in the store";
/// From process start.
pub(crate) const JOIN: &str = "time until a new B holds all of them, ms";
/// Must be 0.
pub(crate) const JOIN_WRONG: &str = "sessions missing or wrong on the new B";
