//! The primitives below all shapes: std's, without their poisoning.
//!
//! With `--cfg loom` they are loom's, which runs a model under every schedule (`tests/loom`). They work only inside of a
//! model then, so the unit tests beside the code are left out of such a build.
//!
//! A panic while a lock is held is a bug of ours. Poisoning would turn it into a second panic on every later request
//! of the session; the data behind our locks is kept consistent step by step, so the lock is simply taken.

use core::fmt;
use std::sync::PoisonError;

#[cfg(loom)]
use loom::sync as from;
#[cfg(not(loom))]
use std::sync as from;

pub(crate) use from::Arc;
use from::atomic::{AtomicBool, AtomicU64, Ordering};
use from::{Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// A mutex that is never poisoned.
#[derive(Default)]
pub struct Locked<T>(Mutex<T>);

/// The guard of a [`Locked`].
pub type LockedGuard<'a, T> = MutexGuard<'a, T>;

impl<T> Locked<T> {
    /// Puts `value` behind a lock.
    pub fn new(value: T) -> Self {
        Locked(Mutex::new(value))
    }

    /// Waits for the lock. Hold it for one step, and never over an `await`.
    pub fn lock(&self) -> LockedGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> fmt::Debug for Locked<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Never locks: a debug print from inside a lock must not hang.
        f.write_str("Locked")
    }
}

/// A read-write lock that is never poisoned; for the shapes of this crate only.
pub(crate) struct Shared<T>(RwLock<T>);

impl<T> Shared<T> {
    pub(crate) fn new(value: T) -> Self {
        Shared(RwLock::new(value))
    }

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, T> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, T> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A yes or no that any task may set and read.
#[derive(Debug, Default)]
pub struct AtomicFlag(AtomicBool);

impl AtomicFlag {
    /// Starts as `value`.
    pub fn new(value: bool) -> Self {
        AtomicFlag(AtomicBool::new(value))
    }

    /// What was set last.
    pub fn get(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    /// Sets it; returns what it was before.
    pub fn set(&self, value: bool) -> bool {
        self.0.swap(value, Ordering::AcqRel)
    }
}

/// A number that only counts up, for figures shown to people.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Starts at `value`.
    pub fn new(value: u64) -> Self {
        Counter(AtomicU64::new(value))
    }

    /// Adds `n`; returns what it was before.
    pub fn add(&self, n: u64) -> u64 {
        self.0.fetch_add(n, Ordering::Relaxed)
    }

    /// The count so far.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
