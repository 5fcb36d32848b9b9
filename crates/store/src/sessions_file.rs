//! `SESSIONS.ser`: all sessions of one application in one file, from the end of a process to the start of the next.
//!
//! What Tomcat's `StandardManager` keeps where it has a `pathname`, in the same form. Other than Tomcat, which deletes the file
//! whatever it has read and writes it in place, this one deletes a file when its sessions are taken, keeps a broken one aside, and is
//! never half written.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use outlive_serial::Limits;
use outlive_session::{StoredReader, StoredSession, StoredWriter};

use crate::file::fault;
use crate::file::regular::Regular;
use crate::file::writing::{Written, sync_folder};
use crate::{StoreError, StoreFault};

/// The largest file that is read. It is one stream, in which anything may refer to anything before it, so it is held whole.
const BYTES_MAX: u64 = 1 << 30;

/// Where lines about it belong: `org.apache.catalina.session.StandardManager` of Tomcat.
const LOG: &str = "session::standard_manager";

/// The file of one application. Nobody else uses it while a process does.
#[derive(Clone, Debug)]
pub struct SessionsFile {
    path: PathBuf,
}

/// What a [`SessionsFile`] held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadedSessions {
    /// The sessions up to the first fault, in the file's order. Their times go on as if the process had never ended.
    pub sessions: Vec<StoredSession>,
    /// What was wrong with the file; the sessions behind that are lost.
    pub fault: Option<String>,
}

impl SessionsFile {
    /// The file at `path`. A link is followed.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        SessionsFile { path: path.into() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the file and leaves it there, until [`taken`](Self::taken) says that its sessions are. No file: no sessions.
    ///
    /// # Errors
    /// It is there and cannot be read. One that is no such file is an empty list with a fault.
    pub async fn load(&self) -> Result<LoadedSessions, StoreError> {
        self.run(Self::load_now).await
    }

    /// Deletes the file, or sets it aside as `*.broken` where something was wrong with it.
    ///
    /// # Errors
    /// It is still there, and would be loaded again.
    pub async fn taken(&self, loaded: &LoadedSessions) -> Result<(), StoreError> {
        let fault = loaded.fault.clone();
        self.run(move |file| file.taken_now(fault)).await
    }

    /// Writes all sessions, in the place of what is there.
    ///
    /// # Errors
    /// Nothing is written, and what was there is still there.
    pub async fn save(&self, sessions: Vec<StoredSession>) -> Result<(), StoreError> {
        self.run(move |file| file.save_now(&sessions)).await
    }

    /// Does `work` where it may block.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let file = self.clone();
        let worked = tokio::task::spawn_blocking(move || work(&file)).await;
        worked.unwrap_or_else(|fault| Err(self.fault("be used")(io::Error::other(fault))))
    }

    fn fault(&self, doing: &'static str) -> impl Fn(io::Error) -> StoreError {
        move |error| {
            let message = format!("{} cannot {doing}: {error}", self.path.display());
            StoreError::new(fault::fault_of(&error), message).caused_by(error)
        }
    }

    /// Where the file is behind all links.
    fn target(&self) -> PathBuf {
        fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone())
    }

    fn load_now(&self) -> Result<LoadedSessions, StoreError> {
        let target = self.target();
        let Some(file) = Regular::open(&target).map_err(self.fault("be opened"))? else {
            return match fs::symlink_metadata(&target) {
                Ok(_) => Err(StoreError::new(StoreFault::Schema, format!("{} is no file", self.path.display()))),
                Err(_) => Ok(LoadedSessions::default()),
            };
        };
        if file.len() > BYTES_MAX {
            let message = format!("{} has {} bytes, {BYTES_MAX} are taken", self.path.display(), file.len());
            return Err(StoreError::new(StoreFault::TooLarge, message));
        }
        let bytes = file.read(BYTES_MAX).map_err(self.fault("be read"))?;
        let mut loaded = LoadedSessions::default();
        match StoredReader::sessions(&bytes, &Limits::default()) {
            Err(fault) => loaded.fault = Some(fault.to_string()),
            Ok(reader) => {
                let mut reader = reader.tolerant();
                for read in reader.by_ref() {
                    match read {
                        Ok(session) => loaded.sessions.push(session),
                        Err(fault) => loaded.fault = Some(fault.to_string()),
                    }
                }
                if reader.lost() > 0 || reader.is_cut() || !reader.at_end() {
                    let why =
                        loaded.fault.take().unwrap_or_else(|| format!("it breaks off at byte {}", reader.offset()));
                    loaded.fault = Some(format!("{why}; {} sessions are lost", reader.lost()));
                }
            }
        }
        if let Some(fault) = &loaded.fault {
            tracing::warn!(target: LOG, file = %self.path.display(), sessions = loaded.sessions.len(),
                "the file of all sessions is broken, those before the fault are taken: {fault}");
        }
        Ok(loaded)
    }

    fn taken_now(&self, fault: Option<String>) -> Result<(), StoreError> {
        let target = self.target();
        let done = match fault {
            None => fs::remove_file(&target),
            Some(_) => fs::rename(&target, beside(&target, "broken")),
        };
        fault::optional(done).map_err(self.fault("be removed"))?;
        Ok(())
    }

    fn save_now(&self, sessions: &[StoredSession]) -> Result<(), StoreError> {
        let target = self.target();
        let mut writer = StoredWriter::sessions(sessions.len());
        sessions.iter().for_each(|session| writer.push(session));
        let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(self.fault("be written"))?;
        // One name for all: what a crash has left is written over.
        let written = Written::at(beside(&target, "writing"), &writer.finish()).map_err(self.fault("be written"))?;
        written.place(&target).map_err(self.fault("be put into its place"))?;
        sync_folder(folder).map_err(self.fault("be put onto the disk"))
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}
