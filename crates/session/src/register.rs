//! One value that several nodes write: which write stands, and which of them peers know.

use crate::attributes::Incoming;
use crate::stamp::Stamp;

/// A value, who wrote it last, and whether that was here and is not sent yet.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Register<T> {
    pub(crate) value: T,
    /// Of the last write that peers know; a write gets its own when it is sent.
    pub(crate) stamp: Stamp,
    /// What peers know, where the value was changed here and is not sent yet. A node that joins meanwhile is given this: the request
    /// that made the change may never end, and then no other node has what was promised before.
    known: Option<T>,
}

impl<T> Register<T> {
    /// A value that peers know.
    pub(crate) fn told(value: T, stamp: Stamp) -> Self {
        Register { value, stamp, known: None }
    }

    /// Sets it by the application.
    pub(crate) fn set(&mut self, value: T) {
        let before = core::mem::replace(&mut self.value, value);
        self.known.get_or_insert(before);
    }

    /// A peer's write, with the stamp that `overwrite` gives in exchange for the one that stands here; `None` is too late. A change
    /// made here and not yet sent stays: it will be sent with a later stamp.
    pub(crate) fn receive(&mut self, value: T, overwrite: impl Fn(Stamp) -> Option<Stamp>) -> Incoming {
        let Some(stamp) = overwrite(self.stamp) else { return Incoming::Stale };
        self.stamp = stamp;
        *self.known.as_mut().unwrap_or(&mut self.value) = value;
        Incoming::Applied
    }

    /// Whether it was changed here and is not sent yet.
    pub(crate) fn is_dirty(&self) -> bool {
        self.known.is_some()
    }

    /// What peers know.
    pub(crate) fn known(&self) -> &T {
        self.known.as_ref().unwrap_or(&self.value)
    }

    /// The value that is `wanted`.
    pub(crate) fn get(&self, wanted: Wanted) -> &T {
        match wanted {
            Wanted::Known => self.known(),
            Wanted::Current => &self.value,
        }
    }

    /// What is to be sent, if it was changed here: from now on peers know it, by this stamp.
    pub(crate) fn take_dirty(&mut self, stamp: Stamp) -> Option<&T> {
        self.known.take()?;
        self.stamp = stamp;
        Some(&self.value)
    }
}

/// Which value of a register is meant, where it was changed here and is not sent yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// The one that peers know.
    Known,
    /// The one that requests here see.
    Current,
}

impl<T: Clone> Register<T> {
    /// A value that is to be sent, and that nobody knows yet.
    pub(crate) fn untold(value: T) -> Self {
        Register { known: Some(value.clone()), value, stamp: Stamp::default() }
    }
}

impl<T> Register<Option<T>> {
    /// Whether nobody ever wrote it.
    pub(crate) fn is_untouched(&self) -> bool {
        self.value.is_none() && self.stamp == Stamp::default() && !self.is_dirty()
    }
}
