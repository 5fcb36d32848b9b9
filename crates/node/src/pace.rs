//! The figures by which a lane is emptied over a connection.

use std::time::Duration;

/// Frames under way to one of ours at most, before its first acknowledgement.
pub(crate) const WINDOW: usize = 4096;

/// Bytes put together for one write.
pub(crate) const BATCH: usize = 256 << 10;

/// Without any acknowledgement for this long a connection is given up and made anew.
pub(crate) const DEAD_AFTER: Duration = Duration::from_secs(30);

/// Between two tries to connect to a peer that is still a member: short at first, for a process that was killed may take
/// connections until the kernel has come to its listener, and the next try tells the truth.
pub(crate) const RETRY_PAUSE_MIN: Duration = Duration::from_millis(2);

/// What that pause grows to, doubled with each try.
pub(crate) const RETRY_PAUSE_MAX: Duration = Duration::from_millis(100);

/// A connection that stood for so long was a good one.
pub(crate) const STOOD_LONG: Duration = Duration::from_secs(1);

/// By how much an acknowledgement may come later than its message was taken.
pub(crate) const SEAL_MARGIN: Duration = Duration::from_secs(1);
