//! What a run did, as one number; and, when it is played again after a failure, as text.

use std::collections::VecDeque;
use std::fmt;
use std::hash::{BuildHasher, Hasher};

use foldhash::quality::{FixedState, FoldHasher};

use crate::clock::Instant;

/// The hash over everything that happened, and the last of it in words.
///
/// The words cost more than the run itself, so they are only kept by a run that is played again.
pub struct Trace {
    hasher: FoldHasher<'static>,
    recent: Option<VecDeque<String>>,
    limit: usize,
}

impl Trace {
    /// A trace that only hashes.
    pub fn hashing() -> Self {
        Trace { hasher: FixedState::with_seed(0).build_hasher(), recent: None, limit: 0 }
    }

    /// A trace that keeps the last `limit` events in words, too.
    pub fn telling(limit: usize) -> Self {
        Trace { recent: Some(VecDeque::new()), limit, ..Self::hashing() }
    }

    /// Something happened: `what` tells events apart, `bytes` are what it was about.
    pub fn event(&mut self, at: Instant, what: &str, numbers: &[u64], bytes: &[u8]) {
        self.hasher.write_u64(at.0);
        self.hasher.write(what.as_bytes());
        numbers.iter().for_each(|number| self.hasher.write_u64(*number));
        self.hasher.write(bytes);
    }

    /// Says in words what happened; costs nothing where nobody listens.
    pub fn tell(&mut self, at: Instant, words: impl FnOnce() -> String) {
        if let Some(recent) = &mut self.recent {
            if recent.len() == self.limit {
                recent.pop_front();
            }
            recent.push_back(format!("{:>12.6} s  {}", at.0 as f64 / 1e6, words()));
        }
    }

    /// The hash over everything so far.
    pub fn hash(&self) -> u64 {
        self.hasher.finish()
    }

    /// The last events, oldest first.
    pub fn recent(&self) -> impl Iterator<Item = &str> {
        self.recent.iter().flatten().map(String::as_str)
    }
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Trace({:016x})", self.hash())
    }
}
