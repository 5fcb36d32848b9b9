//! What a store of files does, one blocking operation after the other.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use outlive_serial::Limits;
use outlive_session::{BaseId, SessionId, StoredHead, StoredSession};
use outlive_tribes_proto::time::UnixMillis;

use super::fault::{self, optional};
use super::graves::Graves;
use super::lock::{self, Lock};
use super::names;
use super::regular::Regular;
use super::routes::Routes;
use super::writing::{Writing, sync_folder};
use crate::{Grave, Save, Saved, SessionHead, SessionRecord, StoreError, StoreFault};

/// A file that cannot be read and was changed within this time may be in the middle of being written: older Tomcats write in place.
pub(super) const WRITING_TIME: Duration = Duration::from_secs(5);

/// The folder beside the sessions for all that is no session. Tomcat lists names that end with `.session` alone.
const OURS: &str = ".outlive";

/// Where lines about files belong: `org.apache.catalina.session.FileStore` of Tomcat.
const LOG: &str = "session::file_store";

/// A folder of sessions.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    writing: Writing,
    graves: Graves,
    routes: Routes,
    locks: PathBuf,
    bytes_max: u64,
    patience: Duration,
    broken: AtomicU64,
}

/// A session's file as it was found.
#[derive(Debug)]
struct Found {
    name: String,
    record: SessionRecord,
    this_accessed: UnixMillis,
}

