//! One at a time changes a session's files, of all nodes that share the folder.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use outlive_session::BaseId;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

/// How many locks there are; sessions share them.
const LOCKS: u64 = 64;

/// The longest pause between two tries.
const PAUSE_MAX: Duration = Duration::from_millis(16);

/// A lock that is held; it ends with this, and with the process.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

/// Makes the files of all locks, so that a full disk cannot keep anybody from deleting.
pub(super) fn make_all(locks: &Path) -> io::Result<()> {
    for number in 0..LOCKS {
        let path = locks.join(name(number));
        if !path.exists() {
            open(&path)?;
        }
    }
    Ok(())
}

impl Lock {
    /// Waits for the lock of a base, until `deadline`. Nobody holds one for longer than it takes to move a file, unless it hangs.
    pub(super) fn of(locks: &Path, base: &BaseId, deadline: Instant) -> io::Result<Self> {
        let file = open(&locks.join(name(hash(base) % LOCKS)))?;
        let mut pause = Duration::from_micros(50);
        loop {
            if try_lock(&file)? {
                return Ok(Lock { _file: file });
            }
            if Instant::now() >= deadline {
                return Err(io::ErrorKind::TimedOut.into());
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }
}

/// Locks a file until it is closed, also against other machines where the file system does that. `false`: somebody has it.
pub(super) fn try_lock(file: &File) -> io::Result<bool> {
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(Errno::WOULDBLOCK) => Ok(false),
        Err(errno) => Err(errno.into()),
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(false).open(path)
}

fn name(number: u64) -> String {
    format!("{number:02x}")
}

/// FNV-1a: the same in all nodes.
fn hash(base: &BaseId) -> u64 {
    let text = base.to_string();
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
