//! A store that does what a test says: works, fails, or keeps everybody waiting. It counts what it is asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use outlive_net::store::{
    Grave, MemoryStore, Save, Saved, SessionHead, SessionRecord, Store, StoreError, StoreFault, StoreFuture,
};
use outlive_session::{BaseId, SessionId};
use outlive_tribes_proto::time::UnixMillis;
use tokio::sync::watch;

/// How it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Health {
    Works,
    Fails(StoreFault),
    /// Nothing is answered until it changes.
    Hangs,
}

#[derive(Debug)]
pub(crate) struct FaultyStore {
    pub(crate) inside: MemoryStore,
    health: watch::Sender<Health>,
    loads: AtomicU64,
    failures: AtomicU64,
}

impl FaultyStore {
    pub(crate) fn new() -> Arc<Self> {
        let (health, _) = watch::channel(Health::Works);
        let (loads, failures) = (AtomicU64::new(0), AtomicU64::new(0));
        Arc::new(FaultyStore { inside: MemoryStore::default(), health, loads, failures })
    }

    pub(crate) fn set(&self, health: Health) {
        self.health.send_replace(health);
    }

    pub(crate) fn loads(&self) -> u64 {
        self.loads.load(Ordering::SeqCst)
    }

    pub(crate) fn failures(&self) -> u64 {
        self.failures.load(Ordering::SeqCst)
    }

    async fn gate(&self) -> Result<(), StoreError> {
        let mut health = self.health.subscribe();
        let now = *health.wait_for(|health| *health != Health::Hangs).await.unwrap();
        match now {
            Health::Fails(fault) => {
                self.failures.fetch_add(1, Ordering::SeqCst);
                Err(StoreError::new(fault, "the test says so"))
            }
            Health::Works | Health::Hangs => Ok(()),
        }
    }
}

impl Store for FaultyStore {
    fn describe(&self) -> String {
        "a store of a test".to_owned()
    }

    fn init(&self) -> StoreFuture<'_, ()> {
        Box::pin(self.gate())
    }

    fn check(&self) -> StoreFuture<'_, ()> {
        Box::pin(self.gate())
    }

    fn load<'a>(&'a self, id: &'a SessionId) -> StoreFuture<'a, Option<SessionRecord>> {
        Box::pin(async move {
            self.loads.fetch_add(1, Ordering::SeqCst);
            self.gate().await?;
            self.inside.load(id).await
        })
    }

    fn save<'a>(&'a self, save: &'a Save) -> StoreFuture<'a, Saved> {
        Box::pin(async move {
            self.gate().await?;
            self.inside.save(save).await
        })
    }

    fn bury<'a>(&'a self, id: &'a SessionId, grave: &'a Grave) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            self.gate().await?;
            self.inside.bury(id, grave).await
        })
    }

    fn forget<'a>(&'a self, id: &'a SessionId, last_accessed: UnixMillis) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            self.gate().await?;
            self.inside.forget(id, last_accessed).await
        })
    }

    fn set_aside<'a>(&'a self, record: &'a SessionRecord) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            self.gate().await?;
            self.inside.set_aside(record).await
        })
    }

    fn grave<'a>(&'a self, base: &'a BaseId) -> StoreFuture<'a, Option<Grave>> {
        Box::pin(async move {
            self.gate().await?;
            self.inside.grave(base).await
        })
    }

    fn heads<'a>(&'a self, after: Option<&'a SessionId>, limit: usize) -> StoreFuture<'a, Vec<SessionHead>> {
        Box::pin(async move {
            self.gate().await?;
            self.inside.heads(after, limit).await
        })
    }

    fn expired(&self, now: UnixMillis, limit: usize) -> StoreFuture<'_, Vec<SessionHead>> {
        Box::pin(async move {
            self.gate().await?;
            self.inside.expired(now, limit).await
        })
    }

    fn clear_graves(&self, now: UnixMillis) -> StoreFuture<'_, u64> {
        Box::pin(async move {
            self.gate().await?;
            self.inside.clear_graves(now).await
        })
    }
}
