//! Sessions in memory, for tests and examples: gone with the process.

use std::collections::BTreeMap;
use std::future::ready;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use outlive_session::{BaseId, SessionId};
use outlive_tribes_proto::time::UnixMillis;

use crate::{Grave, Save, Saved, SessionHead, SessionRecord, Store, StoreFuture, Version};

/// A store that several nodes of one process may share, and that can tell one state of a session from another.
///
/// ```
/// # use std::sync::Arc;
/// # use outlive_store::{MemoryStore, Store};
/// let shared: Arc<dyn Store> = Arc::new(MemoryStore::default());
/// ```
///
/// Clones are the same store.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore(Arc<Mutex<Sessions>>);

#[derive(Debug, Default)]
struct Sessions {
    records: BTreeMap<BaseId, SessionRecord>,
    graves: BTreeMap<BaseId, Grave>,
    saves: u64,
}

impl MemoryStore {
    /// Sessions in it.
    pub fn len(&self) -> usize {
        self.lock().records.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Saves that were kept so far.
    pub fn saves(&self) -> u64 {
        self.lock().saves
    }

    fn lock(&self) -> MutexGuard<'_, Sessions> {
        // No step panics half way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sessions {
    fn save(&mut self, save: &Save) -> Saved {
        let base = save.record.head.id.base();
        if let Some(grave) = self.graves.get(&base) {
            return Saved::Buried(grave.clone());
        }
        let known = self.records.get(&base);
        if !save.force && save.record.version.as_ref() != known.and_then(|known| known.version.as_ref()) {
            return Saved::Changed(known.cloned().map(Box::new));
        }
        self.saves += 1;
        let version = Some(Version(Bytes::copy_from_slice(&self.saves.to_be_bytes())));
        self.records.insert(base, SessionRecord { version: version.clone(), ..save.record.clone() });
        Saved::Kept(version)
    }

    fn bury(&mut self, id: &SessionId, grave: &Grave) {
        self.records.remove(&id.base());
        let known = self.graves.insert(id.base(), grave.clone());
        if let (Some(known), Some(grave)) = (known, self.graves.get_mut(&id.base())) {
            grave.keep_until = grave.keep_until.max(known.keep_until);
        }
    }

    fn forget(&mut self, id: &SessionId, last_accessed: UnixMillis) -> bool {
        let known = self.records.get(&id.base());
        let drops = known.is_some_and(|known| known.head.last_accessed <= last_accessed);
        drops && self.records.remove(&id.base()).is_some()
    }

    fn drop_unless_changed(&mut self, record: &SessionRecord) -> bool {
        let base = record.head.id.base();
        let is_there = self.records.get(&base).is_some_and(|known| known.version == record.version);
        is_there && self.records.remove(&base).is_some()
    }

    fn heads(&self, after: Option<&SessionId>, limit: usize) -> Vec<SessionHead> {
        let mut heads: Vec<_> = self.records.values().map(|record| record.head.clone()).collect();
        heads.retain(|head| after.is_none_or(|after| head.id.as_str() > after.as_str()));
        heads.sort_by(|one, other| one.id.as_str().cmp(other.id.as_str()));
        heads.truncate(limit);
        heads
    }
}

impl Store for MemoryStore {
    fn describe(&self) -> String {
        "the memory of this process".to_owned()
    }

    fn init(&self) -> StoreFuture<'_, ()> {
        Box::pin(ready(Ok(())))
    }

    fn check(&self) -> StoreFuture<'_, ()> {
        Box::pin(ready(Ok(())))
    }

    fn load<'a>(&'a self, id: &'a SessionId) -> StoreFuture<'a, Option<SessionRecord>> {
        Box::pin(ready(Ok(self.lock().records.get(&id.base()).cloned())))
    }

    fn save<'a>(&'a self, save: &'a Save) -> StoreFuture<'a, Saved> {
        Box::pin(ready(Ok(self.lock().save(save))))
    }

    fn bury<'a>(&'a self, id: &'a SessionId, grave: &'a Grave) -> StoreFuture<'a, ()> {
        self.lock().bury(id, grave);
        Box::pin(ready(Ok(())))
    }

    fn forget<'a>(&'a self, id: &'a SessionId, last_accessed: UnixMillis) -> StoreFuture<'a, bool> {
        Box::pin(ready(Ok(self.lock().forget(id, last_accessed))))
    }

    /// It is gone: nobody finds anything in memory.
    fn set_aside<'a>(&'a self, record: &'a SessionRecord) -> StoreFuture<'a, bool> {
        Box::pin(ready(Ok(self.lock().drop_unless_changed(record))))
    }

    fn grave<'a>(&'a self, base: &'a BaseId) -> StoreFuture<'a, Option<Grave>> {
        Box::pin(ready(Ok(self.lock().graves.get(base).cloned())))
    }

    fn heads<'a>(&'a self, after: Option<&'a SessionId>, limit: usize) -> StoreFuture<'a, Vec<SessionHead>> {
        Box::pin(ready(Ok(self.lock().heads(after, limit))))
    }

    fn expired(&self, now: UnixMillis, limit: usize) -> StoreFuture<'_, Vec<SessionHead>> {
        let sessions = self.lock();
        let heads = sessions.records.values().map(|record| &record.head).filter(|head| head.is_expired(now));
        Box::pin(ready(Ok(heads.take(limit).cloned().collect())))
    }

    fn clear_graves(&self, now: UnixMillis) -> StoreFuture<'_, u64> {
        let mut sessions = self.lock();
        let before = sessions.graves.len();
        sessions.graves.retain(|_, grave| grave.keep_until >= now);
        Box::pin(ready(Ok((before - sessions.graves.len()) as u64)))
    }
}

#[cfg(all(test, feature = "contract"))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_keeps_the_contract() {
        crate::contract::check(async || {
            let store = MemoryStore::default();
            [store.clone(), store]
        })
        .await;
    }
}
