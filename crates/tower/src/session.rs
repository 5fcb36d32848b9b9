//! The session as a handler sees it.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use outlive_node::{SessionRef, User};
use outlive_serial::Value;
use outlive_tribes_proto::time::UnixMillis;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Error;
use crate::exchange::Exchange;

/// The session of one request. A handler takes it as an argument, or finds it in the request's extensions.
///
/// It may be there or not: reading never makes one, writing does. Clones are the same session. All calls are on local memory and
/// never wait; when changes go to the other nodes is told in the [crate's documentation](crate). The handle is for the request's
/// time: a task that keeps it longer sends its changes when the last clone is dropped.
///
/// Values are any serde types; they are kept in Java's words, so that a servlet on another node reads them (an `i32` is an `Integer`, a
/// `String` a `String`, a struct a `LinkedHashMap`). Two requests of one session at the same time see each other's changes; the later
/// `set` of one attribute wins.
///
/// ```
/// # use outlive_tower::{Error, Session};
/// # fn f(session: Session) -> Result<(), Error> {
/// let seen: Option<String> = session.get("seen")?;     // None: no session, or no such attribute
/// session.set("seen", "today")?;                       // makes a session where there is none
/// session.update("visits", |n: &mut u32| *n += 1)?;    // read, change in place, write back
/// session.set("seen", None::<String>)?;                // removes it
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Session {
    exchange: Arc<Exchange>,
}

impl Session {
    pub(crate) fn new(exchange: Arc<Exchange>) -> Self {
        Self { exchange }
    }

    /// Reads an attribute; `None` if there is no session or no such attribute.
    ///
    /// Reading is generous: any integer type that the number fits, a Java enum as a unit variant, a `Date` as milliseconds, an object of an
    /// unknown class as a struct by its fields' names.
    ///
    /// # Errors
    /// [`Error::Read`]: it cannot be read as a `T`. It stays as it is.
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Error> {
        self.value(name).map(|value| read(name, &value)).transpose()
    }

    /// Sets an attribute; `None` removes it. Makes a session where there is none (removing does not).
    ///
    /// # Errors
    /// [`Error::Write`], [`Error::Set`]: the attribute is as it was. [`Error::ResponseStarted`]: there is no session, and the head is out.
    pub fn set<T: Serialize>(&self, name: &str, value: T) -> Result<(), Error> {
        let value = Value::from_serde(&value).map_err(|source| Error::Write {
            name: name.to_owned(),
            given: std::any::type_name::<T>(),
            source,
        })?;
        self.set_value(name, value)
    }

    /// Removes an attribute; `true` if it was there.
    pub fn remove(&self, name: &str) -> bool {
        self.session().and_then(|session| session.remove(name)).inspect(|_| self.exchange.changed()).is_some()
    }

    /// Reads an attribute (`T::default()` where there is none), lets `change` work on it, writes it back and returns what `change` returns.
    ///
    /// Not one step: of two requests that update one attribute at the same time, the later writes last.
    ///
    /// # Errors
    /// As [`get`](Self::get) and [`set`](Self::set); if it cannot be read, `change` is not called.
    pub fn update<T, R>(&self, name: &str, change: impl FnOnce(&mut T) -> R) -> Result<R, Error>
    where
        T: DeserializeOwned + Serialize + Default,
    {
        let mut value: T = self.get(name)?.unwrap_or_default();
        let result = change(&mut value);
        self.set(name, value)?;
        Ok(result)
    }

    /// An attribute as Java has it, whatever its class.
    pub fn value(&self, name: &str) -> Option<Value> {
        self.session()?.get(name)
    }

    /// Sets an attribute to a Java value; null removes it. Makes a session where there is none (removing does not).
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub fn set_value(&self, name: &str, value: Value) -> Result<(), Error> {
        if value.is_null() {
            self.remove(name);
            return Ok(());
        }
        let session = self.exchange.session_or_create("setting an attribute of a new session")?;
        let set = self.exchange.sessions().set_attribute(&session, name, value);
        set.map_err(|source| Error::Set { name: name.to_owned(), source })?;
        self.exchange.changed();
        Ok(())
    }

    /// All attributes as Java has them, sorted by name; empty without a session.
    pub fn attributes(&self) -> Vec<(String, Value)> {
        self.session().map(|session| session.attributes()).unwrap_or_default()
    }

    /// Whether the request has a session.
    pub fn exists(&self) -> bool {
        self.session().is_some()
    }

    /// Makes a session if there is none.
    ///
    /// # Errors
    /// [`Error::ResponseStarted`]: there is none, and the head is out.
    pub fn create(&self) -> Result<(), Error> {
        self.exchange.session_or_create("creating a session").map(drop)
    }

