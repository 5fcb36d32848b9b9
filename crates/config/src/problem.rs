//! What is said about files: notices, and what is wrong.

use std::fmt;
use std::sync::Arc;

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file's path as it was opened.
    pub file: Arc<str>,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// How much a notice matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something is most likely not as its author meant it.
    Warning,
    /// Something in a file is accepted and has no effect here.
    Notice,
    /// The same, and nobody would miss it.
    Detail,
}

/// What is to be said about a file that is taken all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// How much it matters.
    pub level: Level,
    /// What it is about.
    pub place: Option<Place>,
    /// One sentence; no secret is in it.
    pub text: String,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{place}: {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

/// What makes a file impossible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub place: Option<Place>,
    /// One sentence that names the element, the attribute, its value if that is no secret, and what is allowed.
    pub text: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{place}: {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

/// Files that a node cannot be started with: everything that is wrong with them, one line each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// At least one.
    pub faults: Vec<Fault>,
}

impl ConfigError {
    /// The error of one fault that is about no line.
    pub(crate) fn of(text: impl Into<String>) -> Self {
        Self { faults: vec![Fault { place: None, text: text.into() }] }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, fault) in self.faults.iter().enumerate() {
            if number > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

/// A text as it is shown: without what would break the line, and cut where it is long.
pub(crate) fn cut(text: &str) -> String {
    const LENGTH_MAX: usize = 150;
    let cut: String = text.chars().take(LENGTH_MAX).collect();
    let rest = if cut.len() < text.len() { "…" } else { "" };
    format!("{}{rest}", cut.escape_debug())
}
