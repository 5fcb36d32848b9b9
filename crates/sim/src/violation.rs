//! Something that must not be.

use std::fmt;

/// An invariant that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which one: the name of its file.
    pub invariant: &'static str,
    /// What had to be.
    pub expected: String,
    /// What was.
    pub found: String,
}

impl Violation {
    /// What had to be, and what was.
    pub fn new(invariant: &'static str, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Violation { invariant, expected: expected.into(), found: found.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "invariant  {}", self.invariant)?;
        writeln!(f, "expected   {}", self.expected)?;
        write!(f, "found      {}", self.found)
    }
}
