//! Sessions that live in the store between requests: Tomcat's `PersistentValve`.
//!
//! ```text
//! the session's turn ─► loaded ─► the request ─► saved ─► out of the memory ─► its answer's head goes out, the next has its turn
//! ```
//!
//! Where the store fails, the session stays in memory, is saved later, and this node's next request finds it there.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use outlive_node::SessionRef;
use outlive_session::BaseId;
use outlive_sync::Locked;
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

use super::ContextStore;

/// Who may use which session: one request at a time.
#[derive(Debug, Default)]
pub(crate) struct Turns(Arc<Locked<HashMap<BaseId, Arc<Mutex<()>>>>>);

/// The right to use a session, until it is dropped.
#[derive(Debug)]
pub struct Turn {
    turns: Arc<Locked<HashMap<BaseId, Arc<Mutex<()>>>>>,
    base: BaseId,
    held: Option<OwnedMutexGuard<()>>,
}

impl Turns {
    /// Waits until nobody else uses the session, first come, first served.
    async fn take(&self, base: &BaseId) -> Turn {
        let waiting = Arc::clone(self.0.lock().entry(base.clone()).or_default());
        // From here on a drop clears up, also one that comes while this waits.
        let mut turn = Turn { turns: Arc::clone(&self.0), base: base.clone(), held: None };
        turn.held = Some(waiting.lock_owned().await);
        turn
    }

    /// The same if nobody else uses it.
    fn take_at_once(&self, base: &BaseId) -> Option<Turn> {
        let waiting = Arc::clone(self.0.lock().entry(base.clone()).or_default());
        let mut turn = Turn { turns: Arc::clone(&self.0), base: base.clone(), held: None };
        turn.held = Some(waiting.try_lock_owned().ok()?);
        Some(turn)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.held = None;
        let mut turns = self.turns.lock();
        // The list alone holds it: nobody waits.
        if turns.get(&self.base).is_some_and(|waiting| Arc::strong_count(waiting) == 1) {
            turns.remove(&self.base);
        }
    }
}

/// Ready when a request's session is saved, or could not be.
#[derive(Debug)]
pub(crate) struct Saved(oneshot::Receiver<()>);

impl Future for Saved {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(cx).map(|_| ())
    }
}

impl ContextStore {
    /// Waits for a session's turn.
    pub(crate) async fn turn(&self, base: &BaseId) -> Turn {
        self.turns.take(base).await
    }

    /// A session's turn, unless another request has it.
    pub(crate) fn turn_at_once(&self, base: &BaseId) -> Option<Turn> {
        self.turns.take_at_once(base)
    }

    /// Saves the session of a request that is over and drops it from the memory, also if nobody waits for it; then the next may have it.
    pub(crate) fn save_and_release(self: &Arc<Self>, session: &SessionRef, turn: Option<Turn>) -> Saved {
        let (done, saved) = oneshot::channel();
        let (store, session) = (Arc::clone(self), session.clone());
        tokio::spawn(async move {
            // While the store is known to fail nobody waits for it; the writer finds out when it is back.
            if !store.context.is_store_down() {
                // What fails is noted for the writer, which says so once.
                let _ = store.save_of(&session).await;
            }
            store.context.release(store.clock.now(), &session);
            drop((session, turn));
            // Nobody waits where the client has gone.
            let _ = done.send(());
        });
        Saved(saved)
    }
}
