//! Sessions that a request asks for and that are not in memory.
//!
//! Anybody can send any id. So an id is looked for once, however many ask; what is not there is not looked for again for a while; and
//! only so many are looked for at once, each on a task of its own that no client can break off.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use outlive_session::{BaseId, SessionId};
use outlive_sync::Locked;
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;

use super::ContextStore;

/// Loads under way at once.
const LOADS_MAX: usize = 16;

/// Sessions that are being looked for, under way and waiting.
const WAITING_MAX: usize = 1024;

/// How long a request waits for its session.
const PATIENCE: Duration = Duration::from_secs(5);

/// What was not there is not looked for again for so long.
const ABSENT_FOR: Duration = Duration::from_secs(2);

/// So many of those are remembered.
const ABSENT_MAX: usize = 10_000;

/// What became of a lookup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loaded {
    /// It is in memory now.
    Here,
    /// There is none.
    Absent,
    /// The store did not say.
    Unknown,
}

/// What is being loaded, and what is known not to be there.
#[derive(Debug)]
pub(crate) struct Loads {
    flights: Locked<HashMap<BaseId, watch::Receiver<Option<Loaded>>>>,
    absent: Locked<Absent>,
    permits: Semaphore,
}

impl Default for Loads {
    fn default() -> Self {
        Loads { flights: Locked::default(), absent: Locked::default(), permits: Semaphore::new(LOADS_MAX) }
    }
}

impl ContextStore {
    /// Whether asking the store for a session is of no use.
    pub(crate) fn is_absent(&self, base: &BaseId) -> bool {
        self.context.is_gone(base) || self.loads.absent.lock().has(base, Instant::now())
    }

    /// Looks for a session in the store; several who ask for one at the same time share one look. Cancel safe: the look goes on.
    pub(crate) async fn load(self: Arc<Self>, id: SessionId) -> Loaded {
        let Some(mut flight) = self.flight(id) else { return Loaded::Unknown };
        let landed = tokio::time::timeout(PATIENCE, flight.wait_for(Option::is_some)).await;
        landed.ok().and_then(|landed| landed.ok().and_then(|loaded| *loaded)).unwrap_or(Loaded::Unknown)
    }

    fn flight(self: &Arc<Self>, id: SessionId) -> Option<watch::Receiver<Option<Loaded>>> {
        let base = id.base();
        let mut flights = self.loads.flights.lock();
        if let Some(flight) = flights.get(&base) {
            return Some(flight.clone());
        }
        if flights.len() >= WAITING_MAX {
            return None;
        }
        let (landed, flight) = watch::channel(None);
        flights.insert(base.clone(), flight.clone());
        let store = Arc::clone(self);
        tokio::spawn(async move {
            let loaded = store.look_for(&id).await;
            if loaded == Loaded::Absent {
                store.loads.absent.lock().add(base.clone(), Instant::now());
            }
            // First the end of the flight: who comes now finds the memory, or begins another.
            store.loads.flights.lock().remove(&base);
            landed.send_replace(Some(loaded));
        });
        Some(flight)
    }

    async fn look_for(self: &Arc<Self>, id: &SessionId) -> Loaded {
        // While the store is known to fail nobody waits for it; those that ask less often than it is tried find out with them.
        let Ok(_permit) = self.loads.permits.acquire().await else { return Loaded::Unknown };
        if self.context.holds(&id.base()) {
            return Loaded::Here;
        }
        match self.fetch(id).await {
            Ok(Some((session, is_new))) => {
                if is_new {
                    self.context.tell_restored(self.clock.now(), vec![session]);
                }
                Loaded::Here
            }
            Ok(None) => Loaded::Absent,
            Err(error) => {
                tracing::debug!(target: outlive_node::log::STORE, context = self.context.name(), %error, "a session is not loaded");
                Loaded::Unknown
            }
        }
    }
}

/// Ids that are not in the store, for a while.
#[derive(Debug, Default)]
struct Absent {
    until: HashMap<BaseId, Instant>,
    order: VecDeque<BaseId>,
}

impl Absent {
    fn has(&self, base: &BaseId, now: Instant) -> bool {
        self.until.get(base).is_some_and(|until| now < *until)
    }

    fn add(&mut self, base: BaseId, now: Instant) {
        while let Some(oldest) = self.order.front() {
            if self.order.len() < ABSENT_MAX && self.has(oldest, now) {
                break;
            }
            self.until.remove(oldest);
            self.order.pop_front();
        }
        if self.until.insert(base.clone(), now + ABSENT_FOR).is_none() {
            self.order.push_back(base);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_absent_is_forgotten_in_time_and_bounded() {
        let base = |number: u32| SessionId::parse(&format!("N{number}")).unwrap().base();
        let (mut absent, start) = (Absent::default(), Instant::now());
        absent.add(base(0), start);
        assert!(absent.has(&base(0), start) && !absent.has(&base(1), start));
        assert!(!absent.has(&base(0), start + ABSENT_FOR));
        (0..30_000).for_each(|number| absent.add(base(number), start));
        assert_eq!((absent.until.len(), absent.order.len()), (ABSENT_MAX, ABSENT_MAX));
        absent.add(base(1), start + ABSENT_FOR);
        assert_eq!(absent.order.len(), 1);
    }
}
