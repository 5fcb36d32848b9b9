//! Sessions as files of one folder, which real Tomcats with a `FileStore` may share.
//!
//! ```text
//! <folder>/<id>.session              one session, in Tomcat's stored form: the same file as Tomcat's
//! <folder>/<id>.session.broken       a file that was no session; nobody looks at it again
//! <folder>/.outlive/graves/<base>    what has ended or got another id
//! <folder>/.outlive/routes/r-<route> a route that stands in a file's name
//! <folder>/.outlive/locks/<00..3f>   one at a time changes the sessions of a lock
//! <folder>/.outlive/writing/<random> a file that is being written
//! ```
//!
//! A file is written beside its place, synced, moved there, and the folder is synced: it is whole, also if the process or the machine dies
//! in the middle. What is read is not trusted: only regular files whose names are session ids, of bounded size, that say what their
//! names say.
//!
//! Nothing is kept in memory, for other nodes change the same folder. Where a session's file is named with another route than was asked
//! for, it is found by trying the routes that are in use; Tomcat's are learnt when the folder is listed ([`init`](crate::Store::init),
//! [`heads`](crate::Store::heads), [`expired`](crate::Store::expired)).
//!
//! The work blocks, so it runs on tokio's threads for that, at most eight at once for each store: a share that hangs holds those,
//! and no request's thread. (Threads of one's own would end no sooner: a process waits for a hanging share in the kernel.)

pub(crate) mod fault;
mod folder;
mod graves;
mod lock;
mod names;
pub(crate) mod regular;
mod routes;
pub(crate) mod writing;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use outlive_session::{BaseId, SessionId};
use outlive_tribes_proto::time::UnixMillis;
use tokio::sync::Semaphore;

use crate::{Grave, Save, Saved, SessionHead, SessionRecord, Store, StoreError, StoreFault, StoreFuture};
use folder::Folder;

/// Operations of one store that run at once.
const OPERATIONS_MAX: usize = 8;

/// How long an operation may take.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// The largest file that is read or written.
const BYTES_MAX: u64 = 64 << 20;

/// A store of files, see the [module](self).
#[derive(Debug)]
pub struct FileStore {
    folder: Arc<Folder>,
    running: Arc<Semaphore>,
    time_limit: Duration,
}

impl FileStore {
    /// A store in `folder`, which [`init`](Store::init) makes. Files of more than 64 MiB are not read, operations end after 10 s.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        FileStore {
            folder: Arc::new(Folder::new(folder.into(), BYTES_MAX, TIME_LIMIT)),
            running: Arc::new(Semaphore::new(OPERATIONS_MAX)),
            time_limit: TIME_LIMIT,
        }
    }

    /// With another largest size of a file.
    #[must_use]
    pub fn with_bytes_max(self, bytes_max: u64) -> Self {
        let folder = Folder::new(self.folder.path().to_owned(), bytes_max, self.time_limit);
        FileStore { folder: Arc::new(folder), ..self }
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// How many files this store has set aside because they were no sessions.
    pub fn broken(&self) -> u64 {
        self.folder.broken()
    }

    /// Does `work` where it may block.
    fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Folder) -> Result<T, StoreError> + Send + 'static,
    ) -> StoreFuture<'_, T> {
        let (folder, running) = (Arc::clone(&self.folder), Arc::clone(&self.running));
        Box::pin(async move {
            let late = || {
                let message = format!("{} has not answered within {:?}", folder.path().display(), self.time_limit);
                StoreError::new(StoreFault::Unavailable, message)
            };
            let worked = async {
                // Nobody closes the semaphore. The permit ends with the work, also if nobody waits for that any more.
                let permit = running.acquire_owned().await.map_err(|_| late())?;
                let folder = Arc::clone(&folder);
                let work = tokio::task::spawn_blocking(move || {
                    let _permit = permit;
                    work(&folder)
                });
                work.await.map_err(|fault| late().caused_by(fault))?
            };
            tokio::time::timeout(self.time_limit, worked).await.unwrap_or_else(|_| Err(late()))
        })
    }
}

impl Store for FileStore {
    fn describe(&self) -> String {
        format!("files in {}", self.folder.path().display())
    }

    fn init(&self) -> StoreFuture<'_, ()> {
        self.run(Folder::init)
    }

    fn check(&self) -> StoreFuture<'_, ()> {
        self.run(Folder::check)
    }

    fn load<'a>(&'a self, id: &'a SessionId) -> StoreFuture<'a, Option<SessionRecord>> {
        let id = id.clone();
        self.run(move |folder| folder.load(&id))
    }

    fn save<'a>(&'a self, save: &'a Save) -> StoreFuture<'a, Saved> {
        let save = save.clone();
        self.run(move |folder| folder.save(&save))
    }

    fn bury<'a>(&'a self, id: &'a SessionId, grave: &'a Grave) -> StoreFuture<'a, ()> {
        let (id, grave) = (id.clone(), grave.clone());
        self.run(move |folder| folder.bury(&id, &grave))
    }

    fn forget<'a>(&'a self, id: &'a SessionId, last_accessed: UnixMillis) -> StoreFuture<'a, bool> {
        let id = id.clone();
        self.run(move |folder| folder.forget(&id, last_accessed))
    }

    fn set_aside<'a>(&'a self, record: &'a SessionRecord) -> StoreFuture<'a, bool> {
        let record = record.clone();
        self.run(move |folder| folder.set_aside_unless_changed(&record))
    }

    fn grave<'a>(&'a self, base: &'a BaseId) -> StoreFuture<'a, Option<Grave>> {
        let base = base.clone();
        self.run(move |folder| folder.grave(&base))
    }

    fn heads<'a>(&'a self, after: Option<&'a SessionId>, limit: usize) -> StoreFuture<'a, Vec<SessionHead>> {
        let after = after.cloned();
        self.run(move |folder| folder.heads(after.as_ref(), limit))
    }

    fn expired(&self, now: UnixMillis, limit: usize) -> StoreFuture<'_, Vec<SessionHead>> {
        self.run(move |folder| folder.expired(now, limit))
    }

    fn clear_graves(&self, now: UnixMillis) -> StoreFuture<'_, u64> {
        self.run(move |folder| folder.clear_graves(now))
    }
}
