//! A change that did not arrive.

use std::fmt::{self, Display};

/// Something that a node had changed, and the other did not have when it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// The step at which it was missed, from 1.
    pub step: u8,
    /// The node that had changed it.
    pub from: String,
    /// The node that did not have it.
    pub to: String,
    /// What was missed: the session, a field of it, an attribute, its end.
    pub what: String,
}

impl Display for Loss {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { step, from, to, what } = self;
        write!(out, "step {step}, {from} to {to}: {what}")
    }
}
