//! One write of one register.

use crate::event::ProcessId;
use crate::oracle::SessionKey;

/// A write's number. It stands in the value that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WriteKey(pub u32);

/// One write of an attribute, or of the user.
#[derive(Clone, Debug)]
pub struct Write {
    /// In which session.
    pub session: SessionKey,
    /// Of which attribute.
    pub name: String,
    /// The write whose value it has replaced, as its node said.
    pub before: Option<WriteKey>,
    /// Whether it leaves no value.
    pub is_removal: bool,
    /// Whether it must not be lost.
    pub is_sure: bool,
    /// The processes that surely have it.
    pub heard: Vec<ProcessId>,
}
