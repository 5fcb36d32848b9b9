//! Sessions that are in the store and not in memory: at the start, and when their idle time is over.
//!
//! A node that is alone when it starts first learns *which* sessions there are; from then on it serves, and loads what is asked for.
//! Behind that it takes all others into the memory, where all-to-all replication wants them, and sends them to whoever has joined by
//! then: Tomcats too get them, so none need wait for this. A node that is not alone takes the state from the others, and afterwards only
//! what none of them had.

use std::sync::Arc;
use std::time::Duration;

use outlive_node::{SessionRef, log};
use outlive_serial::Limits;
use outlive_session::{SessionId, StoredSession};
use outlive_store::{SessionHead, StoreError};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::ContextStore;

/// Heads that are read at once.
const PAGE: usize = 10_000;

/// Sessions that are loaded, and sent to those who are there, as one.
const BATCH: usize = 500;

/// Loads of the background at once: requests must find the store free.
const AT_ONCE: usize = 8;

/// How long requests wait at most until it is known which sessions there are. Later ones are found, too, when they are asked for.
const LISTING_MAX: Duration = Duration::from_secs(20);

/// Where another node does the same, this one looks for what is still missing when that one is done.
const LATER: Duration = Duration::from_secs(30);

/// Nodes that start together all know the list, and the first of them loads. It may have no store: then the others do.
const AFTER_THE_FIRST: Duration = Duration::from_secs(5);

/// After a failure, and between two looks for sessions that have expired.
const PAUSE: Duration = Duration::from_secs(1);
const CLEANING: Duration = Duration::from_secs(60);

/// Expired sessions that are looked at in one round.
const EXPIRED_MAX: usize = 10_000;

impl ContextStore {
    /// Lists what the store has, then loads it.
    pub(super) async fn restore(self: Arc<Self>, waited_for: bool, later: bool) {
        if later && !waited_for {
            tokio::time::sleep(LATER).await;
        }
        let refused = Notify::new();
        let mut listing = std::pin::pin!(self.list(&refused));
        if waited_for {
            let known = tokio::select! {
                () = &mut listing => true,
                () = tokio::time::sleep(LISTING_MAX) => false,
                () = refused.notified() => false,
            };
            if !known {
                // That the store fails is told elsewhere, with what is wrong.
                tracing::info!(target: log::STORE, context = self.context.name(), "requests are served before it is known which sessions the store has");
                self.listed();
                listing.await;
            }
        } else {
            listing.await;
        }
        self.listed();
        if later && waited_for {
            tokio::time::sleep(AFTER_THE_FIRST).await;
        }
        let mut restored = 0;
        loop {
            let batch = self.context.listed(BATCH);
            if batch.is_empty() {
                break;
            }
            let sessions = self.fetch_all(batch).await;
            restored += sessions.len();
            self.context.tell_restored(self.clock.now(), sessions);
        }
        if restored > 0 {
            tracing::info!(target: log::STORE, context = self.context.name(), restored, "has taken the sessions of the store");
        }
        self.changes.send_modify(|changes| *changes += 1);
    }

    /// Until it has worked once. Tells where the store has refused what somebody must change first: then there is nothing to wait for.
    async fn list(&self, refused: &Notify) {
        let mut last: Option<SessionId> = None;
        loop {
            let page = match self.ask(self.store.heads(last.as_ref(), PAGE)).await {
                Ok(page) => page,
                Err(error) => {
                    tracing::debug!(target: log::STORE, context = self.context.name(), %error, "the store's sessions are not listed yet");
                    if !error.is_transient() {
                        refused.notify_one();
                    }
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            let now = self.clock.now().wall;
            let is_last = page.len() < PAGE;
            last = page.last().map(|head| head.id.clone());
            let alive = page.into_iter().filter(|head| head.is_valid && !head.is_expired(now));
            self.context.list_stored(alive.map(|head| head.id));
            if is_last || last.is_none() {
                return;
            }
        }
    }

    /// Loads sessions, a few at once; those that were not in memory before.
    async fn fetch_all(self: &Arc<Self>, ids: Vec<SessionId>) -> Vec<SessionRef> {
        let mut sessions = Vec::with_capacity(ids.len());
        for_each_limited(ids, |id| Arc::clone(self).fetch_until(id), |fetched| sessions.extend(fetched)).await;
        sessions
    }

    /// A session of the list, as soon as the store gives it.
    async fn fetch_until(self: Arc<Self>, id: SessionId) -> Option<SessionRef> {
        loop {
            match self.fetch(&id).await {
                Ok(Some((session, true))) => return Some(session),
                Ok(Some((_, false)) | None) => return None,
                Err(error) => {
                    tracing::debug!(target: log::STORE, context = self.context.name(), %error, "a session is not loaded yet");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// Drops from the store what has expired there, and graves whose time is over.
    pub(super) async fn keep_clean(self: Arc<Self>) {
        loop {
            tokio::time::sleep(CLEANING).await;
            if let Err(error) = self.clean().await {
                tracing::debug!(target: log::STORE, context = self.context.name(), %error, "the store is not cleaned");
            }
        }
    }

    async fn clean(&self) -> Result<(), StoreError> {
        let now = self.clock.now().wall;
        self.ask(self.store.clear_graves(now)).await?;
        for head in self.ask(self.store.expired(now, EXPIRED_MAX)).await? {
            // What is in memory ends there.
            if !self.context.holds(&head.id.base()) && self.has_expired(&head).await? {
                self.ask(self.store.forget(&head.id, head.last_accessed)).await?;
                self.context.unlist(&head.id.base());
            }
        }
        Ok(())
    }

    /// A Tomcat may keep the begin of the last request in the head; its end, too, stands in the session.
    async fn has_expired(&self, head: &SessionHead) -> Result<bool, StoreError> {
        let Some(record) = self.ask(self.store.load(&head.id)).await? else { return Ok(false) };
        let stored = StoredSession::decode(&record.data, &Limits::default());
        let accessed = stored.map_or(head.last_accessed, |stored| stored.state.this_accessed);
        Ok(SessionHead { last_accessed: accessed, ..record.head }.is_expired(self.clock.now().wall))
    }
}

/// Runs one future a thing, [`AT_ONCE`] of them, and takes what they give as it comes.
async fn for_each_limited<T, R, F>(things: Vec<T>, run: impl Fn(T) -> F, mut take: impl FnMut(R))
where
    F: Future<Output = R> + Send + 'static,
    R: Send + 'static,
{
    let mut running = JoinSet::new();
    for thing in things {
        while running.len() >= AT_ONCE {
            running.join_next().await.into_iter().flatten().for_each(&mut take);
        }
        running.spawn(run(thing));
    }
    running.join_all().await.into_iter().for_each(take);
}
