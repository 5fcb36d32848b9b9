//! The sessions of one context, as the HTTP side uses them.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use outlive_node::persistence::{Persistence, StoreCounters};
use outlive_node::{Context, SessionRef, SetError};
use outlive_serial::Value;
use outlive_session::SessionId;
use outlive_store::{SessionsFile, StoreError};
use outlive_sync::Acknowledgement;
use tokio::time::Sleep;

use crate::persistence::{self, ContextStore, Loaded, Saved, Turn};
use crate::randomness::{NoRandomness, random_for_session};
use crate::shared::Shared;

/// The sessions of one web application on this node. Cheap to clone.
///
/// Everything but [`ready`](Self::ready), and a [lookup](Self::look_up) that has to ask a store, works in local memory and never waits.
#[derive(Clone, Debug)]
pub struct Sessions {
    shared: Arc<Shared>,
    context: Arc<Context>,
    store: Option<Arc<ContextStore>>,
}

/// What is known at once of the session that a request names.
#[derive(Debug)]
pub enum Lookup {
    /// It is in memory, and joined.
    Found(SessionRef),
    /// There is none.
    Absent,
    /// The store has to be asked.
    Wait(Loading),
}

/// A session on its way out of the store. Cancel safe.
pub struct Loading(Pin<Box<dyn Future<Output = Visit> + Send>>);

/// What came out of the store.
#[derive(Debug)]
pub struct Visit {
    /// The session, joined.
    pub session: Option<SessionRef>,
    /// The store did not say whether there is one, and nobody else knows.
    pub is_unknown: bool,
    /// Where only one request may use the session at a time, this one: to be kept until it is over.
    pub turn: Option<Turn>,
    /// Another request uses the session, and this one was not to [wait](Manners::waits_for_turn) for it.
    pub is_busy: bool,
}

/// How a request uses a session where each one loads and saves it ([`Persistence::PerRequest`]); without meaning elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manners {
    /// Whether it has the session for itself, and its answer waits until the session is saved. Else it is one of those that only
    /// look, such as for a picture: they wait for nobody. Source: PersistentValve `filter`.
    pub takes_turn: bool,
    /// Whether it waits while another request uses the session. Source: PersistentValve `semaphoreBlockOnAcquire`.
    pub waits_for_turn: bool,
}

impl Default for Manners {
    /// One request after the other.
    fn default() -> Self {
        Manners { takes_turn: true, waits_for_turn: true }
    }
}

/// No session was made.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// The operating system gives no random bytes; no id is made of anything less.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// There are as many as there may be.
    #[error("there are as many sessions as there may be")]
    TooMany,
}

/// What is still to be waited for when a request ends.
#[derive(Debug)]
pub enum Delivery {
    /// Nothing was sent.
    Nothing,
    /// It lies in the lanes; nobody waits for it.
    Queued,
    /// The answer has to wait until the peers have confirmed.
    Await(Acknowledged),
}

impl Sessions {
    pub(crate) fn new(shared: Arc<Shared>, context: Arc<Context>) -> Self {
        let store = shared.stores.of(&context);
        Sessions { shared, context, store }
    }

    /// Path of the web application: `/app`, or the empty text for the root.
    pub fn path(&self) -> &str {
        self.context.path()
    }

    /// This node's name, which new ids end with; empty: ids have no route.
    pub fn route(&self) -> &str {
        self.context.route()
    }

    /// How many other members there are.
    pub fn members(&self) -> usize {
        self.shared.node.view().peers.len()
    }

    /// Whether this node holds the cluster's state of this context.
    pub fn is_ready(&self) -> bool {
        self.context.is_ready()
    }

    /// Waits until this node holds the cluster's state of this context; 60 s and the time to find members at most.
    ///
    /// Cancel safe.
    pub async fn ready(&self) {
        let mut changes = self.shared.changes.subscribe();
        while !self.context.is_ready() {
            if changes.changed().await.is_err() {
                return;
            }
        }
    }

    /// Sessions held here, whoever serves them.
    pub fn len(&self) -> usize {
        self.context.len()
    }

    /// Whether no session is held.
    pub fn is_empty(&self) -> bool {
        self.context.is_empty()
    }

    /// All sessions held here, in no order.
    pub fn all(&self) -> Vec<SessionRef> {
        self.context.sessions()
    }

    /// Makes a session, with an id of random bytes from the operating system. Peers hear of it when its request is completed.
    ///
    /// # Errors
    /// [`CreateError`]; nothing was made.
    pub fn create(&self) -> Result<SessionRef, CreateError> {
        if !self.context.has_room() {
            return Err(CreateError::TooMany);
        }
        let random = random_for_session(self.context.config().session_id_bytes)?;
        Ok(self.context.create(self.shared.clock.now(), random))
    }

