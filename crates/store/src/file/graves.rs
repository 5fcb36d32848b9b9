//! Graves as small files: `<keep until, in ms> <the new id>`, the id only where there is one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use outlive_session::{BaseId, SessionId};
use outlive_tribes_proto::time::UnixMillis;

use super::regular::Regular;
use super::writing::{Writing, sync_folder};
use crate::Grave;

/// The largest grave: a number and an id.
const BYTES_MAX: u64 = 512;

/// The folder of graves.
#[derive(Debug)]
pub(super) struct Graves(PathBuf);

impl Graves {
    pub(super) fn new(folder: PathBuf) -> Self {
        Graves(folder)
    }

    pub(super) fn folder(&self) -> &Path {
        &self.0
    }

    /// Bases are parts of ids, so they are safe as names.
    fn path(&self, base: &BaseId) -> PathBuf {
        self.0.join(base.to_string())
    }

    /// Whether a base has a grave, without reading it.
    pub(super) fn has(&self, base: &BaseId) -> bool {
        fs::symlink_metadata(self.path(base)).is_ok()
    }

    /// The grave of a base. What is there and cannot be understood is a grave that is kept for ever.
    pub(super) fn get(&self, base: &BaseId) -> io::Result<Option<Grave>> {
        read(&self.path(base))
    }

    /// Digs a grave, or makes one keep until the later time.
    pub(super) fn dig(&self, base: &BaseId, grave: &Grave, writing: &Writing) -> io::Result<()> {
        let known = self.get(base)?.map_or(grave.keep_until, |known| known.keep_until);
        let keep_until = known.0.max(grave.keep_until.0);
        let moved_to = grave.moved_to.as_ref().map_or("", SessionId::as_str);
        writing.write(format!("{keep_until} {moved_to}\n").as_bytes())?.place(&self.path(base))?;
        sync_folder(&self.0)
    }

    /// The bases that have graves whose time is over.
    pub(super) fn over(&self, now: UnixMillis) -> io::Result<Vec<BaseId>> {
        let mut over = Vec::new();
        for entry in fs::read_dir(&self.0)? {
            let entry = entry?;
            // A base with nothing behind it is an id.
            let Some(Ok(id)) = entry.file_name().to_str().map(SessionId::parse) else { continue };
            if read(&entry.path())?.is_some_and(|grave| grave.keep_until < now) {
                over.push(id.base());
            }
        }
        Ok(over)
    }

    /// Removes a grave if its time is over. Whether it was.
    pub(super) fn clear(&self, base: &BaseId, now: UnixMillis) -> io::Result<bool> {
        match self.get(base)? {
            Some(grave) if grave.keep_until < now => fs::remove_file(self.path(base)).map(|()| true),
            _ => Ok(false),
        }
    }
}

fn read(path: &Path) -> io::Result<Option<Grave>> {
    let Some(file) = Regular::open(path)? else { return Ok(None) };
    let bytes = file.read(BYTES_MAX)?;
    let parsed = std::str::from_utf8(&bytes).ok().and_then(|text| {
        let (keep_until, moved_to) = text.strip_suffix('\n')?.split_once(' ')?;
        let moved_to = if moved_to.is_empty() { None } else { Some(SessionId::parse(moved_to).ok()?) };
        Some(Grave { moved_to, keep_until: UnixMillis(keep_until.parse().ok()?) })
    });
    Ok(Some(parsed.unwrap_or(Grave { moved_to: None, keep_until: UnixMillis(i64::MAX) })))
}