impl Folder {
    pub(super) fn new(path: PathBuf, bytes_max: u64, patience: Duration) -> Self {
        let ours = path.join(OURS);
        Folder {
            writing: Writing::new(ours.join("writing")),
            graves: Graves::new(ours.join("graves")),
            routes: Routes::new(ours.join("routes")),
            locks: ours.join("locks"),
            path,
            bytes_max,
            patience,
            broken: AtomicU64::new(0),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn broken(&self) -> u64 {
        self.broken.load(Ordering::Relaxed)
    }

    fn fault(&self, doing: &'static str) -> impl Fn(io::Error) -> StoreError {
        move |error| fault::of(&self.path, doing, error)
    }

    pub(super) fn init(&self) -> Result<(), StoreError> {
        for folder in [self.writing.folder(), self.graves.folder(), self.routes.folder(), &self.locks] {
            fs::create_dir_all(folder).map_err(self.fault("make its folders"))?;
        }
        lock::make_all(&self.locks).map_err(self.fault("make its locks"))?;
        let cleaned = self.writing.clean().map_err(self.fault("delete what a crash has left"))?;
        if cleaned > 0 {
            tracing::info!(target: LOG, folder = %self.path.display(), files = cleaned, "deleted files that were never written to their end");
        }
        self.ids().map(drop)
    }

    pub(super) fn check(&self) -> Result<(), StoreError> {
        self.writing.write(b"a file that is deleted at once").map_err(self.fault("write"))?;
        self.lock(&SessionId::generate([0; 16], "").base())?;
        self.routes.all().map_err(self.fault("list the routes"))?;
        fs::read_dir(&self.path).map_err(self.fault("list the files"))?;
        Ok(())
    }

    fn lock(&self, base: &BaseId) -> Result<Lock, StoreError> {
        Lock::of(&self.locks, base, Instant::now() + self.patience).map_err(self.fault("lock a session"))
    }

    /// Names that the session of an id may have.
    fn candidates(&self, id: &SessionId) -> Result<Vec<(SessionId, String)>, StoreError> {
        let all = || self.list().map(|ids| ids.into_iter().collect());
        self.routes.candidates(id, all).map_err(self.fault("list the routes"))
    }

    /// The ids of all regular files that are named by one, in no order.
    fn list(&self) -> io::Result<Vec<SessionId>> {
        let mut ids = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            if let Some(id) = names::id_of(&entry.file_name())
                && entry.file_type().is_ok_and(|kind| kind.is_file())
            {
                ids.push(id);
            }
        }
        Ok(ids)
    }

    /// The same; routes that Tomcats have brought are known from then on.
    fn ids(&self) -> Result<Vec<SessionId>, StoreError> {
        let ids = self.list().map_err(self.fault("list the files"))?;
        match self.routes.learn(ids.iter()) {
            // What cannot be noted now will be the next time.
            Ok(()) => {}
            Err(error) => tracing::debug!(target: LOG, folder = %self.path.display(), %error, "a route is not noted"),
        }
        Ok(ids)
    }

    /// Sets a file aside that is no session: it is not looked at again. The error to tell.
    fn set_aside(&self, id: &SessionId, name: &str, why: &str) -> StoreError {
        let moved = fs::rename(self.path.join(name), self.path.join(names::broken(name)));
        let what = if moved.is_ok() { "it is set aside as *.broken" } else { "it stays where it is" };
        self.broken.fetch_add(1, Ordering::Relaxed);
        let text = format!("in {}: the file of {id:?} is no session: {why}; {what}", self.path.display());
        StoreError::new(StoreFault::Corrupt, text)
    }

    /// The session of one file. `None`: there is none.
    fn read(&self, id: &SessionId, name: &str) -> Result<Option<Found>, StoreError> {
        let path = self.path.join(name);
        let Some(file) = Regular::open(&path).map_err(self.fault("open a session"))? else { return Ok(None) };
        if file.len() > self.bytes_max {
            let text = format!(
                "in {}: {id:?} has a file of {} bytes, {} are taken",
                self.path.display(),
                file.len(),
                self.bytes_max
            );
            return Err(StoreError::new(StoreFault::TooLarge, text));
        }
        let (version, is_fresh) = (file.version(), file.is_fresh());
        let data = file.read(self.bytes_max).map_err(self.fault("read a session"))?;
        // Read to its end: a file that breaks off is found here and not by whoever needs the session.
        let read = StoredSession::decode(&data, &Limits::default()).map_err(|fault| fault.to_string());
        match read.and_then(|session| named(id, session.state.id.as_str()).map(|()| session.state)) {
            Ok(state) => {
                // A Tomcat has brought it: else it would not be found again under another one, nor be replaced by what is saved then.
                if let Err(error) = self.routes.mark(id) {
                    tracing::debug!(target: LOG, folder = %self.path.display(), %error, "a route is not noted");
                }
                let head = SessionHead {
                    id: id.clone(),
                    is_valid: state.is_valid,
                    max_inactive_seconds: state.max_inactive,
                    last_accessed: state.last_accessed,
                };
                let record = SessionRecord { head, data, version: Some(version) };
                Ok(Some(Found { name: name.to_owned(), record, this_accessed: state.this_accessed }))
            }
            Err(_) if is_fresh => {
                let text = format!("in {}: the file of {id:?} is being written, or is broken", self.path.display());
                Err(StoreError::new(StoreFault::Unavailable, text))
            }
            Err(why) => Err(self.set_aside(id, name, &why)),
        }
    }

    /// All files of one session; a broken one beside a whole one is set aside and forgotten.
    fn find(&self, id: &SessionId) -> Result<Vec<Found>, StoreError> {
        let (mut found, mut fault) = (Vec::new(), None);
        for (id, name) in self.candidates(id)? {
            match self.read(&id, &name) {
                Ok(file) => found.extend(file),
                Err(error) => fault = Some(error),
            }
        }
        match fault {
            Some(fault) if found.is_empty() => Err(fault),
            Some(fault) => {
                tracing::warn!(target: LOG, "beside a whole file of the same session: {fault}");
                Ok(found)
            }
            None => Ok(found),
        }
    }

    /// The session that was accessed last.
    fn latest(&self, id: &SessionId) -> Result<Option<SessionRecord>, StoreError> {
        let found = self.find(id)?.into_iter();
        let latest =
            found.max_by_key(|found| (found.record.head.last_accessed, found.this_accessed, found.name.clone()));
        Ok(latest.map(|found| found.record))
    }

    pub(super) fn load(&self, id: &SessionId) -> Result<Option<SessionRecord>, StoreError> {
        if self.graves.has(&id.base()) {
            return Ok(None);
        }
        self.latest(id)
    }

    pub(super) fn save(&self, save: &Save) -> Result<Saved, StoreError> {
        let record = &save.record;
        let (id, base) = (&record.head.id, record.head.id.base());
        let Some(name) = names::file_of(id) else {
            let text = format!("in {}: the id of {id:?} is too long for the name of a file", self.path.display());
            return Err(StoreError::new(StoreFault::TooLarge, text));
        };
        if record.data.len() as u64 > self.bytes_max {
            let text = format!(
                "in {}: {id:?} has {} bytes, {} are taken",
                self.path.display(),
                record.data.len(),
                self.bytes_max
            );
            return Err(StoreError::new(StoreFault::TooLarge, text));
        }
        // Before anything is written; it is looked at again below.
        if let Some(grave) = self.grave(&base)? {
            return Ok(Saved::Buried(grave));
        }
        let written = self.writing.write(&record.data).map_err(self.fault("write a session"))?;
        let version = written.version().map_err(self.fault("write a session"))?;
        self.routes.mark(id).map_err(self.fault("note a route"))?;
        let lock = self.lock(&base)?;
        if let Some(grave) = self.grave(&base)? {
            return Ok(Saved::Buried(grave));
        }
        if let Some(known) = record.version.as_ref().filter(|_| !save.force) {
            match self.latest(id)? {
                Some(there) if there.version.as_ref() == Some(known) => {}
                there => return Ok(Saved::Changed(there.map(Box::new))),
            }
        }
        written.place(&self.path.join(&name)).map_err(self.fault("put a session into its place"))?;
        self.remove(id, Some(&name))?;
        drop(lock);
        sync_folder(&self.path).map_err(self.fault("put a session onto the disk"))?;
        Ok(Saved::Kept(Some(version)))
    }

    /// Removes all files of a session but one. Whether there was any.
    fn remove(&self, id: &SessionId, but: Option<&str>) -> Result<bool, StoreError> {
        let mut removed = false;
        for (_, name) in self.candidates(id)? {
            if but != Some(&name) {
                let gone = optional(fs::remove_file(self.path.join(&name))).map_err(self.fault("remove a session"))?;
                removed |= gone.is_some();
            }
        }
        Ok(removed)
    }

    pub(super) fn bury(&self, id: &SessionId, grave: &Grave) -> Result<(), StoreError> {
        let base = id.base();
        let _lock = self.lock(&base)?;
        let dug = match self.graves.dig(&base, grave, &self.writing) {
            // The session makes room for its grave.
            Err(error) if error.kind() == io::ErrorKind::StorageFull => {
                self.remove(id, None)?;
                self.graves.dig(&base, grave, &self.writing)
            }
            dug => dug,
        };
        dug.map_err(self.fault("bury a session"))?;
        self.remove(id, None).map(drop)
    }

    pub(super) fn forget(&self, id: &SessionId, last_accessed: UnixMillis) -> Result<bool, StoreError> {
        let base = id.base();
        let _lock = self.lock(&base)?;
        let accessed_since = self.find(id)?.iter().any(|found| found.record.head.last_accessed > last_accessed);
        if accessed_since {
            return Ok(false);
        }
        self.remove(id, None)
    }

    /// The file of a session that whoever loaded it could not use.
    pub(super) fn set_aside_unless_changed(&self, record: &SessionRecord) -> Result<bool, StoreError> {
        let id = &record.head.id;
        let Some(name) = names::file_of(id) else { return Ok(false) };
        let _lock = self.lock(&id.base())?;
        let there = Regular::open(&self.path.join(&name)).map_err(self.fault("open a session"))?;
        let is_the_same =
            there.is_some_and(|file| record.version.as_ref().is_none_or(|known| *known == file.version()));
        if is_the_same {
            // Whoever found it to be none tells why.
            self.set_aside(id, &name, "whoever loaded it could not use it");
        }
        Ok(is_the_same)
    }

    pub(super) fn grave(&self, base: &BaseId) -> Result<Option<Grave>, StoreError> {
        self.graves.get(base).map_err(self.fault("read a grave"))
    }

    /// The head of one file. `None`: there is none that can be read.
    fn head(&self, id: &SessionId) -> Result<Option<(SessionHead, UnixMillis)>, StoreError> {
        let Some(name) = names::file_of(id) else { return Ok(None) };
        let Some(file) = Regular::open(&self.path.join(&name)).map_err(self.fault("open a session"))? else {
            return Ok(None);
        };
        let is_fresh = file.is_fresh();
        let beginning = file.read(StoredHead::BYTES_MAX as u64).map_err(self.fault("read a session"))?;
        let read = StoredHead::decode(&beginning, &Limits::default()).map_err(|fault| fault.to_string());
        match read.and_then(|head| named(id, &head.id).map(|()| head)) {
            Ok(StoredHead { is_valid, max_inactive, last_accessed, this_accessed, .. }) => {
                let head = SessionHead { id: id.clone(), is_valid, max_inactive_seconds: max_inactive, last_accessed };
                Ok(Some((head, this_accessed)))
            }
            Err(_) if is_fresh => Ok(None),
            Err(why) => {
                let fault = self.set_aside(id, &name, &why);
                tracing::warn!(target: LOG, "{fault}");
                Ok(None)
            }
        }
    }

    /// The heads of the sessions that these ids are, one for each session; `limit` at most that `wanted` takes.
    fn heads_of(
        &self,
        ids: &[SessionId],
        limit: usize,
        wanted: impl Fn(&SessionHead) -> bool,
    ) -> Result<Vec<SessionHead>, StoreError> {
        let mut heads = Vec::new();
        for id in ids {
            if heads.len() >= limit {
                break;
            }
            if let Some((head, _)) = self.head(id)?
                && wanted(&head)
                && !self.graves.has(&id.base())
            {
                heads.push(head);
            }
        }
        Ok(heads)
    }

    /// All ids in order, without those that another file of their session has overtaken.
    fn current(&self) -> Result<Vec<SessionId>, StoreError> {
        let mut ids = self.ids()?;
        ids.sort_by_cached_key(|id| (id.base(), id.as_str().to_owned()));
        let mut current = Vec::with_capacity(ids.len());
        for files in ids.chunk_by(|a, b| a.base() == b.base()) {
            if let [only] = files {
                current.push(only.clone());
                continue;
            }
            let mut latest = None;
            for id in files {
                let read = self.head(id)?.map(|(head, this)| (head.last_accessed, this, id.as_str()));
                // Nothing is less than something.
                latest = latest.max(read);
            }
            current.extend(files.iter().find(|id| latest.is_some_and(|(_, _, latest)| id.as_str() == latest)).cloned());
        }
        current.sort_unstable_by(|a, b| a.as_str().cmp(b.as_str()));
        Ok(current)
    }

    pub(super) fn heads(&self, after: Option<&SessionId>, limit: usize) -> Result<Vec<SessionHead>, StoreError> {
        let ids = self.current()?;
        let behind = after.map_or(0, |after| ids.partition_point(|id| id.as_str() <= after.as_str()));
        self.heads_of(&ids[behind..], limit, |_| true)
    }

    pub(super) fn expired(&self, now: UnixMillis, limit: usize) -> Result<Vec<SessionHead>, StoreError> {
        self.heads_of(&self.current()?, limit, |head| head.is_expired(now))
    }

    pub(super) fn clear_graves(&self, now: UnixMillis) -> Result<u64, StoreError> {
        let mut cleared = 0;
        for base in self.graves.over(now).map_err(self.fault("read the graves"))? {
            let _lock = self.lock(&base)?;
            cleared += u64::from(self.graves.clear(&base, now).map_err(self.fault("remove a grave"))?);
        }
        Ok(cleared)
    }
}

/// A session must be the one that its file is named after; Tomcat deletes it otherwise.
fn named(id: &SessionId, inside: &str) -> Result<(), String> {
    if id.as_str() == inside { Ok(()) } else { Err("it is the file of another session".to_owned()) }
}
