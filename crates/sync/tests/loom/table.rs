//! [`Table`]: what is gone stays gone, there is one winner, and a walk misses nothing that was there all the time.

use loom::sync::Arc;
use loom::thread;
use outlive_sync::{Admission, Found, Table};

use crate::explore::{Schedules, explore};

/// From key to a number, with the reason why a key is gone.
type Numbers = Table<u32, u32, &'static str>;

/// Each seed distributes the keys over the two shards in its own way.
const SEEDS: [u64; 4] = [1, 2, 3, 4];

fn numbers(seed: u64) -> Arc<Numbers> {
    Arc::new(Table::new(100, seed))
}

fn seen_by_a_walk(table: &Numbers) -> Vec<u32> {
    let mut seen = Vec::new();
    table.for_each(|value| seen.push(*value));
    seen.sort_unstable();
    seen
}

#[test]
fn what_is_buried_is_never_admitted_again() {
    explore("admit, bury, find", Schedules::All, || {
        let table = numbers(1);
        let (admitting, burying) = (Arc::clone(&table), Arc::clone(&table));
        let admitting = thread::spawn(move || matches!(admitting.admit(1, Arc::new(10)), Admission::Admitted));
        let burying = thread::spawn(move || burying.bury(&1, "ended").map(|value| *value));
        let was_gone = matches!(table.find(&1), Found::Gone(_));
        if was_gone {
            assert!(matches!(table.find(&1), Found::Gone("ended")), "gone once, gone for good");
        }
        let (admitted, buried) = (admitting.join().unwrap(), burying.join().unwrap());
        assert_eq!(buried, admitted.then_some(10), "who buries gets what was admitted, and nothing else");
        assert!(matches!(table.find(&1), Found::Gone("ended")));
        assert!(matches!(table.admit(1, Arc::new(11)), Admission::Refused("ended")));
        assert_eq!(table.len(), 0);
    });
}

#[test]
fn one_of_two_admissions_wins_and_the_other_gets_the_winner() {
    explore("admit, admit", Schedules::All, || {
        let table = numbers(1);
        let other = Arc::clone(&table);
        let admit = |table: &Numbers, value| match table.admit(1, Arc::new(value)) {
            Admission::Admitted => (true, value),
            Admission::Known(known) => (false, *known),
            Admission::Refused(reason) => panic!("nothing was buried, but {reason}"),
        };
        let other = thread::spawn(move || admit(&other, 20));
        let (here, there) = (admit(&table, 10), other.join().unwrap());
        assert!(here.0 != there.0, "one winner");
        assert_eq!(here.1, there.1, "both have the same value");
        assert_eq!(table.len(), 1);
    });
}

#[test]
fn one_of_two_burials_gets_the_value_and_the_first_grave_stays() {
    explore("bury, bury", Schedules::All, || {
        let table = numbers(1);
        table.admit(1, Arc::new(10));
        let other = Arc::clone(&table);
        let other = thread::spawn(move || other.bury(&1, "there").is_some());
        let (here, there) = (table.bury(&1, "here").is_some(), other.join().unwrap());
        assert!(here != there, "one winner");
        let Found::Gone(grave) = table.find(&1) else { panic!("not gone") };
        assert_eq!(grave, if here { "here" } else { "there" });
        assert_eq!(table.len(), 0);
    });
}

#[test]
fn to_forget_a_key_never_opens_a_grave() {
    explore("admit, forget, bury", Schedules::All, || {
        let table = numbers(1);
        table.admit(1, Arc::new(10));
        let (forgetting, burying) = (Arc::clone(&table), Arc::clone(&table));
        let forgetting = thread::spawn(move || forgetting.forget(&1).is_some());
        let burying = thread::spawn(move || burying.bury(&1, "ended").is_some());
        let admitted = matches!(table.admit(1, Arc::new(11)), Admission::Admitted);
        let (forgotten, buried) = (forgetting.join().unwrap(), burying.join().unwrap());
        assert_eq!(1 + usize::from(admitted), usize::from(forgotten) + usize::from(buried), "each value goes once");
        assert!(matches!(table.find(&1), Found::Gone("ended")));
        assert_eq!(table.len(), 0);
    });
}

#[test]
fn a_walk_sees_each_value_once_that_is_there_all_the_time() {
    for seed in SEEDS {
        explore("for_each beside admit and bury", Schedules::All, move || {
            let table = numbers(seed);
            (1..=2).for_each(|key| drop(table.admit(key, Arc::new(key))));
            let (admitting, burying) = (Arc::clone(&table), Arc::clone(&table));
            let admitting = thread::spawn(move || drop(admitting.admit(3, Arc::new(3))));
            let burying = thread::spawn(move || drop(burying.bury(&1, "ended")));
            let seen = seen_by_a_walk(&table);
            assert!([&[2][..], &[1, 2], &[2, 3], &[1, 2, 3]].contains(&&*seen), "{seen:?}");
            admitting.join().unwrap();
            burying.join().unwrap();
            assert_eq!(seen_by_a_walk(&table), [2, 3]);
            assert_eq!(table.len(), 2);
        });
    }
}

#[test]
fn a_value_that_is_renamed_is_always_found_and_seen_by_every_walk() {
    for seed in SEEDS {
        explore("rename beside find and for_each", Schedules::Preemptions(3), move || {
            let table = numbers(seed);
            table.admit(1, Arc::new(10));
            let (renaming, finding) = (Arc::clone(&table), Arc::clone(&table));
            let renaming = thread::spawn(move || {
                let value = renaming.get(&1).unwrap();
                assert!(matches!(renaming.rename(&1, 2, value, "renamed"), Admission::Admitted));
            });
            let finding = thread::spawn(move || match finding.find(&1) {
                Found::Live(_) => {}
                Found::Gone(_) => assert!(finding.get(&2).is_some(), "gone from here, and not there yet"),
                Found::Absent => panic!("neither here nor gone"),
            });
            assert_eq!(seen_by_a_walk(&table), [10], "the walk beside a rename");
            renaming.join().unwrap();
            finding.join().unwrap();
            assert_eq!(table.len(), 1);
        });
    }
}
