//! The sessions of one web application on this node: what requests do with them.

use std::sync::Arc;
use std::time::Duration;

use outlive_serial::Value;
use outlive_session::transfer::TRANSFER_TIMEOUT;
use outlive_session::{BaseId, Expiry, SessionCell, SessionId, SetError, Transfer, Waiting};
use outlive_sync::{Acknowledgement, AtomicFlag, Counter, Locked, Table};
use outlive_tribes_proto::time::{Monotonic, Now};

use crate::cell::{Cell, Guarded, SessionRef};
use crate::dispatch::Dispatch;
use crate::filter::AttributeFilter;
use crate::held::Held;
use crate::peer::ClusterView;
use crate::persistence::{Persistence, Saver};
use crate::renaming::Retellings;

/// Ended and renamed sessions that a context remembers, so that nothing late revives them.
const GRAVES: usize = 100_000;

/// Sessions that are packed in one tick at most, a few milliseconds' worth: whoever ticks has other things to do.
const RESTS_MAX: usize = 20_000;

/// What became of an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Grave {
    /// The session has ended.
    Ended,
    /// The session has this id now. Peers' late messages under the old one are still its; clients' are not.
    Moved(Box<BaseId>),
}

/// Why a session ends here.
#[derive(Clone, Copy, Debug)]
enum Why {
    Invalidated,
    /// Its idle time is over.
    Expired,
}

/// How a context is set up.
#[derive(Clone, Debug)]
pub struct ContextConfig {
    /// Path of the web application: `/app`, or the empty text for the root.
    pub path: String,
    /// Name of the host that it belongs to, Tomcat's `Host` `name`: part of the context's name in messages where the cluster stands in the
    /// Engine.
    pub host: String,
    /// Its own part of that name; `None`: its path. Tomcat's is the manager's `name`, or the path with `##` and a version.
    pub name: Option<String>,
    /// Seconds of idleness after which a new session ends; zero and less: never.
    pub max_inactive_seconds: i32,
    /// How its sessions are kept in a store; `None`: they live in memory alone.
    pub persistence: Option<Persistence>,
    /// Tomcat's `maxActiveSessions`: with so many sessions in memory no more is made; `None`: any number is.
    pub max_active_sessions: Option<usize>,
    /// Random bytes of a new session's id: 16, of which two hex digits each. Source: `sessionIdLength`. What does not fit into an id of 255
    /// characters is left out.
    pub session_id_bytes: usize,
    /// Between two looks for sessions that have been idle for too long: 1 s. A request sees that by itself. Source: Tomcat's
    /// `backgroundProcessorDelay` times `processExpiresFrequency`, 60 s there.
    pub expiry_interval: Duration,
    /// Which attributes leave this node.
    pub attribute_filter: AttributeFilter,
    /// How long the cluster's state is waited for: 60 s. Zero: it is asked for and not waited for; `None`: as long as there is somebody to
    /// ask. Source: DeltaManager `stateTransferTimeout`.
    pub state_transfer_timeout: Option<Duration>,
    /// Sessions in one message of a state that is given to a peer, at most: 1000. Source: DeltaManager `sendAllSessionsSize`. A message has
    /// about a megabyte at most, however many are allowed.
    pub state_block_sessions: usize,
}

impl Default for ContextConfig {
    /// The root application of `localhost`, with Tomcat's 30 minutes, in memory.
    fn default() -> Self {
        ContextConfig {
            path: String::new(),
            host: "localhost".to_owned(),
            name: None,
            max_inactive_seconds: 1800,
            persistence: None,
            max_active_sessions: None,
            session_id_bytes: 16,
            expiry_interval: Duration::from_secs(1),
            attribute_filter: AttributeFilter::default(),
            state_transfer_timeout: Some(TRANSFER_TIMEOUT),
            state_block_sessions: 1000,
        }
    }
}

/// What is still to be waited for when a request ends.
#[derive(Debug)]
pub enum Delivery {
    /// Nothing was sent.
    Nothing,
    /// It lies in the lanes; nobody waits for it.
    Queued,
    /// The answer has to wait until the peers have confirmed.
    Await(Acknowledgement),
}