    /// The whole id with the route. Whoever has it has the session: keep it out of logs and pages.
    pub fn id(&self) -> Option<String> {
        self.session().map(|session| session.id())
    }

    /// A URL for a page of this application: with the session's id in its path where [URLs name sessions](crate::Tracking::urls) and the client
    /// has shown no cookie. Not for URLs of other sites, which would learn the id.
    pub fn encode_url<'a>(&self, url: &'a str) -> Cow<'a, str> {
        self.exchange.encode_url(url)
    }

    /// Whether this request made the session: the client has not shown its cookie yet. `false` without a session.
    pub fn is_new(&self) -> bool {
        self.session().is_some_and(|session| session.is_new())
    }

    /// When the session was made, by the clock of the node that made it.
    pub fn created(&self) -> Option<SystemTime> {
        self.session().map(|session| system_time(session.created()))
    }

    /// When the session was last used before this request.
    pub fn last_accessed(&self) -> Option<SystemTime> {
        self.session().map(|session| system_time(session.last_accessed()))
    }

    /// After how many seconds without a request the session expires; 0 or less: never. `None` without a session.
    pub fn max_inactive(&self) -> Option<i32> {
        self.session().map(|session| session.max_inactive())
    }

    /// Sets [`max_inactive`](Self::max_inactive). Makes a session where there is none.
    ///
    /// # Errors
    /// [`Error::ResponseStarted`]: there is none, and the head is out.
    pub fn set_max_inactive(&self, seconds: i32) -> Result<(), Error> {
        let action = "setting the idle time of a session";
        let session = self.exchange.session_or_create(action)?;
        session.set_max_inactive(seconds).map_err(|source| Error::Change { action, source })?;
        self.exchange.changed();
        Ok(())
    }

    /// Who is logged in, with their roles.
    pub fn user(&self) -> Option<User> {
        self.session()?.user()
    }

    /// Logs a user in whom the application has authenticated. The session gets a new id, so that one planted before is worth nothing;
    /// where there is no session, one is made. A Tomcat on another node sees the user as the request's principal.
    ///
    /// # Errors
    /// [`Error::ResponseStarted`]: the head is out; nobody is logged in.
    pub fn login<N, R>(&self, user: N, roles: R) -> Result<(), Error>
    where
        N: Into<String>,
        R: IntoIterator,
        R::Item: Into<String>,
    {
        let action = "logging in";
        let session = match self.exchange.change_id(action) {
            Err(Error::NoSession { .. }) => self.exchange.session_or_create(action)?,
            other => other?,
        };
        let user = User { name: user.into(), roles: roles.into_iter().map(Into::into).collect() };
        session.set_user(Some(user)).map_err(|source| Error::Change { action, source })?;
        self.exchange.changed();
        Ok(())
    }

    /// Drops the user and keeps the session with its attributes. Nothing happens where nobody is logged in.
    pub fn logout(&self) {
        let session = self.session().filter(|session| session.user().is_some());
        // Refused only where the session has ended meanwhile, and its user with it.
        if session.is_some_and(|session| session.set_user(None).is_ok()) {
            self.exchange.changed();
        }
    }

    /// Gives the session a new id; the old one names nothing any more, on all nodes.
    ///
    /// # Errors
    /// [`Error::NoSession`]; [`Error::ResponseStarted`]: the head is out, the id is as it was.
    pub fn change_id(&self) -> Result<(), Error> {
        self.exchange.change_id("changing the session's id").map(drop)
    }

    /// Ends the session on all nodes. Nothing happens where there is none. What is set afterwards makes a new session.
    pub fn invalidate(&self) {
        self.exchange.invalidate();
    }

    fn session(&self) -> Option<SessionRef> {
        self.exchange.session()
    }
}

fn read<T: DeserializeOwned>(name: &str, value: &Value) -> Result<T, Error> {
    value.to_serde().map_err(|source| Error::Read {
        name: name.to_owned(),
        found: value.class_name().into(),
        wanted: std::any::type_name::<T>(),
        source,
    })
}

/// A peer's clock may say anything; what no `SystemTime` can be is 1970.
fn system_time(time: UnixMillis) -> SystemTime {
    let distance = Duration::from_millis(time.0.unsigned_abs());
    let time = if time.0 < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(distance)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(distance)
    };
    time.unwrap_or(SystemTime::UNIX_EPOCH)
}

impl fmt::Debug for Session {
    /// Tells whether there is one and nothing that would let a reader of a log use it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("exists", &self.exists())
            .field("is_new", &self.is_new())
            .finish_non_exhaustive()
    }
}
