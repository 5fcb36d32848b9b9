//! Time as an input: nothing in this crate reads a clock.
//!
//! The shell reads both clocks once for each event and hands the pair in; a simulator hands in whatever it likes.
//!
//! ```
//! use core::time::Duration;
//! use outlive_tribes_proto::time::{Monotonic, Now, UnixMillis};
//!
//! let now = Now { monotonic: Monotonic(Duration::from_secs(5)), wall: UnixMillis(1_700_000_000_000) };
//! assert_eq!((now.monotonic + Duration::from_secs(1)).since(now.monotonic), Duration::from_secs(1));
//! ```

use core::ops::Add;
use core::time::Duration;

/// An instant of a clock that never goes back, as the time since an arbitrary start that is the same for one process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Monotonic(pub Duration);

impl Monotonic {
    /// How long ago `earlier` was; zero if it lies ahead.
    pub fn since(self, earlier: Monotonic) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Monotonic {
    type Output = Monotonic;

    /// Saturates at the end of time.
    fn add(self, duration: Duration) -> Monotonic {
        Monotonic(self.0.saturating_add(duration))
    }
}

/// Wall clock: milliseconds since 1970-01-01 UTC, as Java's `System.currentTimeMillis`. May jump either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct UnixMillis(pub i64);

/// Both clocks, read at the same moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Now {
    /// For everything that waits: deadlines, expiry, ages.
    pub monotonic: Monotonic,
    /// For what goes onto the wire.
    pub wall: UnixMillis,
}
