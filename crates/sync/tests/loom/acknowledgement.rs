//! [`Acknowledgement`]: who waits wakes when the last [`Confirm`] is gone, and not before.

use std::sync::atomic::{AtomicUsize, Ordering};

use loom::future::block_on;
use loom::thread;
use outlive_sync::{Acknowledgement, Confirm};

use crate::explore::{Schedules, explore};

/// Drops `confirm` in its own thread, after it was counted.
fn confirm(confirm: Confirm, count: &std::sync::Arc<AtomicUsize>) -> thread::JoinHandle<()> {
    let count = std::sync::Arc::clone(count);
    thread::spawn(move || {
        // Not loom's: the count shall add no order of its own.
        count.fetch_add(1, Ordering::Relaxed);
        drop(confirm);
    })
}

#[test]
fn the_waiter_wakes_after_the_last_confirm() {
    explore("two confirms, one waiter", Schedules::All, || {
        let ack = Acknowledgement::new();
        let count = std::sync::Arc::default();
        let threads = [ack.expect(), ack.expect()].map(|part| confirm(part, &count));
        block_on(ack.clone());
        assert_eq!(count.load(Ordering::Relaxed), 2, "it woke too early");
        assert!(ack.is_complete());
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn two_requests_that_wait_for_the_same_end_both_wake() {
    explore("one confirm, two waiters", Schedules::Preemptions(3), || {
        let ack = Acknowledgement::new();
        let count = std::sync::Arc::default();
        let confirming = confirm(ack.expect(), &count);
        let other = ack.clone();
        let other = thread::spawn(move || block_on(other));
        block_on(ack);
        assert_eq!(count.load(Ordering::Relaxed), 1, "it woke too early");
        other.join().unwrap();
        confirming.join().unwrap();
    });
}

#[test]
fn a_waiter_that_gives_up_leaves_the_confirm_harmless() {
    explore("one confirm, a waiter that gives up", Schedules::All, || {
        let ack = Acknowledgement::new();
        let count = std::sync::Arc::default();
        let confirming = confirm(ack.expect(), &count);
        let waker = std::task::Waker::noop();
        // Looks once, as a request does whose time limit is over, and goes.
        let ready = Future::poll(std::pin::pin!(ack), &mut std::task::Context::from_waker(waker)).is_ready();
        assert!(!ready || count.load(Ordering::Relaxed) == 1, "it was ready too early");
        confirming.join().unwrap();
    });
}