/// Figures about one context.
#[derive(Debug, Default)]
pub struct ContextCounters {
    /// Sessions made by requests here.
    pub created: Counter,
    /// Sessions that ended here after their idle time.
    pub expired: Counter,
    /// Copies dropped after twice their idle time.
    pub dropped: Counter,
    /// Messages about sessions that have ended, and were ignored.
    pub revivals_refused: Counter,
    /// Sessions that were not made because there were `max_active_sessions`.
    pub rejected: Counter,
}

/// The sessions of one web application on this node.
#[derive(Debug)]
pub struct Context {
    pub(crate) name: Arc<str>,
    config: ContextConfig,
    route: String,
    pub(crate) dispatch: Arc<Dispatch>,
    pub(crate) table: Table<BaseId, Cell, Grave>,
    pub(crate) transfer: Locked<Transfer<Held>>,
    pub(crate) ready: AtomicFlag,
    pub(crate) waiting: Locked<Waiting<Held>>,
    pub(crate) anything_waits: AtomicFlag,
    pub(crate) retellings: Retellings,
    /// What is noted for the store, if there is one.
    pub(crate) saver: Option<Saver>,
    /// When sessions that have been idle for too long are looked for again.
    next_expiry: Locked<Monotonic>,
    /// Figures.
    pub counters: ContextCounters,
}

impl Context {
    pub(crate) fn new(name: Arc<str>, config: ContextConfig, route: String, dispatch: Arc<Dispatch>) -> Self {
        Context {
            name,
            saver: config.persistence.clone().map(Saver::new),
            config,
            route,
            table: Table::new(GRAVES, dispatch.seed()),
            dispatch,
            transfer: Locked::default(),
            ready: AtomicFlag::default(),
            waiting: Locked::default(),
            anything_waits: AtomicFlag::default(),
            retellings: Retellings::default(),
            next_expiry: Locked::default(),
            counters: ContextCounters::default(),
        }
    }

    /// With a transfer that does not begin at the beginning.
    pub(crate) fn with_transfer(self, transfer: Transfer<Held>) -> Self {
        let ready = transfer.is_held() && self.restores(false);
        Context { ready: AtomicFlag::new(ready), transfer: Locked::new(transfer), ..self }
    }

    /// Its name in messages: `localhost#/app`, or `/app` where the cluster stands in the Host.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its path.
    pub fn path(&self) -> &str {
        &self.config.path
    }

    /// The route that new ids end with; empty: none.
    pub fn route(&self) -> &str {
        &self.route
    }

    /// Seconds of idleness that a new session starts with.
    pub(crate) fn max_inactive_default(&self) -> i32 {
        self.config.max_inactive_seconds
    }

    /// How it is set up.
    pub fn config(&self) -> &ContextConfig {
        &self.config
    }

    /// Whether this node holds the cluster's state of this context.
    pub fn is_ready(&self) -> bool {
        self.ready.get()
    }

    /// Sessions held here, whoever serves them; below replication also those that are still in the store alone.
    pub fn len(&self) -> usize {
        self.table.len() + self.listed_len()
    }

    /// Whether no session is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether one more session may be made; one that may not is counted.
    pub fn has_room(&self) -> bool {
        let has_room = self.config.max_active_sessions.is_none_or(|max| self.table.len() < max);
        if !has_room {
            self.counters.rejected.add(1);
        }
        has_room
    }

    pub(crate) fn max_active(&self) -> Option<usize> {
        self.config.max_active_sessions
    }

    /// All sessions held here, in no order.
    pub fn sessions(&self) -> Vec<SessionRef> {
        let mut sessions = Vec::new();
        self.table.for_each(|cell| sessions.push(SessionRef(cell)));
        sessions
    }

    /// Makes a session with an id of these random bytes. Peers are told when its request is completed.
    pub fn create(&self, now: Now, random: impl AsRef<[u8]>) -> SessionRef {
        let id = SessionId::generate(random, &self.route);
        let base = id.base();
        let cell = Arc::new(Cell::new(SessionCell::create(now, id, self.config.max_inactive_seconds)));
        // 128 random bits: a key that is taken already means a broken source of randomness, and then the session that
        // cannot be found again is the harmless way out.
        self.table.admit(base, Arc::clone(&cell));
        self.counters.created.add(1);
        SessionRef(cell)
    }

