//! Files that are being written, in a folder of their own. Each is locked by its writer, so that one that a crash left is known.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::Version;

use super::lock::try_lock;
use super::regular::version_of;

/// Makes files that are whole when they come to their place.
#[derive(Debug)]
pub(crate) struct Writing(PathBuf);

/// A file that is written and synced, and not at its place yet. It is deleted unless it gets there.
#[derive(Debug)]
pub(crate) struct Written {
    path: PathBuf,
    file: File,
    placed: bool,
}

impl Writing {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Writing(folder)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.0
    }

    /// Writes a file to the disk.
    pub(crate) fn write(&self, bytes: &[u8]) -> io::Result<Written> {
        let mut written = self.create()?;
        written.file.write_all(bytes)?;
        written.file.sync_all()?;
        Ok(written)
    }

    fn create(&self) -> io::Result<Written> {
        loop {
            let path = self.0.join(format!("{:016x}", getrandom::u64().map_err(io::Error::other)?));
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => {
                    let written = Written { path, file, placed: false };
                    // Otherwise somebody who cleans up was quicker.
                    if try_lock(&written.file)? {
                        return Ok(written);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Deletes what writers left that are dead: nobody holds the lock of their files. How many files.
    pub(crate) fn clean(&self) -> io::Result<u64> {
        let mut cleaned = 0;
        for entry in fs::read_dir(&self.0)? {
            let entry = entry?;
            if !entry.file_type()?.is_file() {
                continue;
            }
            // Opened for writing, as locks over a network want it.
            let is_dead =
                OpenOptions::new().write(true).open(entry.path()).is_ok_and(|file| try_lock(&file).unwrap_or(false));
            if is_dead && fs::remove_file(entry.path()).is_ok() {
                cleaned += 1;
            }
        }
        Ok(cleaned)
    }
}

impl Written {
    /// Writes a file of a known name to the disk, over what a crash has left there.
    pub(crate) fn at(path: PathBuf, bytes: &[u8]) -> io::Result<Self> {
        let flags = OFlags::NOFOLLOW.bits().cast_signed();
        let file = OpenOptions::new().write(true).create(true).truncate(false).custom_flags(flags).open(&path)?;
        if !try_lock(&file)? {
            return Err(io::Error::new(io::ErrorKind::WouldBlock, "another process is writing it"));
        }
        file.set_len(0)?;
        let mut written = Written { path, file, placed: false };
        written.file.write_all(bytes)?;
        written.file.sync_all()?;
        Ok(written)
    }

    /// Which file it is, also at its place.
    pub(crate) fn version(&self) -> io::Result<Version> {
        Ok(version_of(&self.file.metadata()?))
    }

    /// Moves it to its place, over what is there.
    pub(crate) fn place(mut self, path: &Path) -> io::Result<()> {
        fs::rename(&self.path, path)?;
        self.placed = true;
        Ok(())
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        if !self.placed {
            // Whoever starts next cleans up what cannot be deleted now.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Puts a folder's names onto the disk.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
