//! All sessions of a context by key, in shards, together with what is known to be gone.

use core::fmt;
use core::hash::{BuildHasher, Hash};
use std::collections::VecDeque;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use crate::primitive::{Arc, Shared};

/// A power of two: the shard is taken from the top bits of the hash. A model has all there is to a race with two.
const SHARDS: usize = if cfg!(loom) { 2 } else { 64 };

enum Slot<V, G> {
    Live(Arc<V>),
    Gone(G),
}

/// What stands under a key.
#[derive(Debug)]
pub enum Found<V, G> {
    /// A value.
    Live(Arc<V>),
    /// The key is known to be gone, and why.
    Gone(G),
    /// Nothing is known of the key.
    Absent,
}

/// What came of [`Table::admit`].
#[derive(Debug)]
pub enum Admission<V, G> {
    /// The new value stands in the table.
    Admitted,
    /// There was a value already; it is unchanged.
    Known(Arc<V>),
    /// The key is gone for good; nothing was added.
    Refused(G),
}

struct Shard<K, V, G> {
    slots: HashMap<K, Slot<V, G>, FixedState>,
    /// Gone keys, oldest first, so that their number can be bounded.
    graves: VecDeque<K>,
    live: usize,
}

/// A sharded map from key to value in which a key that is *gone* stays known, within a bound.
///
/// Both stand in one map, so that "is it gone?" and "add it" are one step: a late creation can never slip in between.
/// `G` says what became of a gone key. A shard's lock is held for one look or change, never while a value is used.
pub struct Table<K, V, G> {
    shards: Box<[Shared<Shard<K, V, G>>]>,
    /// Read by who moves a value from shard to shard, written by who lists all: a value must not move from a shard that
    /// the list has still to come to into one that it has passed. Taken before any shard.
    moves: Shared<()>,
    hasher: FixedState,
    graves_per_shard: usize,
}

impl<K: Hash + Eq + Clone, V, G: Clone> Table<K, V, G> {
    /// An empty table that remembers about `graves` gone keys. From the same `seed` it lists its values in the same order;
    /// unlike seeds keep others from choosing keys that collide.
    pub fn new(graves: usize, seed: u64) -> Self {
        let hasher = FixedState::with_seed(seed);
        let slots = || HashMap::with_hasher(hasher.clone());
        let shard = || Shared::new(Shard { slots: slots(), graves: VecDeque::new(), live: 0 });
        Table {
            shards: (0..SHARDS).map(|_| shard()).collect(),
            moves: Shared::new(()),
            hasher: hasher.clone(),
            graves_per_shard: graves.div_ceil(SHARDS).max(1),
        }
    }

    fn shard(&self, key: &K) -> &Shared<Shard<K, V, G>> {
        // The top bits: hashbrown itself uses the low ones and the topmost seven.
        let hash = self.hasher.hash_one(key);
        &self.shards[(hash >> 40) as usize % SHARDS]
    }

    /// What stands under `key`.
    pub fn find(&self, key: &K) -> Found<V, G> {
        match self.shard(key).read().slots.get(key) {
            Some(Slot::Live(value)) => Found::Live(Arc::clone(value)),
            Some(Slot::Gone(grave)) => Found::Gone(grave.clone()),
            None => Found::Absent,
        }
    }

    /// The live value under `key`.
    pub fn get(&self, key: &K) -> Option<Arc<V>> {
        match self.find(key) {
            Found::Live(value) => Some(value),
            Found::Gone(_) | Found::Absent => None,
        }
    }

    /// Adds `value`, unless the key has one or is gone.
    pub fn admit(&self, key: K, value: Arc<V>) -> Admission<V, G> {
        let mut shard = self.shard(&key).write();
        match shard.slots.get(&key) {
            Some(Slot::Live(known)) => Admission::Known(Arc::clone(known)),
            Some(Slot::Gone(grave)) => Admission::Refused(grave.clone()),
            None => {
                shard.slots.insert(key, Slot::Live(value));
                shard.live += 1;
                Admission::Admitted
            }
        }
    }

    /// Marks `key` as gone, whether or not it had a value; returns the value it had. The first grave of a key stays.
    pub fn bury(&self, key: &K, grave: G) -> Option<Arc<V>> {
        let mut shard = self.shard(key).write();
        let shard = &mut *shard;
        if let Some(slot) = shard.slots.get_mut(key) {
            return match core::mem::replace(slot, Slot::Gone(grave)) {
                Slot::Live(value) => {
                    shard.live -= 1;
                    shard.dig(key.clone(), self.graves_per_shard);
                    Some(value)
                }
                Slot::Gone(first) => {
                    *slot = Slot::Gone(first);
                    None
                }
            };
        }
        shard.slots.insert(key.clone(), Slot::Gone(grave));
        shard.dig(key.clone(), self.graves_per_shard);
        None
    }

    /// Puts `value` under the key `new` and marks `old` as gone. The outcome is that of admitting it under `new`.
    ///
    /// Meanwhile it can be found under one key or both, never under none, and [`for_each`](Self::for_each) meets it once.
    pub fn rename(&self, old: &K, new: K, value: Arc<V>, grave: G) -> Admission<V, G> {
        let _moving = self.moves.read();
        // First the new key, then the end of the old one: who looks in between finds it under one of them.
        let admission = self.admit(new, value);
        self.bury(old, grave);
        admission
    }

    /// Drops the value under `key` without a grave; a grave is left as it is.
    pub fn forget(&self, key: &K) -> Option<Arc<V>> {
        let mut shard = self.shard(key).write();
        if !matches!(shard.slots.get(key), Some(Slot::Live(_))) {
            return None;
        }
        shard.live -= 1;
        match shard.slots.remove(key) {
            Some(Slot::Live(value)) => Some(value),
            Some(Slot::Gone(_)) | None => None,
        }
    }

