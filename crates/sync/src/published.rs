//! A value that is replaced whole and read by everybody.

use core::fmt;

use crate::primitive::{Arc, Shared};

/// The current version of something: readers get the version that was published last, and keep it as long as they like.
pub struct Published<T>(Shared<Arc<T>>);

impl<T> Published<T> {
    /// Publishes the first version.
    pub fn new(value: T) -> Self {
        Published(Shared::new(Arc::new(value)))
    }

    /// The version published last.
    pub fn load(&self) -> Arc<T> {
        Arc::clone(&self.0.read())
    }

    /// Replaces the version; returns the one before.
    pub fn publish(&self, value: Arc<T>) -> Arc<T> {
        core::mem::replace(&mut *self.0.write(), value)
    }
}

impl<T: fmt::Debug> fmt::Debug for Published<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.load().fmt(f)
    }
}
