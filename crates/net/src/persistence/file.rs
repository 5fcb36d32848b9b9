//! All sessions of a context in one file, from the end of a node to its next start: Tomcat's `StandardManager`.
//!
//! Source: Tomcat `StandardManager.doLoad` and `doUnload`. Other than there, a file that cannot be read is kept aside, and a file is whole
//! or not there.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use outlive_node::persistence::Taken;
use outlive_node::{Context, log};
use outlive_serial::Limits;
use outlive_session::StoredReader;
use outlive_session::stored::StoredWriter;

use crate::clock::Clock;

/// The file of sessions cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{}: {error}", file.display())]
pub struct FileFault {
    /// Which file.
    pub file: PathBuf,
    /// What the system says.
    pub error: io::Error,
}

/// Takes the sessions of a file, if it is there, and removes it. How many are in memory now.
pub(crate) fn load(context: &Context, clock: Clock, file: &Path) -> Result<usize, FileFault> {
    let fault = |error| FileFault { file: file.to_owned(), error };
    let bytes = match std::fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(fault(error)),
    };
    let (mut taken, mut left_out, mut broken) = (0, 0, None);
    match StoredReader::sessions(&bytes, &Limits::default()) {
        Ok(reader) => {
            for session in reader.tolerant() {
                match session.map(|session| context.take_from_file(clock.now(), session)) {
                    Ok(Taken::Here(..)) => taken += 1,
                    Ok(Taken::Gone | Taken::Expired(_) | Taken::Mismatch) => left_out += 1,
                    Err(fault) => broken = Some(fault),
                }
            }
        }
        Err(fault) => broken = Some(fault),
    }
    match broken {
        None => std::fs::remove_file(file).map_err(fault)?,
        Some(broken) => {
            let aside = beside(file, "broken");
            std::fs::rename(file, &aside).map_err(fault)?;
            tracing::warn!(target: log::STORE, file = %file.display(), kept_as = %aside.display(), "the sessions behind this fault are lost: {broken}");
        }
    }
    tracing::info!(target: log::STORE, context = context.name(), file = %file.display(), sessions = taken, left_out, "has taken the sessions of a file");
    Ok(taken)
}

/// Writes all sessions into a file, in the place of what is there. How many.
pub(crate) fn save(context: &Context, clock: Clock, file: &Path) -> Result<usize, FileFault> {
    let fault = |error| FileFault { file: file.to_owned(), error };
    let sessions = context.for_file(clock.now());
    let mut writer = StoredWriter::sessions(sessions.len());
    sessions.iter().for_each(|session| writer.push(session));
    let temporary = beside(file, "tmp");
    let written = File::create(&temporary).and_then(|mut out| {
        out.write_all(&writer.finish())?;
        out.sync_all()
    });
    written.and_then(|()| std::fs::rename(&temporary, file)).map_err(fault)?;
    // So that the new name survives a crash of the machine.
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(fault)?;
    }
    tracing::info!(target: log::STORE, context = context.name(), file = %file.display(), sessions = sessions.len(), "has written the sessions into a file");
    Ok(sessions.len())
}

fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}
