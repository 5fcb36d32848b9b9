//! A lane and what its peer is behind in, as `crates/node` and the sender of `crates/net` use them together: what did not
//! fit is noted, the sender is nudged, and repairs it when its lane is empty.

use std::future::poll_fn;
use std::task::Poll;

use loom::future::block_on;
use loom::sync::Arc;
use loom::thread;
use outlive_sync::{AtomicFlag, Lane, Locked, Weight};

use crate::explore::{Schedules, explore};

/// A change of one byte to the session with this number.
#[derive(Debug)]
struct Change(u8);

impl Weight for Change {
    fn weight(&self) -> usize {
        1
    }
}

struct Peer {
    lane: Lane<Change>,
    /// Sessions that it is behind in.
    dirty: Locked<Vec<u8>>,
}

impl Peer {
    /// As `Dispatch::broadcast` and `Peer::mark_dirty`.
    fn send(&self, session: u8) {
        if self.lane.push(Change(session)).is_err() {
            self.dirty.lock().push(session);
            self.lane.nudge();
        }
    }

    /// As `Peer::wants_repair`.
    fn wants_repair(&self) -> bool {
        !self.dirty.lock().is_empty() && self.lane.bytes() == 0
    }

    /// As `Sender::poll_lane` and `Sender::converse`, until `count` sessions have been told.
    fn tell(&self, count: usize) -> Vec<u8> {
        let mut told = Vec::new();
        while told.len() < count {
            if self.wants_repair() {
                told.append(&mut self.dirty.lock());
                continue;
            }
            block_on(poll_fn(|cx| {
                let ready = self.lane.poll_ready(cx, true);
                // Behind the registration: what is noted from here on nudges.
                if ready.is_pending() && self.wants_repair() { Poll::Ready(true) } else { ready }
            }));
            if let Some(Change(session)) = self.lane.take() {
                told.push(session);
                self.lane.release(1);
            }
        }
        told.sort_unstable();
        told
    }
}

#[test]
fn what_does_not_fit_is_told_nevertheless() {
    explore("two pushers into one byte, and repair", Schedules::Preemptions(3), || {
        let peer = Arc::new(Peer { lane: Lane::new(1), dirty: Locked::default() });
        let pushers = [1, 2].map(|session| {
            let peer = Arc::clone(&peer);
            thread::spawn(move || peer.send(session))
        });
        assert_eq!(peer.tell(2), [1, 2]);
        assert_eq!(peer.lane.bytes(), 0);
        pushers.into_iter().for_each(|pusher| pusher.join().unwrap());
    });
}

#[test]
fn a_nudge_after_a_change_is_seen_by_who_looks_after_it_has_registered() {
    explore("a flag and a nudge", Schedules::All, || {
        let shared = Arc::new((Lane::<Change>::new(1), AtomicFlag::default()));
        let other = Arc::clone(&shared);
        let other = thread::spawn(move || {
            other.1.set(true);
            other.0.nudge();
        });
        let (lane, flag) = &*shared;
        block_on(poll_fn(|cx| {
            let _ = lane.poll_ready(cx, true);
            if flag.get() { Poll::Ready(()) } else { Poll::Pending }
        }));
        other.join().unwrap();
    });
}
