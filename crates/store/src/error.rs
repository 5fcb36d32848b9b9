//! What goes wrong with a store.

use std::error::Error;
use std::fmt;

/// What is to be done about a store's error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreFault {
    /// It cannot be reached, is too slow, or was shut down in the middle: the same may well work later.
    Unavailable,
    /// It has no room: the same may work later.
    Full,
    /// It can be read and not written, or it refuses this user: somebody has to change that.
    Denied,
    /// What is there has another form than it must have: somebody has to change that.
    Schema,
    /// One session cannot be read; all others can.
    Corrupt,
    /// One session is larger than the store takes; all others can be kept.
    TooLarge,
}

/// An operation of a store that failed. The store is as before, except that [`Unavailable`](StoreFault::Unavailable) may hide an
/// operation that has taken effect.
#[derive(Debug)]
pub struct StoreError {
    fault: StoreFault,
    message: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl StoreError {
    /// `message` is a whole sentence without its stop, names the store's part (file, table, server) and no password and no whole id.
    pub fn new(fault: StoreFault, message: impl Into<String>) -> Self {
        StoreError { fault, message: message.into(), source: None }
    }

    /// With what caused it, whose text must hold no password and no whole id either.
    #[must_use]
    pub fn caused_by(self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        StoreError { source: Some(source.into()), ..self }
    }

    /// What is to be done about it.
    pub fn fault(&self) -> StoreFault {
        self.fault
    }

    /// Whether the same operation may work later without anybody's help.
    pub fn is_transient(&self) -> bool {
        matches!(self.fault, StoreFault::Unavailable | StoreFault::Full)
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| source.as_ref() as &(dyn Error + 'static))
    }
}