    /// A request brings a session id: the session, joined. Unknown, ended, idle for too long, or no id at all: none.
    ///
    /// Ids that a session had before are not good any more: only peers' late messages may use them.
    pub fn find(&self, now: Now, id: &str) -> Option<SessionRef> {
        let base = SessionId::parse(id).ok()?.base();
        let cell = self.table.get(&base)?;
        let expiry = {
            let mut guard = cell.lock();
            if guard.copy().is_some_and(|copy| copy.left) {
                return None;
            }
            let guarded = guard.join(now);
            if guarded.session.has_ended() {
                return None;
            }
            let expiry = guarded.session.expiry(now);
            if expiry == Expiry::Alive {
                guarded.session.access(now);
            }
            expiry
        };
        if expiry == Expiry::Alive {
            return Some(SessionRef(cell));
        }
        self.expire(now, &cell, expiry);
        None
    }

    /// Makes this node's route the one in the id, if the id has another. Whether the id now differs from the one that
    /// the client has `shown`: then it needs a new cookie.
    ///
    /// Source: Tomcat `JvmRouteBinderValve`, which leaves ids without a route alone.
    pub fn take_over(&self, now: Now, session: &SessionRef, shown: &str) -> bool {
        let mut guard = session.0.lock();
        let guarded = guard.wake();
        let id = guarded.session.id();
        if !self.route.is_empty() && !id.route().is_empty() && id.route() != self.route {
            let (known_as, id) = (id.clone(), id.with_route(&self.route));
            let view = self.dispatch.view();
            if let Some(outgoing) = guarded.session.change_id(now, &self.name, id) {
                self.dispatch.broadcast(now, &view, &known_as, outgoing, guarded.unacknowledged.one_more());
            }
            if let Some(saver) = self.saver.as_ref().filter(|saver| saver.is_write_behind()) {
                saver.save_soon(now, &mut guard);
            }
        }
        guard.wake().session.id().as_str() != shown
    }

    /// Sets an attribute of a session, which leaves this node if the context's [filter](AttributeFilter) admits it. Returns the value before.
    ///
    /// # Errors
    /// [`SetError`]; nothing is changed.
    pub fn set_attribute(&self, session: &SessionRef, name: &str, value: Value) -> Result<Option<Value>, SetError> {
        if value.is_null() || self.config.attribute_filter.admits(name, &value) {
            session.set(name, value)
        } else {
            session.0.lock().wake().session.set_local_attribute(name, value)
        }
    }

    /// Gives a session a new id, made of these random bytes, and makes the old one worthless.
    pub fn change_id(&self, now: Now, session: &SessionRef, random: impl AsRef<[u8]>) {
        let id = SessionId::generate(random, &self.route);
        let new = id.base();
        let old = {
            let mut guard = session.0.lock();
            let guarded = guard.wake();
            if guarded.session.has_ended() {
                return;
            }
            let old = guarded.session.id().clone();
            let view = self.dispatch.view();
            if let Some(outgoing) = guarded.session.change_id(now, &self.name, id) {
                self.dispatch.broadcast(now, &view, &old, outgoing, guarded.unacknowledged.one_more());
            }
            if let Some(saver) = &self.saver {
                saver.gone(now, &mut guard, &old);
            }
            old
        };
        self.table.rename(&old.base(), new.clone(), Arc::clone(&session.0), Grave::Moved(Box::new(new.clone())));
        self.drain_waiting(now, vec![new, old.base()]);
    }

    /// Ends a session, here and on all nodes. [`complete`](Self::complete) gives what to wait for.
    pub fn invalidate(&self, now: Now, session: &SessionRef) {
        self.end(now, &session.0, Why::Invalidated, |_| true);
    }

    /// Ends a session if it `still` is to end, looked at under the lock that ends it. Whether it did.
    fn end(&self, now: Now, cell: &Arc<Cell>, why: Why, still: impl FnOnce(&SessionCell) -> bool) -> bool {
        let base = {
            let mut guard = cell.lock();
            let guarded = guard.wake();
            if guarded.session.has_ended() || !still(guarded.session) {
                return false;
            }
            let id = guarded.session.id().clone();
            let view = self.dispatch.view();
            if let Some(outgoing) = guarded.session.end(now, &self.name) {
                self.dispatch.broadcast(now, &view, &id, outgoing, guarded.unacknowledged.one_more());
            }
            match (&self.saver, why) {
                (Some(saver), Why::Invalidated) => saver.gone(now, &mut guard, &id),
                (Some(saver), Why::Expired) => saver.expired(&mut guard),
                (None, _) => {}
            }
            id.base()
        };
        self.table.bury(&base, Grave::Ended);
        true
    }

