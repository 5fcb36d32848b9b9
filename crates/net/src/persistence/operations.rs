//! One operation of a store: its time limit, what its answer does, and what an error means.

use std::time::Duration;

use bytes::Bytes;
use outlive_node::persistence::{Answer, Burial, Outcome, Saving, Taken, Task};
use outlive_node::{SessionRef, log};
use outlive_serial::Limits;
use outlive_session::{BaseId, SessionId, StoredSession};
use outlive_store::{Grave, Save, Saved, SessionHead, SessionRecord, StoreError, StoreFault, StoreFuture, Version};

use super::ContextStore;

/// A store's own limit should be shorter. This one is for those that have none.
const OPERATION_MAX: Duration = Duration::from_secs(15);

/// After so many merges with what others write at the same time, the state here overwrites theirs.
const MERGES_MAX: usize = 4;

impl ContextStore {
    /// Runs an operation of the store within [`OPERATION_MAX`], the first one behind its initialisation.
    pub(super) async fn ask<T>(&self, operation: StoreFuture<'_, T>) -> Result<T, StoreError> {
        let answer = async {
            if !self.initialised.get() {
                self.store.init().await?;
                self.initialised.set(true);
            }
            operation.await
        };
        tokio::time::timeout(OPERATION_MAX, answer).await.unwrap_or_else(|_| {
            let message = format!("{} has not answered within {OPERATION_MAX:?}", self.store.describe());
            Err(StoreError::new(StoreFault::Unavailable, message))
        })
    }

    /// Does what the schedule says.
    pub(super) async fn perform(&self, task: &Task) -> (Outcome, Option<StoreError>) {
        let result = match task {
            Task::Save(base) => self.save(base).await,
            Task::Bury(burial) => self.bury(burial).await.map(|()| Outcome::Done),
            Task::Forget { id, last_accessed } => {
                self.ask(self.store.forget(id, *last_accessed)).await.map(|_| Outcome::Done)
            }
        };
        match result {
            Ok(outcome) => (outcome, None),
            Err(error) => match error.fault() {
                StoreFault::Unavailable | StoreFault::Full | StoreFault::Denied | StoreFault::Schema => {
                    (Outcome::Failed, Some(error))
                }
                StoreFault::Corrupt | StoreFault::TooLarge => {
                    self.given_up(task, &error);
                    (Outcome::GivenUp, None)
                }
            },
        }
    }

    /// Says what cannot be kept: the first, the second, the fourth, and so on.
    fn given_up(&self, task: &Task, error: &StoreError) {
        let Some(counters) = self.context.store_counters() else { return };
        let count = counters.given_up.add(1) + 1;
        if count.is_power_of_two() {
            tracing::warn!(target: log::STORE, context = self.context.name(), session = ?task.base(), count, %error,
                "a session is not kept until it changes again");
        }
    }

    async fn bury(&self, burial: &Burial) -> Result<(), StoreError> {
        let grave = Grave { moved_to: burial.moved_to.clone(), keep_until: burial.keep_until };
        self.ask(self.store.bury(&burial.id, &grave)).await
    }

    /// Saves a session as it is now.
    async fn save(&self, base: &BaseId) -> Result<Outcome, StoreError> {
        match self.context.begin_save(self.clock.now(), base) {
            Some(saving) => self.save_all(saving).await.map(|()| Outcome::Done),
            None => Ok(Outcome::Needless),
        }
    }

    /// Saves the session of a request that is over.
    pub(super) async fn save_of(&self, session: &SessionRef) -> Result<(), StoreError> {
        match self.context.begin_save_of(self.clock.now(), session) {
            Some(saving) => self.save_all(saving).await,
            None => Ok(()),
        }
    }

    async fn save_all(&self, mut saving: Saving) -> Result<(), StoreError> {
        for merges in 0.. {
            let answer = match self.save_once(&saving, merges >= MERGES_MAX).await {
                Ok(answer) => answer,
                Err(error) => {
                    self.context.saved(self.clock.now(), &saving, Answer::Failed);
                    return Err(error);
                }
            };
            if !self.context.saved(self.clock.now(), &saving, answer) {
                break;
            }
            let session = saving.session();
            saving = match self.context.begin_save_of(self.clock.now(), &session) {
                Some(saving) => saving,
                None => break,
            };
        }
        Ok(())
    }

