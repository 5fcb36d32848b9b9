//! [`AtomicFlag`] and [`Counter`]: without a lock around them.

use loom::sync::Arc;
use loom::thread;
use outlive_sync::{AtomicFlag, Counter};

use crate::explore::{Schedules, explore};

#[test]
fn who_sees_a_flag_sees_what_was_done_before_it_was_set() {
    explore("a count, then a flag", Schedules::All, || {
        let shared = Arc::new((Counter::default(), AtomicFlag::default()));
        let other = Arc::clone(&shared);
        let other = thread::spawn(move || {
            other.0.add(1);
            other.1.set(true)
        });
        let (count, flag) = &*shared;
        if flag.get() {
            assert_eq!(count.get(), 1);
        }
        assert!(!other.join().unwrap(), "it was set once");
    });
}

#[test]
fn one_of_two_who_set_a_flag_is_told_to_be_the_first_and_no_count_is_lost() {
    explore("two flags, two counts", Schedules::All, || {
        let shared = Arc::new((Counter::default(), AtomicFlag::default()));
        let other = Arc::clone(&shared);
        let other = thread::spawn(move || (other.0.add(1), other.1.set(true)));
        let (here, there) = ((shared.0.add(1), shared.1.set(true)), other.join().unwrap());
        assert!(here.0 != there.0, "two numbers are never the same");
        assert!(here.1 != there.1, "one was the first");
        assert_eq!(shared.0.get(), 2);
    });
}
