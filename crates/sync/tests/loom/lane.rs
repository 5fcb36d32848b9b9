//! [`Lane`]: order, the account, and wake-ups that are never lost.

use std::future::poll_fn;

use loom::future::block_on;
use loom::sync::Arc;
use loom::thread;
use outlive_sync::{Acknowledgement, Confirm, Lane, LaneFull, Weight};

use crate::explore::{Schedules, explore};

/// An entry of one byte: who pushed it, and as which of theirs.
#[derive(Debug)]
struct Entry {
    from: u8,
    number: u8,
    confirm: Option<Confirm>,
}

impl Entry {
    fn new(from: u8, number: u8) -> Self {
        Entry { from, number, confirm: None }
    }
}

impl Weight for Entry {
    fn weight(&self) -> usize {
        1
    }
}

/// Waits for an entry as the sender of a peer does; `None`: the lane was closed.
fn next(lane: &Lane<Entry>) -> Option<Entry> {
    while block_on(poll_fn(|cx| lane.poll_ready(cx, true))) {
        // None: it was closed in between.
        if let Some(entry) = lane.take() {
            return Some(entry);
        }
    }
    None
}

#[test]
fn every_push_wakes_the_sender_and_keeps_its_order() {
    explore("two pushers, one sender", Schedules::Preemptions(3), || {
        let lane = Arc::new(Lane::new(100));
        let (first, second) = (Arc::clone(&lane), Arc::clone(&lane));
        let first = thread::spawn(move || (0..2).for_each(|number| first.push(Entry::new(1, number)).unwrap()));
        let second = thread::spawn(move || second.push(Entry::new(2, 0)).unwrap());
        let mut from_first = Vec::new();
        for _ in 0..3 {
            let entry = next(&lane).unwrap();
            if entry.from == 1 {
                from_first.push(entry.number);
            }
            lane.release(entry.weight());
        }
        assert_eq!(from_first, [0, 1]);
        assert_eq!(lane.bytes(), 0);
        first.join().unwrap();
        second.join().unwrap();
    });
}

#[test]
fn the_account_is_exact_and_never_over_its_limit() {
    explore("two pushers at the limit", Schedules::All, || {
        let lane = Arc::new(Lane::new(2));
        let pushers = [1, 2].map(|from| {
            let lane = Arc::clone(&lane);
            thread::spawn(move || {
                let push = |number| usize::from(lane.push(Entry::new(from, number)).is_ok());
                push(0) + push(1)
            })
        });
        let taken = lane.take();
        assert!(lane.bytes() <= 2);
        if let Some(entry) = &taken {
            lane.release(entry.weight());
        }
        let accepted: usize = pushers.into_iter().map(|pusher| pusher.join().unwrap()).sum();
        let left = accepted - usize::from(taken.is_some());
        assert!(accepted >= 2, "there was room for two all the time");
        assert_eq!(lane.bytes(), left);
        let queued = std::iter::from_fn(|| lane.take()).inspect(|entry| lane.release(entry.weight())).count();
        assert_eq!((queued, lane.bytes()), (left, 0));
    });
}

#[test]
fn the_last_release_wakes_who_waits_for_idleness() {
    explore("poll_idle beside the sender", Schedules::All, || {
        let lane = Arc::new(Lane::new(100));
        lane.push(Entry::new(1, 0)).unwrap();
        let sending = Arc::clone(&lane);
        let sending = thread::spawn(move || {
            let entry = next(&sending).unwrap();
            // A frame that the sender makes itself: its account must not look empty in between.
            sending.charge(5);
            sending.release(entry.weight());
            sending.release(5);
        });
        block_on(poll_fn(|cx| lane.poll_idle(cx)));
        assert_eq!(lane.bytes(), 0, "not everything was released");
        sending.join().unwrap();
    });
}

#[test]
fn to_close_tells_the_sender_refuses_what_comes_and_confirms_what_lay_there() {
    explore("push, close, sender", Schedules::Preemptions(3), || {
        let lane = Arc::new(Lane::new(100));
        let ack = Acknowledgement::new();
        let entry = Entry { from: 1, number: 0, confirm: Some(ack.expect()) };
        let (pushing, closing) = (Arc::clone(&lane), Arc::clone(&lane));
        let pushing = thread::spawn(move || match pushing.push(entry) {
            Ok(()) => block_on(ack),
            Err(LaneFull(entry)) => {
                assert!(entry.confirm.is_some(), "a refused entry comes back as it was");
                assert!(pushing.is_closed());
                drop(entry);
                block_on(ack);
            }
        });
        let closing = thread::spawn(move || closing.close());
        while let Some(entry) = next(&lane) {
            lane.release(entry.weight());
        }
        assert!(lane.is_closed() && lane.take().is_none());
        assert!(lane.push(Entry::new(2, 0)).is_err());
        pushing.join().unwrap();
        closing.join().unwrap();
    });
}

#[test]
fn to_close_wakes_a_sender_without_room_and_who_waits_for_idleness() {
    explore("close beside both waiters", Schedules::Preemptions(3), || {
        let lane = Arc::new(Lane::new(100));
        lane.push(Entry::new(1, 0)).unwrap();
        let (sending, idling) = (Arc::clone(&lane), Arc::clone(&lane));
        let sending = thread::spawn(move || block_on(poll_fn(|cx| sending.poll_ready(cx, false))));
        let idling = thread::spawn(move || block_on(poll_fn(|cx| idling.poll_idle(cx))));
        lane.close();
        assert!(!sending.join().unwrap(), "entries do not wake a sender without room");
        idling.join().unwrap();
    });
}
