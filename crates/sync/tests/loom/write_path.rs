//! "Publish, then walk" (`ARCHITECTURE.md`): the way of a write beside a newcomer, with the same steps and shapes as
//! `Context::complete`, `Node::publish`, `Context::donate`, `Donation` and `Context::change_id` in `crates/node`.
//!
//! ```text
//! writer     table ─► cell locked: change, load the view, push to its lanes ─► unlocked
//! group      publish the view with the newcomer ─► walk the table ─► the list into the newcomer's lane
//! its sender takes the list ─► each cell locked: copy
//! ```
//!
//! What must hold in the end: the newcomer has every write, in a copy or as a delta; the older peer has every write; and
//! each lane has the deltas in the order of the writes. [`Steps`] has the right order and three wrong ones, each of which
//! loom must convict of its own violation, and of no other.

use loom::sync::Arc;
use loom::thread;
use outlive_sync::{Lane, Locked, Published, Table, Weight};

use crate::explore::{Schedules, Tally, explore};

/// When a writer, or the group, does what the invariant speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Steps {
    /// As `crates/node` does it.
    Right,
    /// The view is loaded before the cell is locked.
    ViewBeforeLock,
    /// The lanes are pushed to when the cell is free again.
    PushAfterUnlock,
    /// The cells are walked before the view is published.
    WalkBeforePublish,
}

/// One bit for each write: a writer adds its own.
type Writes = u32;

#[derive(Debug, Default)]
struct Session {
    writes: Writes,
    /// How many writes there were.
    stamp: u32,
    /// Whether peers were told of it. A walk leaves it out before.
    announced: bool,
}

type Cell = Locked<Session>;

enum Parcel {
    Delta { write: Writes, stamp: u32 },
    Donation(Vec<Arc<Cell>>),
}

impl Weight for Parcel {
    fn weight(&self) -> usize {
        1
    }
}

type Peer = Arc<Lane<Parcel>>;

struct Node {
    table: Table<u8, Cell, u8>,
    view: Published<Vec<Peer>>,
    older: Peer,
    newcomer: Peer,
}

/// What a peer got.
#[derive(Debug, Default)]
struct Got {
    copies: Writes,
    deltas: Writes,
    stamps: Vec<u32>,
}

impl Got {
    /// Takes one parcel as the sender of a peer does: now is when the copies are made.
    fn take(&mut self, parcel: Parcel) {
        match parcel {
            Parcel::Delta { write, stamp } => {
                self.deltas |= write;
                self.stamps.push(stamp);
            }
            Parcel::Donation(cells) => {
                for cell in cells {
                    let session = cell.lock();
                    if session.announced {
                        self.copies |= session.writes;
                    }
                }
            }
        }
    }

    fn take_all(&mut self, lane: &Lane<Parcel>) {
        while let Some(parcel) = lane.take() {
            self.take(parcel);
        }
    }
}

/// What came out wrong in how many executions.
#[derive(Clone, Debug, Default)]
struct Violations {
    /// The newcomer lacks a write.
    lost: Tally,
    /// A lane has deltas in another order than that of the writes.
    disordered: Tally,
}

impl Violations {
    fn judge(&self, all: Writes, older: &Got, newcomer: &Got) {
        // Nothing that any of the variants does may cost the older peer a write: it is in every view.
        assert_eq!((older.deltas, older.copies), (all, 0));
        if newcomer.copies | newcomer.deltas != all {
            self.lost.count();
        }
        if !older.stamps.is_sorted() || !newcomer.stamps.is_sorted() {
            self.disordered.count();
        }
    }

    fn counts(&self) -> (usize, usize) {
        (self.lost.get(), self.disordered.get())
    }
}

impl Node {
    /// With one peer, and no session.
    fn new(seed: u64) -> Arc<Self> {
        let lane = || Arc::new(Lane::new(100));
        let (older, newcomer) = (lane(), lane());
        let view = Published::new(vec![Arc::clone(&older)]);
        Arc::new(Node { table: Table::new(10, seed), view, older, newcomer })
    }

    /// With one peer, and one session that it knows.
    fn with_session(seed: u64) -> Arc<Self> {
        let node = Node::new(seed);
        let session = Session { announced: true, ..Session::default() };
        node.table.admit(1, Arc::new(Locked::new(session)));
        node
    }

    /// One request's change to a session.
    fn write(&self, steps: Steps, key: u8, write: Writes) {
        let cell = self.table.get(&key).expect("nobody ends it");
        let early = (steps == Steps::ViewBeforeLock).then(|| self.view.load());
        let mut session = cell.lock();
        session.writes |= write;
        session.stamp += 1;
        session.announced = true;
        let stamp = session.stamp;
        let view = early.unwrap_or_else(|| self.view.load());
        if steps == Steps::PushAfterUnlock {
            drop(session);
            broadcast(&view, write, stamp);
        } else {
            broadcast(&view, write, stamp);
        }
    }

