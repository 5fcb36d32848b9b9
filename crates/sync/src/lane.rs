//! What is to be sent to one peer: in order, bounded in bytes.

use core::fmt;
use core::task::{Context, Poll, Waker};
use std::collections::VecDeque;

use crate::primitive::Locked;

/// How many bytes an entry of a [`Lane`] counts.
pub trait Weight {
    /// Bytes, as they count against the lane's limit.
    fn weight(&self) -> usize;
}

/// The lane was over its limit (or closed), and the entry was not taken.
#[derive(Debug)]
pub struct LaneFull<T>(pub T);

struct State<T> {
    queue: VecDeque<T>,
    /// Bytes queued and taken but not yet released.
    bytes: usize,
    entries: usize,
    closed: bool,
    sender: Option<Waker>,
    /// Whoever waits until everything is released.
    idle: Option<Waker>,
    /// Whether the sender is to be woken for entries, not only for the end.
    sender_has_room: bool,
}

/// A queue from many tasks to the one that sends to a peer.
///
/// The limit counts what is queued *and* what the sender has taken but not [released](Lane::release): bytes stay on the
/// account until the peer has acknowledged them. An entry is refused only when the lane already holds something, so one
/// entry larger than the whole limit still passes alone.
pub struct Lane<T> {
    state: Locked<State<T>>,
    limit: usize,
}

impl<T: Weight> Lane<T> {
    /// An empty lane that holds up to `limit` bytes.
    pub fn new(limit: usize) -> Self {
        let state = State {
            queue: VecDeque::new(),
            bytes: 0,
            entries: 0,
            closed: false,
            sender: None,
            idle: None,
            sender_has_room: false,
        };
        Lane { state: Locked::new(state), limit }
    }

    /// Queues `entry` behind all others and wakes the sender if it was idle.
    ///
    /// # Errors
    /// [`LaneFull`] gives the entry back: the lane is over its limit, or was closed.
    pub fn push(&self, entry: T) -> Result<(), LaneFull<T>> {
        let waker = {
            let mut state = self.state.lock();
            let weight = entry.weight();
            if state.closed || (state.entries > 0 && state.bytes.saturating_add(weight) > self.limit) {
                return Err(LaneFull(entry));
            }
            state.bytes += weight;
            state.entries += 1;
            state.queue.push_back(entry);
            if state.sender_has_room { state.sender.take() } else { None }
        };
        if let Some(waker) = waker {
            waker.wake();
        }
        Ok(())
    }

    /// Takes the oldest entry, if there is one. It stays on the account until it is [released](Lane::release).
    pub fn take(&self) -> Option<T> {
        self.state.lock().queue.pop_front()
    }

    /// Takes something out of each entry that is queued, such as who waits for it. What it is, is dropped by the caller, outside
    /// of the lock.
    pub fn strip<R>(&self, part: impl FnMut(&mut T) -> Option<R>) -> Vec<R> {
        self.state.lock().queue.iter_mut().filter_map(part).collect()
    }

    /// Puts an entry of `weight` bytes on the account that never lay in the queue: the sender made it itself.
    pub fn charge(&self, weight: usize) {
        let mut state = self.state.lock();
        state.bytes += weight;
        state.entries += 1;
    }

    /// Wakes the sender, to look at something else than entries.
    pub fn nudge(&self) {
        let waker = self.state.lock().sender.take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Strikes a taken entry of `weight` bytes off the account.
    pub fn release(&self, weight: usize) {
        let waker = {
            let mut state = self.state.lock();
            state.bytes = state.bytes.saturating_sub(weight);
            state.entries = state.entries.saturating_sub(1);
            if state.entries == 0 { state.idle.take() } else { None }
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Ready when nothing is queued and everything taken was released, or the lane was closed. For one task at a time.
    pub fn poll_idle(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.state.lock();
        if state.entries == 0 || state.closed {
            return Poll::Ready(());
        }
        state.idle = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Ready when the lane was closed (`false`) or, for a sender that `has_room` for more, an entry is queued (`true`).
    /// For the one sender.
    pub fn poll_ready(&self, cx: &mut Context<'_>, has_room: bool) -> Poll<bool> {
        let mut state = self.state.lock();
        if has_room && !state.queue.is_empty() {
            return Poll::Ready(true);
        }
        if state.closed {
            return Poll::Ready(false);
        }
        state.sender = Some(cx.waker().clone());
        state.sender_has_room = has_room;
        Poll::Pending
    }

    /// Ends the lane: what is queued is dropped, what comes is refused, the sender is told.
    pub fn close(&self) {
        let (queue, wakers) = {
            let mut state = self.state.lock();
            state.closed = true;
            (core::mem::take(&mut state.queue), [state.sender.take(), state.idle.take()])
        };
        // Outside the lock: entries may wake whoever waits for them.
        drop(queue);
        wakers.into_iter().flatten().for_each(Waker::wake);
    }

    /// Whether [`close`](Lane::close) was called.
    pub fn is_closed(&self) -> bool {
        self.state.lock().closed
    }

    /// Bytes on the account now.
    pub fn bytes(&self) -> usize {
        self.state.lock().bytes
    }
}

impl<T> fmt::Debug for Lane<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state.lock();
        let mut out = f.debug_struct("Lane");
        out.field("entries", &state.entries).field("bytes", &state.bytes).field("limit", &self.limit);
        out.field("closed", &state.closed).finish()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    impl Weight for usize {
        fn weight(&self) -> usize {
            *self
        }
    }

    #[test]
    fn keeps_order_and_counts_until_released() {
        let lane = Lane::new(10);
        lane.push(4).unwrap();
        lane.push(6).unwrap();
        assert!(lane.push(1).is_err(), "the limit is reached");
        assert_eq!(lane.take(), Some(4));
        assert!(lane.push(1).is_err(), "what was taken still counts");
        lane.release(4);
        lane.push(1).unwrap();
        assert_eq!((lane.take(), lane.take(), lane.take()), (Some(6), Some(1), None));
        let idle = || lane.poll_idle(&mut Context::from_waker(Waker::noop()));
        lane.release(6);
        assert_eq!(idle(), Poll::Pending);
        lane.release(1);
        assert_eq!(idle(), Poll::Ready(()));
    }

    #[test]
    fn one_entry_over_the_limit_passes_alone() {
        let lane = Lane::new(10);
        lane.push(1000).unwrap();
        assert!(lane.push(1).is_err());
    }

    #[test]
    fn a_closed_lane_refuses_and_tells_its_sender() {
        let lane = Lane::new(10);
        lane.push(1).unwrap();
        lane.close();
        assert!(lane.push(1).is_err());
        assert_eq!(lane.poll_ready(&mut Context::from_waker(Waker::noop()), false), Poll::Ready(false));
    }
}
