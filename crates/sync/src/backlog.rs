//! What many tasks note for one that works it off later.

use core::fmt;
use core::task::{Context, Poll, Waker};

use crate::primitive::{AtomicFlag, Locked};

/// A power of two. A model has all there is to a race with two.
const SHARDS: usize = if cfg!(loom) { 2 } else { 16 };

/// Notes of many tasks for one, in no order: those who note share no lock, except by chance.
///
/// It has no limit of its own: who notes must see to it that there is at most one note of each thing.
pub struct Backlog<T> {
    shards: Box<[Locked<Vec<T>>]>,
    /// Something was noted since the last [`drain`](Self::drain) began.
    noted: AtomicFlag,
    worker: Locked<Option<Waker>>,
}

impl<T> Default for Backlog<T> {
    fn default() -> Self {
        let shards = (0..SHARDS).map(|_| Locked::new(Vec::new())).collect();
        Backlog { shards, noted: AtomicFlag::default(), worker: Locked::default() }
    }
}

impl<T> Backlog<T> {
    /// Notes something. `place` is any number that differs from thing to thing, so that who notes at the same time seldom meets.
    pub fn note(&self, place: u64, thing: T) {
        self.shards[place as usize % SHARDS].lock().push(thing);
        // After the note, so that whoever sees the flag finds it; only the first since the last drain wakes.
        if !self.noted.set(true) {
            let waker = self.worker.lock().take();
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }

    /// Takes all that was noted. For the one worker.
    pub fn drain(&self, into: &mut Vec<T>) {
        // First the flag: what is noted behind the look at its shard sets it again.
        self.noted.set(false);
        for shard in &self.shards {
            into.append(&mut shard.lock());
        }
    }

    /// Ready when something was noted since the last [`drain`](Self::drain). For the one worker.
    pub fn poll_noted(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.noted.get() {
            return Poll::Ready(());
        }
        *self.worker.lock() = Some(cx.waker().clone());
        // It may have been set between the look and the waker; who sets it later finds the waker.
        if self.noted.get() { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl<T> fmt::Debug for Backlog<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backlog").field("noted", &self.noted.get()).finish_non_exhaustive()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn what_was_noted_is_told_once_and_taken_once() {
        let backlog = Backlog::default();
        let mut cx = Context::from_waker(Waker::noop());
        assert_eq!(backlog.poll_noted(&mut cx), Poll::Pending);
        (0..40_u64).for_each(|number| backlog.note(number, number));
        assert_eq!(backlog.poll_noted(&mut cx), Poll::Ready(()));
        let mut taken = Vec::new();
        backlog.drain(&mut taken);
        taken.sort_unstable();
        assert_eq!(taken, (0..40).collect::<Vec<_>>());
        assert_eq!(backlog.poll_noted(&mut cx), Poll::Pending);
        backlog.drain(&mut taken);
        assert_eq!(taken.len(), 40);
    }
}