    /// A newcomer joins and asks for the state; gives what its lane brings it up to the end of the state.
    fn join(&self, steps: Steps) -> Got {
        let mut got = Got::default();
        let publish = || drop(self.view.publish(Arc::new([&self.older, &self.newcomer].map(Arc::clone).to_vec())));
        if steps != Steps::WalkBeforePublish {
            publish();
        }
        let mut cells = Vec::new();
        self.table.for_each(|cell| cells.push(cell));
        if steps == Steps::WalkBeforePublish {
            got.take(Parcel::Donation(cells));
            publish();
            return got;
        }
        self.newcomer.push(Parcel::Donation(cells)).unwrap_or_else(|_| panic!("there is room"));
        while let Some(parcel) = self.newcomer.take() {
            let was_the_state = matches!(parcel, Parcel::Donation(_));
            got.take(parcel);
            if was_the_state {
                break;
            }
        }
        got
    }
}

fn broadcast(view: &[Peer], write: Writes, stamp: u32) {
    for peer in view {
        peer.push(Parcel::Delta { write, stamp }).unwrap_or_else(|_| panic!("there is room"));
    }
}

/// Something that happens while a newcomer joins.
type Task = fn(&Node, Steps);

/// Runs `tasks`, each in a thread of its own, on a node that a newcomer joins meanwhile, which makes `all` writes in the
/// end. In how many executions a write was lost, and in how many one overtook another.
fn beside_a_newcomer<const TASKS: usize>(
    name: &str,
    schedules: Schedules,
    steps: Steps,
    node: impl Fn() -> Arc<Node> + Send + Sync + 'static,
    tasks: [Task; TASKS],
    all: Writes,
) -> (usize, usize) {
    let violations = Violations::default();
    let found = violations.clone();
    explore(name, schedules, move || {
        let node = node();
        let tasks = tasks.map(|task| {
            let node = Arc::clone(&node);
            thread::spawn(move || task(&node, steps))
        });
        let mut newcomer = node.join(steps);
        tasks.into_iter().for_each(|task| task.join().unwrap());
        newcomer.take_all(&node.newcomer);
        let mut older = Got::default();
        older.take_all(&node.older);
        found.judge(all, &older, &newcomer);
    });
    violations.counts()
}

/// Two requests write to one session.
fn two_writers(steps: Steps) -> (usize, usize) {
    let tasks: [Task; 2] = [|node, steps| node.write(steps, 1, 1), |node, steps| node.write(steps, 1, 2)];
    let node = || Node::with_session(1);
    let counts = beside_a_newcomer(&format!("write path, {steps:?}"), Schedules::Preemptions(3), steps, node, tasks, 3);
    println!("a write lost in {} executions, overtaken in {}", counts.0, counts.1);
    counts
}

#[test]
fn no_write_is_lost_and_none_overtakes_another() {
    assert_eq!(two_writers(Steps::Right), (0, 0));
}

#[test]
fn a_view_loaded_before_the_lock_loses_a_write() {
    let (lost, disordered) = two_writers(Steps::ViewBeforeLock);
    assert!(lost > 0 && disordered == 0, "{lost} lost, {disordered} disordered");
}

#[test]
fn a_push_after_the_unlock_lets_one_write_overtake_another() {
    let (lost, disordered) = two_writers(Steps::PushAfterUnlock);
    assert!(lost == 0 && disordered > 0, "{lost} lost, {disordered} disordered");
}

#[test]
fn a_walk_before_the_view_is_published_loses_a_write() {
    let (lost, disordered) = two_writers(Steps::WalkBeforePublish);
    assert!(lost > 0 && disordered == 0, "{lost} lost, {disordered} disordered");
}

#[test]
fn one_writer_beside_a_newcomer_under_all_schedules() {
    let tasks: [Task; 1] = [|node, steps| node.write(steps, 1, 1)];
    let node = || Node::with_session(1);
    let counts = beside_a_newcomer("write path, one writer", Schedules::All, Steps::Right, node, tasks, 1);
    assert_eq!(counts, (0, 0));
}

#[test]
fn a_session_made_while_a_newcomer_joins_is_told_to_it() {
    let tasks: [Task; 1] = [|node, steps| {
        node.table.admit(1, Arc::new(Locked::default()));
        node.write(steps, 1, 1);
    }];
    let node = || Node::new(1);
    let counts = beside_a_newcomer("a creation beside a newcomer", Schedules::All, Steps::Right, node, tasks, 1);
    assert_eq!(counts, (0, 0));
}

#[test]
fn a_session_renamed_while_a_newcomer_joins_is_told_to_it() {
    let tasks: [Task; 1] = [|node, steps| {
        // Peers of the view are told inside the lock; the table follows when the cell is free again.
        node.write(steps, 1, 1);
        let cell = node.table.get(&1).expect("nobody ends it");
        node.table.rename(&1, 2, cell, 2);
    }];
    // Each seed distributes the keys over the shards in its own way.
    for seed in 1..=4 {
        let node = move || Node::with_session(seed);
        let counts = beside_a_newcomer("a new id beside a newcomer", Schedules::All, Steps::Right, node, tasks, 1);
        assert_eq!(counts, (0, 0));
    }
}