    /// Ends a request on a session, an ended one too: what it changed goes to the lanes of all peers. Never waits.
    ///
    /// Source: Tomcat `ReplicationValve.sendReplicationMessage`, `DeltaManager.requestCompleted`.
    pub fn complete(&self, now: Now, session: &SessionRef) -> Delivery {
        let mut guard = session.0.lock();
        // Inside the lock, see ARCHITECTURE.md, "publish, then walk".
        let view = self.dispatch.view();
        self.complete_in(now, &mut guard, &view)
    }

    /// Ends a request that tells nobody: what it changed stays pending, and goes with a later request.
    ///
    /// Source: Tomcat `ReplicationValve` with a `filter` that matches, or none at all.
    pub fn complete_untold(&self, now: Now, session: &SessionRef) {
        let mut guard = session.0.lock();
        let changed = guard.wake().session.has_changes();
        if let Some(saver) = &self.saver {
            saver.completed(now, &mut guard, changed);
        }
        guard.leave();
    }

    pub(crate) fn complete_in(&self, now: Now, guard: &mut Guarded, view: &ClusterView) -> Delivery {
        let guarded = guard.wake();
        let changed = self.saver.is_some() && guarded.session.has_changes();
        let before = guarded.session.clock();
        let outgoing = guarded.session.complete(now, &self.name, self.dispatch.writer, !view.peers.is_empty());
        let stamped = Some(guarded.session.clock()).filter(|clock| *clock > before);
        let mut waiting = None;
        let sent = !outgoing.is_empty();
        if sent {
            let id = guarded.session.id();
            for outgoing in outgoing {
                self.dispatch.broadcast(now, view, id, outgoing, &mut waiting);
            }
        }
        let waiting = guarded.unacknowledged.add(waiting, stamped);
        if let Some(saver) = &self.saver {
            saver.completed(now, guard, changed);
        }
        guard.leave();
        match waiting {
            Some(waiting) => Delivery::Await(waiting),
            None if sent => Delivery::Queued,
            None => Delivery::Nothing,
        }
    }

    /// Ends or drops what has been idle for too long, packs what rests, and forgets messages that have waited too long.
    pub(crate) fn tick(&self, now: Now) {
        let mut packed = 0;
        let is_due = self.expiry_is_due(now);
        self.table.sweep(|cell| {
            let expiry = {
                let mut guarded = cell.lock();
                if packed < RESTS_MAX && guarded.rest(now) {
                    packed += 1;
                }
                if is_due { guarded.expiry(now) } else { Expiry::Alive }
            };
            self.expire(now, &cell, expiry);
        });
        if self.anything_waits.get() {
            self.expire_waiting(now);
        }
        self.swap_pass(now);
    }

    fn expiry_is_due(&self, now: Now) -> bool {
        let mut next = self.next_expiry.lock();
        let is_due = now.monotonic >= *next;
        if is_due {
            *next = now.monotonic + self.config.expiry_interval;
        }
        is_due
    }

    fn expire(&self, now: Now, cell: &Arc<Cell>, expiry: Expiry) {
        match expiry {
            Expiry::Alive => {}
            Expiry::Expire => {
                if self.end(now, cell, Why::Expired, |session| session.expiry(now) == Expiry::Expire) {
                    self.counters.expired.add(1);
                }
            }
            Expiry::Drop => {
                let base = {
                    let mut guard = cell.lock();
                    let guarded = guard.wake();
                    // It may have been touched since the look.
                    if guarded.session.expiry(now) != Expiry::Drop {
                        return;
                    }
                    guarded.session.end_quietly();
                    let base = guarded.session.id().base();
                    if let Some(saver) = self.saver.as_ref().filter(|saver| !saver.is_shared()) {
                        saver.expired(&mut guard);
                    }
                    base
                };
                self.counters.dropped.add(1);
                // No grave: it may well live on the node that serves it.
                self.table.forget(&base);
            }
        }
    }
}
