//! [`Backlog`]: nothing that is noted stays behind while the worker sleeps.

use std::future::poll_fn;

use loom::future::block_on;
use loom::sync::Arc;
use loom::thread;
use outlive_sync::Backlog;

use crate::explore::{Schedules, explore};

#[test]
fn every_note_wakes_the_worker() {
    explore("two who note, one worker", Schedules::Preemptions(3), || {
        let backlog = Arc::new(Backlog::default());
        let (first, second) = (Arc::clone(&backlog), Arc::clone(&backlog));
        let first = thread::spawn(move || (0..2).for_each(|number| first.note(number, number)));
        let second = thread::spawn(move || second.note(2, 2));
        let mut taken = Vec::new();
        while taken.len() < 3 {
            block_on(poll_fn(|cx| backlog.poll_noted(cx)));
            backlog.drain(&mut taken);
        }
        taken.sort_unstable();
        assert_eq!(taken, [0, 1, 2]);
        first.join().unwrap();
        second.join().unwrap();
    });
}