    /// The session that a request's cookie names, joined, if it is in memory; nothing for an id that is unknown, ended, or none.
    pub fn find(&self, id: &str) -> Option<SessionRef> {
        self.context.find(self.shared.clock.now(), id)
    }

    /// Sets an attribute, which leaves this node if the context's [filter](crate::AttributeFilter) admits it; a null value removes it. Returns
    /// the value before.
    ///
    /// # Errors
    /// [`SetError`]; nothing is changed.
    pub fn set_attribute(&self, session: &SessionRef, name: &str, value: Value) -> Result<Option<Value>, SetError> {
        self.context.set_attribute(session, name, value)
    }

    /// The session that a request's cookie names, in memory or in the store.
    pub fn look_up(&self, id: &str) -> Lookup {
        self.look_up_with(id, Manners::default())
    }

    /// The same, for a request that behaves in another way where the session is in the store.
    pub fn look_up_with(&self, id: &str, manners: Manners) -> Lookup {
        let Some(store) = &self.store else {
            return self.find(id).map_or(Lookup::Absent, Lookup::Found);
        };
        let in_turn = manners.takes_turn && self.context.persistence() == Some(&Persistence::PerRequest);
        if !in_turn && let Some(session) = self.find(id) {
            return Lookup::Found(session);
        }
        match SessionId::parse(id) {
            Ok(id) if !store.is_absent(&id.base()) => Lookup::Wait(Loading(Box::pin(visit(
                self.clone(),
                Arc::clone(store),
                id,
                in_turn.then_some(manners.waits_for_turn),
            )))),
            _ => Lookup::Absent,
        }
    }

    /// Figures about the store; `None` where sessions live in memory alone.
    pub fn store_counters(&self) -> Option<&StoreCounters> {
        self.context.store_counters()
    }

    /// Whether the store works, as far as is known; `true` where there is none.
    pub fn store_works(&self) -> bool {
        !self.context.is_store_down()
    }

    /// Takes the sessions of a file and removes it: Tomcat's `StandardManager` at its start. How many; none where there is no file.
    ///
    /// Call it before requests are served. A file that cannot be read to its end is set aside, as [`SessionsFile`] says.
    ///
    /// # Errors
    /// [`StoreError`]: it is there and cannot be read, or not be removed.
    pub async fn load_file(&self, file: &SessionsFile) -> Result<usize, StoreError> {
        persistence::load_file(&self.context, self.shared.clock, file).await
    }

    /// Writes all sessions into a file, in the place of what is there: Tomcat's `StandardManager` at its end. How many.
    ///
    /// Call it when no request is served any more.
    ///
    /// # Errors
    /// [`StoreError`]; what was there before is still there.
    pub async fn save_file(&self, file: &SessionsFile) -> Result<usize, StoreError> {
        persistence::save_file(&self.context, self.shared.clock, file).await
    }

    /// Makes this node's route the one in the id. Whether the id now differs from the one that the client has `shown`:
    /// then it needs a new cookie.
    pub fn take_over(&self, session: &SessionRef, shown: &str) -> bool {
        self.context.take_over(self.shared.clock.now(), session, shown)
    }

    /// Gives a session a new id and makes the old one worthless, as every login must.
    ///
    /// # Errors
    /// The operating system gives no random bytes; the session keeps its id.
    pub fn change_id(&self, session: &SessionRef) -> Result<(), NoRandomness> {
        let random = random_for_session(self.context.config().session_id_bytes)?;
        self.context.change_id(self.shared.clock.now(), session, random);
        Ok(())
    }

    /// Ends a session on all nodes.
    pub fn invalidate(&self, session: &SessionRef) {
        self.context.invalidate(self.shared.clock.now(), session);
    }

    /// Ends a request on a session, also on one that has ended: what changed goes to all members, and to the store. Never waits.
    pub fn complete(&self, session: &SessionRef) -> Delivery {
        self.complete_visit(session, None)
    }

    /// Ends a request on a session without telling anybody: what it changed goes with a later request. Tomcat's ReplicationValve does so
    /// where its `filter` matches.
    pub fn complete_untold(&self, session: &SessionRef, turn: Option<Turn>) -> Delivery {
        self.context.complete_untold(self.shared.clock.now(), session);
        self.saving(session, turn).unwrap_or(Delivery::Nothing)
    }

