//! [`Published`]: nobody goes back to an older version, and no version is lost.

use loom::sync::Arc;
use loom::thread;
use outlive_sync::Published;

use crate::explore::{Schedules, explore};

#[test]
fn a_reader_never_goes_back_to_an_older_version() {
    explore("publish, publish; load, load", Schedules::All, || {
        let published = Arc::new(Published::new(0));
        let reading = Arc::clone(&published);
        let reading = thread::spawn(move || {
            let (first, second) = (*reading.load(), *reading.load());
            assert!(first <= second, "{first}, then {second}");
        });
        (1..=2).for_each(|version| assert_eq!(*published.publish(Arc::new(version)), version - 1));
        assert_eq!(*published.load(), 2, "who has published reads it back");
        reading.join().unwrap();
    });
}

#[test]
fn each_version_is_replaced_once() {
    explore("publish beside publish", Schedules::All, || {
        let published = Arc::new(Published::new(0));
        let other = Arc::clone(&published);
        let other = thread::spawn(move || *other.publish(Arc::new(1)));
        let mut versions = vec![*published.publish(Arc::new(2)), other.join().unwrap(), *published.load()];
        versions.sort_unstable();
        assert_eq!(versions, [0, 1, 2]);
    });
}
