//! Reading a file that anybody may have put there.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::SystemTime;

use bytes::Bytes;
use rustix::fs::OFlags;

use crate::Version;

/// A regular file, open for reading.
#[derive(Debug)]
pub(crate) struct Regular {
    file: File,
    len: u64,
    version: Version,
    modified: Option<SystemTime>,
}

impl Regular {
    /// Opens what is there. A link is not followed, a pipe not waited for; `None`: there is no regular file.
    pub(crate) fn open(path: &Path) -> io::Result<Option<Self>> {
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        let opened = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path);
        let file = match opened {
            Ok(file) => file,
            Err(error) if is_no_file(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Ok(None);
        }
        let (len, modified) = (metadata.len(), metadata.modified().ok());
        Ok(Some(Regular { file, len, version: version_of(&metadata), modified }))
    }

    /// How many bytes it has.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// Which file it is: whoever saves puts a new one there, and whoever writes in place changes its time.
    pub(crate) fn version(&self) -> Version {
        self.version.clone()
    }

    /// Whether somebody wrote it a moment ago, and may be at it still: older Tomcats write in place.
    pub(crate) fn is_fresh(&self) -> bool {
        let age = self.modified.and_then(|modified| SystemTime::now().duration_since(modified).ok());
        age.is_none_or(|age| age < super::folder::WRITING_TIME)
    }

    /// At most its first `limit` bytes.
    pub(crate) fn read(self, limit: u64) -> io::Result<Bytes> {
        let mut bytes = Vec::with_capacity(usize::try_from(self.len.min(limit)).unwrap_or(0));
        self.file.take(limit).read_to_end(&mut bytes)?;
        Ok(Bytes::from(bytes))
    }
}

/// What tells one file from the next one under its name.
pub(crate) fn version_of(metadata: &std::fs::Metadata) -> Version {
    let words = [metadata.ino().cast_signed(), metadata.mtime(), metadata.mtime_nsec()];
    Version(words.iter().flat_map(|word| word.to_be_bytes()).collect())
}

/// Nothing is there, or a link, or a socket, or a pipe or device without its other end.
fn is_no_file(error: &io::Error) -> bool {
    let errors = [rustix::io::Errno::NOENT, rustix::io::Errno::LOOP, rustix::io::Errno::NXIO, rustix::io::Errno::NODEV];
    errors.iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}
