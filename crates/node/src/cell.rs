//! One session behind its lock, and the handle that requests hold.

use core::fmt;
use std::sync::Arc;

use outlive_serial::Value;
use outlive_session::{SessionCell, SetError, User};
use outlive_sync::{Acknowledgement, Locked, LockedGuard};
use outlive_tribes_proto::time::UnixMillis;

/// A session and what its current request waits for.
#[derive(Debug)]
pub(crate) struct Guarded {
    pub(crate) session: SessionCell,
    /// Messages sent during the request (a new id, the end) that its answer has to wait for.
    pub(crate) unacknowledged: Option<Acknowledgement>,
}

/// A session behind its own lock.
#[derive(Debug)]
pub(crate) struct Cell(Locked<Guarded>);

impl Cell {
    pub(crate) fn new(session: SessionCell) -> Self {
        Cell(Locked::new(Guarded { session, unacknowledged: None }))
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
        self.0.lock().session.id().as_str().to_owned()
    }

    /// Whether the client has not come back with it yet.
    pub fn is_new(&self) -> bool {
        self.0.lock().session.is_new()
    }

    /// Whether it was neither invalidated nor has expired.
    pub fn is_valid(&self) -> bool {
        !self.0.lock().session.has_ended()
    }

    /// When it was made.
    pub fn created(&self) -> UnixMillis {
        self.0.lock().session.created()
    }

    /// The last request before this one.
    pub fn last_accessed(&self) -> UnixMillis {
        self.0.lock().session.last_accessed()
    }

    /// Seconds of idleness after which it ends; zero and less: never.
    pub fn max_inactive(&self) -> i32 {
        self.0.lock().session.max_inactive()
    }

    /// Sets the seconds of idleness after which it ends; zero and less: never.
    ///
    /// # Errors
    /// [`SetError::Ended`]; nothing is changed.
    pub fn set_max_inactive(&self, seconds: i32) -> Result<(), SetError> {
        self.0.lock().session.set_max_inactive(seconds)
    }

    /// The value of an attribute.
    pub fn get(&self, name: &str) -> Option<Value> {
        self.0.lock().session.attribute(name).cloned()
    }

    /// Sets an attribute; a null value removes it. Returns the value before.
    ///
    /// # Errors
    /// [`SetError`]; nothing is changed.
    pub fn set(&self, name: &str, value: Value) -> Result<Option<Value>, SetError> {
        self.0.lock().session.set_attribute(name, value)
    }

    /// Removes an attribute. Returns the value before; `None` also for a session that has ended.
    pub fn remove(&self, name: &str) -> Option<Value> {
        self.0.lock().session.remove_attribute(name).ok().flatten()
    }

    /// All attributes, sorted by name.
    pub fn attributes(&self) -> Vec<(String, Value)> {
        let cell = self.0.lock();
        cell.session.attributes().map(|(name, value)| (name.to_owned(), value.clone())).collect()
    }

    /// The user who is logged in.
    pub fn user(&self) -> Option<User> {
        self.0.lock().session.user().cloned()
    }

    /// Logs a user in (`Some`) or out. Change the id with a login.
    ///
    /// # Errors
    /// [`SetError::Ended`]; nothing is changed.
    pub fn set_user(&self, user: Option<User>) -> Result<(), SetError> {
        self.0.lock().session.set_user(user)
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
        f.debug_tuple("SessionRef").field(&self.0.lock().session.id()).finish()
    }
}
