//! The one place that reads clocks.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use outlive_tribes_proto::time::{Monotonic, Now, UnixMillis};

/// Added to the monotonic clock, so that "touched an hour before this process started" can be said.
const HEAD_START: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// Both clocks of this process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Clock { start: Instant::now() }
    }

    /// Both clocks now.
    pub(crate) fn now(&self) -> Now {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Now {
            monotonic: Monotonic(HEAD_START + self.start.elapsed()),
            wall: UnixMillis(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX)),
        }
    }

    /// The instant that tokio's timers know `at` by.
    pub(crate) fn instant(&self, at: Monotonic) -> tokio::time::Instant {
        tokio::time::Instant::from_std(self.start + at.0.saturating_sub(HEAD_START))
    }
}
