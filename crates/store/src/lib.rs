//! Where sessions are kept beyond the memory of the nodes that serve them.
//!
//! A [`Store`] keeps the sessions of *one* web application, each as the bytes that Tomcat's stores keep
//! ([`outlive_session::stored`]), so that a Tomcat can read what is written here, and the other way round. Beside the sessions it
//! keeps [`Grave`]s: what was ended or got another id, so that no late write revives it.
//!
//! | type | what |
//! |---|---|
//! | [`SessionRecord`], [`SessionHead`] | one session as a store keeps it; all of it but its values |
//! | [`FileStore`] | files, which Tomcats may share |
//! | [`SessionsFile`] | all sessions in one file, from one process to the next |
//! | [`Save`], [`Saved`] | a session to be kept, and what became of that |
//! | [`Grave`] | what stands in the place of a session that is no more |
//! | [`StoreError`], [`StoreFault`] | what went wrong, sorted by what is to be done about it |
//!
//! A store does not know what is in a session, decides nothing (when to save, what to load), and keeps nothing in memory that
//! another node may have changed.

#[cfg(feature = "contract")]
pub mod contract;
mod error;
pub mod file;
mod grave;
mod memory;
mod record;
mod save;
mod sessions_file;

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

pub use error::{StoreError, StoreFault};
pub use file::FileStore;
pub use grave::Grave;
pub use memory::MemoryStore;
use outlive_session::{BaseId, SessionId};
use outlive_tribes_proto::time::UnixMillis;
pub use record::{SessionHead, SessionRecord, Version};
pub use save::{Save, Saved};
pub use sessions_file::{LoadedSessions, SessionsFile};

/// What a store's operations give: boxed, so that stores of all kinds fit behind one pointer.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Keeps the sessions of one web application. Several nodes, and Tomcats, may use the same place at once.
///
/// Each operation is whole or not done at all, also when the process dies in the middle of it. It has a time limit of its own, after
/// which it fails with [`StoreFault::Unavailable`]; it tries again by itself only what surely had no effect. A future that is dropped
/// may or may not have had its effect.
pub trait Store: Debug + Send + Sync {
    /// What and where it is, for people: `files in /var/lib/outlive/app`, `PostgreSQL at db:5432/shop, table tomcat$sessions`. Never a
    /// password.
    fn describe(&self) -> String;

    /// Makes what is missing (a folder, tables), and changes nothing that is there. Quick where nothing is to be done.
    ///
    /// # Errors
    /// [`StoreFault::Schema`]: something is there and cannot be used; the message names it and what is wanted.
    fn init(&self) -> StoreFuture<'_, ()>;

    /// Whether the store can be used as it is: reachable, allowed, with the form that it must have.
    ///
    /// # Errors
    /// What is in the way, in a sentence.
    fn check(&self) -> StoreFuture<'_, ()>;

    /// The session with the base of `id`, whatever route stands behind it. Of several, which a node that died in the middle of a
    /// change of the route may leave, the one accessed last. None where its base has a grave, whatever else is there.
    ///
    /// # Errors
    /// [`StoreFault::Corrupt`]: it is there and no session; it is set aside, so that the next call finds none.
    fn load<'a>(&'a self, id: &'a SessionId) -> StoreFuture<'a, Option<SessionRecord>>;

    /// Keeps a session, in the place of what was there under its base, unless that [has ended](Saved::Buried) or, for a store that can
    /// tell, [was changed](Saved::Changed) since it was loaded or saved here. Of saves and burials of one base at the same time, in this
    /// process or another one, a burial wins.
    fn save<'a>(&'a self, save: &'a Save) -> StoreFuture<'a, Saved>;

    /// Drops a session and puts a grave in its place. A session that is not there gets its grave all the same; a grave that is there
    /// is replaced, and kept until the later of both times.
    fn bury<'a>(&'a self, id: &'a SessionId, grave: &'a Grave) -> StoreFuture<'a, ()>;

    /// Drops a session without a grave, if it has not been accessed since `last_accessed`. For sessions that have expired: another
    /// node may have served it meanwhile. Whether this call has dropped it: of several nodes that try, one gets `true`. `false`: it was
    /// accessed since, or it is no longer there.
    fn forget<'a>(&'a self, id: &'a SessionId, last_accessed: UnixMillis) -> StoreFuture<'a, bool>;

    /// Puts a session that was loaded where nobody looks for it, and where somebody may find it: it turned out to be none. Not if it was
    /// changed since. Whether this call has put it there.
    fn set_aside<'a>(&'a self, record: &'a SessionRecord) -> StoreFuture<'a, bool>;

    /// The grave of a base, if there is one.
    fn grave<'a>(&'a self, base: &'a BaseId) -> StoreFuture<'a, Option<Grave>>;

    /// Sessions in the order of their whole ids, as bytes, at most `limit` (up to 10,000) behind the id `after`, which need not be there.
    /// Fewer than `limit` means that there are no more. What cannot be read is left out.
    fn heads<'a>(&'a self, after: Option<&'a SessionId>, limit: usize) -> StoreFuture<'a, Vec<SessionHead>>;

    /// Sessions whose idle time is over at `now` as far as their [heads](SessionHead::is_expired) tell, at most `limit`, in no order. One
    /// that never expires is never among them. A Tomcat with `sessionLastAccessAtStart` keeps the begin of the last request in the head:
    /// whoever ends a session looks at [`this_accessed`](outlive_session::SessionState::this_accessed) in its data before that.
    fn expired(&self, now: UnixMillis, limit: usize) -> StoreFuture<'_, Vec<SessionHead>>;

    /// Drops graves that were to be kept until a time before `now`. How many.
    fn clear_graves(&self, now: UnixMillis) -> StoreFuture<'_, u64>;
}