    /// Ends a request that only [looked](Manners::takes_turn) at its session. While another one uses the session nothing is to be done: that one
    /// saves it. Else it leaves the memory, saved if this one has changed it after all; nobody waits for that.
    pub fn complete_onlooker(&self, session: &SessionRef) -> Delivery {
        let is_per_request = self.context.persistence() == Some(&Persistence::PerRequest);
        let Some(store) = self.store.as_ref().filter(|_| is_per_request) else { return self.complete(session) };
        let turn = SessionId::parse(&session.id()).ok().and_then(|id| store.turn_at_once(&id.base()));
        match turn {
            None => Delivery::Nothing,
            Some(turn) if session.has_changes() => {
                let _ = self.complete_visit(session, Some(turn));
                Delivery::Queued
            }
            Some(_turn) => {
                self.context.release(self.shared.clock.now(), session);
                Delivery::Nothing
            }
        }
    }

    /// Ends all sessions, on all nodes: Tomcat's `expireSessionsOnShutdown`. How many.
    ///
    /// Call it when no request is served any more, and before the node [hands over](crate::Cluster::hand_over).
    pub fn end_all(&self) -> usize {
        let all = self.all();
        for session in &all {
            self.invalidate(session);
            let _ = self.complete(session); // nobody waits here: handing over does
        }
        all.len()
    }

    /// As [`complete`](Self::complete), for a request that had to wait for its [turn](Visit::turn): the next has its own when this session
    /// is saved.
    pub fn complete_visit(&self, session: &SessionRef, turn: Option<Turn>) -> Delivery {
        let delivery = self.context.complete(self.shared.clock.now(), session);
        if let Some(saving) = self.saving(session, turn) {
            return saving;
        }
        match delivery {
            outlive_node::Delivery::Nothing => Delivery::Nothing,
            outlive_node::Delivery::Queued => Delivery::Queued,
            outlive_node::Delivery::Await(confirmed) => {
                let peers = Peers { confirmed, limit: self.shared.ack_timeout, sleep: None };
                Delivery::Await(Acknowledged(Waiting::Peers(peers)))
            }
        }
    }
}

impl Sessions {
    /// Where each request saves its session, saves that of one that is over.
    fn saving(&self, session: &SessionRef, turn: Option<Turn>) -> Option<Delivery> {
        let is_per_request = self.context.persistence() == Some(&Persistence::PerRequest);
        let store = self.store.as_ref().filter(|_| is_per_request)?;
        Some(Delivery::Await(Acknowledged(Waiting::Store(store.save_and_release(session, turn)))))
    }
}

/// Asks the store for a session.
async fn visit(sessions: Sessions, store: Arc<ContextStore>, id: SessionId, waits_for_turn: Option<bool>) -> Visit {
    let turn = match waits_for_turn {
        None => None,
        Some(true) => Some(store.turn(&id.base()).await),
        Some(false) => match store.turn_at_once(&id.base()) {
            Some(turn) => Some(turn),
            None => return Visit { session: None, is_unknown: false, turn: None, is_busy: true },
        },
    };
    // It is in memory where the store failed to take it, or where another request has loaded it meanwhile.
    if let Some(session) = sessions.find(id.as_str()) {
        return Visit { session: Some(session), is_unknown: false, turn, is_busy: false };
    }
    let is_cluster = matches!(sessions.context.persistence(), Some(Persistence::WriteBehind { .. }));
    let loaded = store.load(id.clone()).await;
    let session = sessions.find(id.as_str());
    // In a cluster the nodes' memory says what there is.
    let is_unknown = loaded == Loaded::Unknown && session.is_none() && !is_cluster;
    Visit { session, is_unknown, turn, is_busy: false }
}

impl Future for Loading {
    type Output = Visit;

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Visit> {
        self.0.as_mut().poll(cx)
    }
}

impl fmt::Debug for Loading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Loading")
    }
}

/// Ready when all members have confirmed what a request sent, or are gone, or after the time limit. Where each request saves its session:
/// when the store has it, or has failed.
///
/// Cancel safe: dropping it changes nothing about what was sent or is being saved.
#[derive(Debug)]
pub struct Acknowledged(Waiting);

#[derive(Debug)]
enum Waiting {
    Peers(Peers),
    Store(Saved),
}

#[derive(Debug)]
struct Peers {
    confirmed: Acknowledgement,
    limit: Duration,
    /// Made only if the first look finds somebody to wait for.
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Future for Acknowledged {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<()> {
        let peers = match &mut self.0 {
            Waiting::Peers(peers) => peers,
            Waiting::Store(saved) => return Pin::new(saved).poll(cx),
        };
        if Pin::new(&mut peers.confirmed).poll(cx).is_ready() {
            return Poll::Ready(());
        }
        let limit = peers.limit;
        peers.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep(limit))).as_mut().poll(cx)
    }
}
