//! One session behind its lock, and the handle that requests hold.

use core::fmt;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use outlive_serial::{Refused, Value};
use outlive_session::{AtRest, Expiry, SessionCell, SetError, User};
use outlive_sync::{Locked, LockedGuard};
use outlive_tribes_proto::time::{Now, UnixMillis};

use crate::persistence::StoredCopy;
use crate::unacknowledged::Unacknowledged;

/// Without a request for so long, a session is packed: the burst of requests that a page makes is over by then.
///
/// One that had rested for so long when its request came is packed again as soon as that request is over, for it will
/// most likely rest again: so a crowd of clients that come once in a while never fills the memory. A second request
/// within this time finds it packed, and keeps it awake.
const REST_AFTER: Duration = Duration::from_secs(2);

#[derive(Debug)]
struct InUse {
    session: SessionCell,
    /// Whether it is packed as soon as the request that made it or woke it is over.
    brief: bool,
}

/// A session in one of its two forms, in use or else at rest, and what its requests wait for.
#[derive(Debug)]
pub(crate) struct Guarded {
    in_use: Option<Box<InUse>>,
    at_rest: AtRest,
    /// What requests of the session have sent (changes, a new id, the end) and their answers have to wait for.
    unacknowledged: Unacknowledged,
    /// What is known of it in the context's store.
    copy: Option<Box<StoredCopy>>,
}

/// A session to be used, under its lock.
#[derive(Debug)]
pub(crate) struct Awake<'a> {
    pub(crate) session: &'a mut SessionCell,
    pub(crate) unacknowledged: &'a mut Unacknowledged,
}

impl Guarded {
    /// The session, to be used.
    pub(crate) fn wake(&mut self) -> Awake<'_> {
        let Guarded { in_use, at_rest, unacknowledged, .. } = self;
        let in_use = in_use.get_or_insert_with(|| {
            let session = restored(&core::mem::take(at_rest));
            Box::new(InUse { session, brief: false })
        });
        Awake { session: &mut in_use.session, unacknowledged }
    }

    /// From which time on stamps are of changes that are not acknowledged.
    pub(crate) fn unacknowledged_from(&self) -> Option<UnixMillis> {
        self.unacknowledged.changes_from()
    }

    /// The session, for a request or for what a peer tells of one.
    pub(crate) fn join(&mut self, now: Now) -> Awake<'_> {
        if self.in_use.is_none() {
            self.wake();
            if let Some(in_use) = &mut self.in_use {
                in_use.brief = in_use.session.idle(now) >= REST_AFTER;
            }
        }
        self.wake()
    }

    /// The request is over: packs the session if it was made or came out of its rest for this one alone.
    pub(crate) fn leave(&mut self) {
        if self.in_use.as_ref().is_some_and(|in_use| in_use.brief) {
            self.pack();
        }
    }

    /// The session, for a look that leaves it in the form that it has.
    pub(crate) fn look(&self) -> Cow<'_, SessionCell> {
        match &self.in_use {
            Some(in_use) => Cow::Borrowed(&in_use.session),
            None => Cow::Owned(restored(&self.at_rest)),
        }
    }

    /// What is known of it in the context's store.
    pub(crate) fn copy(&self) -> Option<&StoredCopy> {
        self.copy.as_deref()
    }

    /// The same, to be changed.
    pub(crate) fn copy_mut(&mut self) -> &mut StoredCopy {
        self.copy.get_or_insert_default()
    }

    /// The same, of a session that has to do with a store.
    pub(crate) fn known_copy(&mut self) -> Option<&mut StoredCopy> {
        self.copy.as_deref_mut()
    }

    /// For how long no request has touched it, on any node.
    pub(crate) fn idle(&self, now: Now) -> Duration {
        match &self.in_use {
            Some(in_use) => in_use.session.idle(now),
            None => self.at_rest.idle(now),
        }
    }

    /// What the clock says about the session.
    pub(crate) fn expiry(&self, now: Now) -> Expiry {
        match &self.in_use {
            Some(in_use) => in_use.session.expiry(now),
            None => self.at_rest.expiry(now),
        }
    }

    /// Packs the session if no request has touched it for a while and nothing is to be told of it. Whether it did.
    pub(crate) fn rest(&mut self, now: Now) -> bool {
        self.unacknowledged.settle();
        self.in_use.as_ref().is_some_and(|in_use| in_use.session.idle(now) >= REST_AFTER) && self.pack()
    }

    fn pack(&mut self) -> bool {
        let Some(at_rest) = self.in_use.as_ref().and_then(|in_use| in_use.session.pack()) else { return false };
        self.at_rest = at_rest;
        self.in_use = None;
        true
    }
}

