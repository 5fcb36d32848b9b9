//! No lock of this crate is held while a waker runs: one may run its task at once, and that looks at the same lane.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Wake, Waker};

use outlive_sync::{Acknowledgement, Confirm, Lane, Weight};

use crate::explore::{Schedules, explore};

#[derive(Default)]
struct Byte {
    _confirm: Option<Confirm>,
}

impl Weight for Byte {
    fn weight(&self) -> usize {
        1
    }
}

/// A waker that takes every lock there is: loom calls it a deadlock if the caller holds one of them.
struct Curious {
    lane: std::sync::Arc<Lane<Byte>>,
    ack: Acknowledgement,
    runs: AtomicUsize,
}

impl Wake for Curious {
    fn wake(self: std::sync::Arc<Self>) {
        self.lane.bytes();
        self.ack.is_complete();
        self.runs.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn no_lock_is_held_while_a_waker_runs() {
    explore("a waker that runs at once", Schedules::All, || {
        let lane = std::sync::Arc::new(Lane::new(10));
        let ack = Acknowledgement::new();
        let curious = Curious { lane: std::sync::Arc::clone(&lane), ack: ack.clone(), runs: AtomicUsize::new(0) };
        let curious = std::sync::Arc::new(curious);
        let waker = Waker::from(std::sync::Arc::clone(&curious));
        let mut cx = Context::from_waker(&waker);
        let mut runs = 0;
        let mut ran = |what: &str| {
            runs += 1;
            assert_eq!(curious.runs.load(Ordering::Relaxed), runs, "{what} wakes once");
        };

        assert!(lane.poll_ready(&mut cx, true).is_pending());
        assert!(lane.push(Byte::default()).is_ok());
        ran("push");
        assert!(lane.poll_ready(&mut cx, false).is_pending());
        lane.nudge();
        ran("nudge");
        assert!(lane.poll_idle(&mut cx).is_pending());
        assert!(lane.take().is_some());
        lane.release(1);
        ran("the last release");
        let mut wait = || {
            let confirm = ack.expect();
            assert!(Future::poll(std::pin::Pin::new(&mut ack.clone()), &mut cx).is_pending());
            confirm
        };
        drop(wait());
        ran("the last confirm");
        // What lies in a lane that is closed confirms as it is dropped.
        let entry = Byte { _confirm: Some(wait()) };
        assert!(lane.push(entry).is_ok());
        lane.close();
        ran("an entry of a closed lane");
        let lane = Lane::<Byte>::new(10);
        assert!(lane.poll_ready(&mut cx, true).is_pending());
        lane.close();
        ran("close");
    });
}