    async fn save_once(&self, saving: &Saving, force: bool) -> Result<Answer, StoreError> {
        for burial in &saving.burials {
            self.bury(burial).await?;
        }
        let Some(stored) = &saving.stored else { return Ok(Answer::Kept(None)) };
        let record = SessionRecord {
            head: SessionHead {
                id: saving.id.clone(),
                is_valid: true,
                max_inactive_seconds: stored.state.max_inactive,
                last_accessed: stored.state.last_accessed,
            },
            data: Bytes::from(stored.encode()),
            version: saving.version.clone().map(Version),
        };
        let save = Save { record, force };
        Ok(match self.ask(self.store.save(&save)).await? {
            Saved::Kept(version) => Answer::Kept(version.map(|version| version.0)),
            Saved::Buried(grave) => Answer::Buried(grave.moved_to),
            Saved::Changed(None) => Answer::Gone,
            Saved::Changed(Some(record)) => {
                let version = record.version.clone().map(|version| version.0);
                match StoredSession::decode(&record.data, &Limits::default()) {
                    Ok(stored) => Answer::Changed(Box::new(stored), version),
                    // What cannot be read is worth nothing to anybody: it is overwritten.
                    Err(_) => {
                        let forced = Save { force: true, ..save };
                        match self.ask(self.store.save(&forced)).await? {
                            Saved::Kept(version) => Answer::Kept(version.map(|version| version.0)),
                            Saved::Buried(grave) => Answer::Buried(grave.moved_to),
                            Saved::Changed(_) => Answer::Failed,
                        }
                    }
                }
            }
        })
    }

    /// Loads a session into the memory; nothing: the store has none that is of use.
    pub(super) async fn fetch(&self, id: &SessionId) -> Result<Option<(SessionRef, bool)>, StoreError> {
        let base = id.base();
        let record = match self.ask(self.store.load(id)).await {
            Ok(Some(record)) => record,
            Ok(None) => {
                self.context.unlist(&base);
                return Ok(None);
            }
            Err(error) if error.fault() == StoreFault::Corrupt => {
                self.set_aside(&base, &error);
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let stored = match StoredSession::decode(&record.data, &Limits::default()) {
            Ok(stored) => stored,
            Err(fault) => {
                self.put_aside(&record, &fault).await?;
                return Ok(None);
            }
        };
        let version = record.version.clone().map(|version| version.0);
        match self.context.take_stored(self.clock.now(), &base, stored, version) {
            Taken::Here(session, is_new) => return Ok(Some((session, is_new))),
            Taken::Gone => {}
            Taken::Expired(_) => {
                self.ask(self.store.forget(&record.head.id, record.head.last_accessed)).await?;
            }
            Taken::Mismatch => {
                self.put_aside(&record, &"another session's id is inside").await?;
            }
        }
        self.context.unlist(&base);
        Ok(None)
    }

    /// Of several who have loaded what cannot be used, one tells.
    async fn put_aside(&self, record: &SessionRecord, why: &(dyn std::fmt::Display + Sync)) -> Result<(), StoreError> {
        let base = record.head.id.base();
        match self.ask(self.store.set_aside(record)).await? {
            true => self.set_aside(&base, why),
            false => self.context.unlist(&base),
        }
        Ok(())
    }

    /// Counts what lies aside in the store now, and says so: of the first, the second, the fourth, and so on.
    fn set_aside(&self, base: &BaseId, why: &dyn std::fmt::Display) {
        self.context.unlist(base);
        let Some(counters) = self.context.store_counters() else { return };
        let count = counters.set_aside.add(1) + 1;
        if count.is_power_of_two() {
            tracing::warn!(target: log::STORE, context = self.context.name(), session = ?base, count,
                "what the store has under a session's id cannot be used, and lies aside there: {why}");
        }
    }
}