/// What was packed here unpacks here; anything else is a bug of ours, and costs that session.
fn restored(at_rest: &AtRest) -> SessionCell {
    at_rest.unpack().expect("a session at rest is as SessionCell::pack has left it")
}

/// A session behind its own lock.
#[derive(Debug)]
pub(crate) struct Cell(Locked<Guarded>);

impl Cell {
    pub(crate) fn new(session: SessionCell) -> Self {
        let in_use = Some(Box::new(InUse { session, brief: true }));
        let (at_rest, unacknowledged) = (AtRest::default(), Unacknowledged::default());
        Cell(Locked::new(Guarded { in_use, at_rest, unacknowledged, copy: None }))
    }

    /// A session out of the context's store.
    pub(crate) fn restored(session: SessionCell, copy: StoredCopy) -> Self {
        let cell = Cell::new(session);
        cell.lock().copy = Some(Box::new(copy));
        cell
    }

    pub(crate) fn lock(&self) -> LockedGuard<'_, Guarded> {
        self.0.lock()
    }
}

/// A session in the hands of a request. Cheap to clone; all clones are the same session.
///
/// Each method locks the session for that call alone and never waits for anything else. What is changed is sent to the
/// other nodes when the request is completed.
#[derive(Clone)]
pub struct SessionRef(pub(crate) Arc<Cell>);

impl SessionRef {
    /// The whole id: 32 hex digits and the node's route.
    pub fn id(&self) -> String {
        self.0.lock().wake().session.id().as_str().to_owned()
    }

    /// Whether the client has not come back with it yet.
    pub fn is_new(&self) -> bool {
        self.0.lock().wake().session.is_new()
    }

    /// Whether it was neither invalidated nor has expired.
    pub fn is_valid(&self) -> bool {
        !self.0.lock().wake().session.has_ended()
    }

    /// Whether something of it is not told and not saved yet.
    pub fn has_changes(&self) -> bool {
        self.0.lock().wake().session.has_changes()
    }

    /// When it was made.
    pub fn created(&self) -> UnixMillis {
        self.0.lock().wake().session.created()
    }

    /// The last request before this one.
    pub fn last_accessed(&self) -> UnixMillis {
        self.0.lock().wake().session.last_accessed()
    }

    /// Seconds of idleness after which it ends; zero and less: never.
    pub fn max_inactive(&self) -> i32 {
        self.0.lock().wake().session.max_inactive()
    }

    /// Sets the seconds of idleness after which it ends; zero and less: never.
    ///
    /// # Errors
    /// [`SetError::Ended`]; nothing is changed.
    pub fn set_max_inactive(&self, seconds: i32) -> Result<(), SetError> {
        self.0.lock().wake().session.set_max_inactive(seconds)
    }

    /// The value of an attribute.
    pub fn get(&self, name: &str) -> Option<Value> {
        self.0.lock().wake().session.attribute(name).cloned()
    }

    /// Sets an attribute; a null value removes it. Returns the value before. Past the context's
    /// [filter](crate::AttributeFilter): see [`Context::set_attribute`](crate::Context::set_attribute).
    ///
    /// # Errors
    /// [`SetError`]; nothing is changed.
    pub fn set(&self, name: &str, value: Value) -> Result<Option<Value>, SetError> {
        self.0.lock().wake().session.set_attribute(name, value)
    }

    /// Removes an attribute. Returns the value before; `None` also for a session that has ended.
    pub fn remove(&self, name: &str) -> Option<Value> {
        self.0.lock().wake().session.remove_attribute(name).ok().flatten()
    }

    /// All attributes, sorted by name.
    pub fn attributes(&self) -> Vec<(String, Value)> {
        let mut all: Vec<_> = {
            let mut cell = self.0.lock();
            cell.wake().session.attributes().map(|(name, value)| (name.to_owned(), value.clone())).collect()
        };
        // Those that stay on this node come behind the others.
        all.sort_by(|(one, _), (other, _)| one.cmp(other));
        all
    }

    /// Values that peers have sent for attributes of these names, and that are kept without being forwarded: too deep, or referring to
    /// nothing.
    pub fn quarantined(&self) -> Vec<(String, Refused)> {
        self.0.lock().wake().session.quarantined().to_vec()
    }

    /// The user who is logged in.
    pub fn user(&self) -> Option<User> {
        self.0.lock().wake().session.user().cloned()
    }

    /// Logs a user in (`Some`) or out. Change the id with a login.
    ///
    /// # Errors
    /// [`SetError::Ended`]; nothing is changed.
    pub fn set_user(&self, user: Option<User>) -> Result<(), SetError> {
        self.0.lock().wake().session.set_user(user)
    }
}

impl PartialEq for SessionRef {
    /// Whether both are the same session object on this node.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for SessionRef {}

impl fmt::Debug for SessionRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SessionRef").field(&self.0.lock().look().id()).finish()
    }
}