    /// Drops `value` without a grave, if it is what stands under `key`. Whether it did.
    pub fn forget_this(&self, key: &K, value: &Arc<V>) -> bool {
        let mut shard = self.shard(key).write();
        if !matches!(shard.slots.get(key), Some(Slot::Live(known)) if Arc::ptr_eq(known, value)) {
            return false;
        }
        shard.live -= 1;
        shard.slots.remove(key).is_some()
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.read().live).sum()
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Calls `visit` for each value that is in the table when its shard is listed; one that is there all the time is met
    /// once, also if it is [renamed](Self::rename) meanwhile. All are listed first: no lock is held during a visit.
    pub fn for_each(&self, visit: impl FnMut(Arc<V>)) {
        self.list().into_iter().for_each(visit);
    }

    /// Calls `visit` for each value, shard by shard: for rounds that come again. No lock is held meanwhile, and less memory
    /// is taken than by [`for_each`](Self::for_each); a value that gets another key at this moment may be missed.
    pub fn sweep(&self, mut visit: impl FnMut(Arc<V>)) {
        for shard in &self.shards {
            let values: Vec<Arc<V>> = shard.read().live().collect();
            values.into_iter().for_each(&mut visit);
        }
    }

    fn list(&self) -> Vec<Arc<V>> {
        let _nothing_moves = self.moves.write();
        let mut values = Vec::new();
        self.shards.iter().for_each(|shard| values.extend(shard.read().live()));
        values
    }
}

impl<K: Hash + Eq, V, G> Shard<K, V, G> {
    fn live(&self) -> impl Iterator<Item = Arc<V>> {
        self.slots.values().filter_map(|slot| match slot {
            Slot::Live(value) => Some(Arc::clone(value)),
            Slot::Gone(_) => None,
        })
    }

    /// Notes the grave of `key` and forgets the oldest ones over `limit`.
    fn dig(&mut self, key: K, limit: usize) {
        self.graves.push_back(key);
        while self.graves.len() > limit {
            let Some(oldest) = self.graves.pop_front() else { return };
            if matches!(self.slots.get(&oldest), Some(Slot::Gone(_))) {
                self.slots.remove(&oldest);
            }
        }
    }
}

impl<K, V, G> fmt::Debug for Table<K, V, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let live: usize = self.shards.iter().map(|shard| shard.read().live).sum();
        f.debug_struct("Table").field("live", &live).finish_non_exhaustive()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn what_is_buried_is_never_admitted_again() {
        let table: Table<u32, &str, &str> = Table::new(1000, 7);
        assert!(matches!(table.admit(1, Arc::new("one")), Admission::Admitted));
        assert!(matches!(table.admit(1, Arc::new("again")), Admission::Known(known) if *known == "one"));
        assert_eq!(table.bury(&1, "ended").as_deref(), Some(&"one"));
        assert!(matches!(table.admit(1, Arc::new("late")), Admission::Refused("ended")));
        assert_eq!(table.bury(&1, "twice"), None);
        assert!(matches!(table.find(&1), Found::Gone("ended")));
        assert_eq!(table.len(), 0);
    }

    #[test]
    fn a_forgotten_key_may_come_back() {
        let table: Table<u32, u32, ()> = Table::new(1000, 7);
        table.admit(1, Arc::new(1));
        assert!(table.forget(&1).is_some());
        assert!(matches!(table.admit(1, Arc::new(2)), Admission::Admitted));
    }

    #[test]
    fn only_the_value_that_is_meant_is_forgotten() {
        let table: Table<u32, u32, ()> = Table::new(1000, 7);
        let [first, second] = [1, 2].map(Arc::new);
        table.admit(1, Arc::clone(&first));
        assert!(!table.forget_this(&1, &second));
        assert!(table.forget_this(&1, &first));
        assert!(!table.forget_this(&1, &first));
        assert_eq!(table.len(), 0);
        table.bury(&1, ());
        assert!(!table.forget_this(&1, &first));
        assert!(matches!(table.find(&1), Found::Gone(())));
    }

    #[test]
    fn a_renamed_value_stands_under_its_new_key_alone() {
        let table: Table<u32, &str, &str> = Table::new(1000, 7);
        table.admit(1, Arc::new("one"));
        let Some(value) = table.get(&1) else { panic!("it was admitted") };
        assert!(matches!(table.rename(&1, 2, value, "renamed"), Admission::Admitted));
        assert!(matches!(table.find(&1), Found::Gone("renamed")));
        assert_eq!(table.get(&2).as_deref(), Some(&"one"));
        assert_eq!(table.len(), 1);
    }

    #[test]
    fn the_number_of_graves_is_bounded() {
        let table: Table<u32, u32, ()> = Table::new(SHARDS, 7);
        for key in 0..10_000 {
            table.bury(&key, ());
        }
        let remembered = (0..10_000).filter(|key| matches!(table.find(key), Found::Gone(()))).count();
        assert!((1..=SHARDS).contains(&remembered), "{remembered} graves");
        assert!(matches!(table.find(&9_999), Found::Gone(())), "the latest is remembered");
    }

    #[test]
    fn each_value_is_visited_once() {
        let table: Table<u32, u32, ()> = Table::new(10, 7);
        (0..500).for_each(|key| drop(table.admit(key, Arc::new(key))));
        let (mut seen, mut swept) = (Vec::new(), Vec::new());
        table.for_each(|value| seen.push(*value));
        table.sweep(|value| swept.push(*value));
        for mut values in [seen, swept] {
            values.sort_unstable();
            assert_eq!(values, (0..500).collect::<Vec<_>>());
        }
        assert_eq!(table.len(), 500);
    }
}
