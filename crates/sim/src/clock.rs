//! Time: one virtual clock for the world, and two clocks for each host that are read through it.

use std::ops::Add;
use std::time::Duration;

use outlive_tribes_proto::time::{Monotonic, Now, UnixMillis};

/// The world's clock: microseconds since the run began. No host can see it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(pub u64);

impl Instant {
    /// How long ago `earlier` was; zero if it lies ahead.
    pub fn since(self, earlier: Instant) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Instant {
    type Output = Instant;

    fn add(self, duration: Duration) -> Instant {
        Instant(self.0.saturating_add(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)))
    }
}

/// What the wall clock of a host that is right shows when the run begins: the morning of 2023-11-14, UTC.
const WALL_AT_START: i64 = 1_700_000_000_000;

/// A host's two clocks: one that only counts, from a start of its own, and one that says the time, and may be wrong.
#[derive(Clone, Copy, Debug)]
pub struct HostClock {
    /// What the monotonic clock shows when the run begins.
    pub start: Duration,
    /// How far the wall clock is from the true time, in milliseconds. May change at any time.
    pub skew_ms: i64,
}

impl HostClock {
    /// Both clocks at one moment.
    pub fn read(&self, at: Instant) -> Now {
        let elapsed = Duration::from_micros(at.0);
        let elapsed_ms = i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX);
        Now { monotonic: Monotonic(self.start + elapsed), wall: UnixMillis(WALL_AT_START + elapsed_ms + self.skew_ms) }
    }

    /// When the monotonic clock will show `at`: the first microsecond that is not before it.
    pub fn when(&self, at: Monotonic) -> Instant {
        let nanoseconds = at.0.saturating_sub(self.start).as_nanos();
        Instant(u64::try_from(nanoseconds.div_ceil(1000)).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_has_come_when_its_instant_has() {
        let clock = HostClock { start: Duration::from_secs(77), skew_ms: -3_600_000 };
        let deadline = Monotonic(Duration::from_nanos(78_000_000_001));
        let at = clock.when(deadline);
        assert_eq!(at, Instant(1_000_001));
        assert!(clock.read(at).monotonic >= deadline);
        assert_eq!(clock.read(at).wall, UnixMillis(WALL_AT_START + 1000 - 3_600_000));
    }
}
