//! Locks are taken in one order, shard → cell → lane, and nothing else nests: then nobody waits in a circle.

use std::mem::ManuallyDrop;

use loom::sync::Arc;
use loom::thread;
use outlive_sync::{Lane, Locked, Table, Weight};

use crate::explore::{Schedules, explore, fault_of};

/// The stamp of a write.
struct Stamp;

impl Weight for Stamp {
    fn weight(&self) -> usize {
        1
    }
}

struct Cluster {
    table: Table<u8, Locked<u32>, ()>,
    lanes: [Lane<Stamp>; 2],
}

impl Cluster {
    fn of_two_sessions() -> Arc<Self> {
        let table = Table::new(100, 1);
        (1..=2).for_each(|key| drop(table.admit(key, Arc::new(Locked::new(0)))));
        Arc::new(Cluster { table, lanes: [Lane::new(100), Lane::new(100)] })
    }

    /// Shard, cell, then one lane after the other.
    fn write(&self, key: u8) {
        let cell = self.table.get(&key).expect("it is there");
        let mut stamp = cell.lock();
        *stamp += 1;
        for lane in &self.lanes {
            lane.push(Stamp).unwrap_or_else(|_| panic!("there is room"));
        }
    }
}

#[test]
fn writers_a_walk_and_an_end_never_wait_in_a_circle() {
    explore("two cells, two lanes, a walk, an end", Schedules::Preemptions(3), || {
        let cluster = Cluster::of_two_sessions();
        let writers = [1, 2].map(|key| {
            let cluster = Arc::clone(&cluster);
            thread::spawn(move || cluster.write(key))
        });
        // Looks into each cell, and ends one that it finds written: the grave is dug when the cell is free again.
        let mut written = 0;
        cluster.table.for_each(|cell| written += *cell.lock());
        if written > 0 {
            cluster.table.bury(&9, ());
        }
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        assert_eq!(cluster.lanes.each_ref().map(Lane::bytes), [2, 2]);
    });
}

#[test]
fn two_cells_at_once_in_no_order_are_a_deadlock() {
    let fault = fault_of("two cells held at once", || {
        // Nothing here may be dropped when loom gives up: its primitives work only inside of an execution.
        let cells = std::sync::Arc::new([Locked::new(0), Locked::new(0)]);
        let other = std::sync::Arc::clone(&cells);
        let hold_both = |first: &Locked<u32>, second: &Locked<u32>| {
            let first = ManuallyDrop::new(first.lock());
            let second = ManuallyDrop::new(second.lock());
            drop((ManuallyDrop::into_inner(second), ManuallyDrop::into_inner(first)));
        };
        let other = thread::spawn(move || hold_both(&other[1], &other[0]));
        hold_both(&cells[0], &cells[1]);
        other.join().unwrap();
    });
    assert!(fault.starts_with("deadlock; threads ="), "{fault}");
}
