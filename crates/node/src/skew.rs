//! How far a peer's clock is from this node's, by the times that its messages state.
//!
//! A message states when it was made, by its sender's clock. What it seems to have taken is the real time on its way plus the
//! difference of the two clocks. The way takes no less than nothing, and the quickest of many messages took next to nothing: so
//! the *smallest* seeming time within a window is the difference of the clocks, up to the shortest delay in it. Longer
//! delays (a queue, a pause, a frame that was sent again) are never the smallest, and do not count.
//!
//! It says nothing of a peer that sends nothing: heartbeats carry no time of day.

use std::time::Duration;

use outlive_tribes_proto::time::{Monotonic, Now, UnixMillis};

/// Half of the window that is looked at: it is moved on in two parts.
const HALF_WINDOW: Duration = Duration::from_secs(30);

/// A skew beyond this is warned of. Tomcat's documentation asks that all nodes share the time.
pub(crate) const SKEW_MAX_MS: i64 = 2_000;

/// The warning is over when the skew is within this.
const SKEW_GOOD_MS: i64 = 1_000;

/// The estimate for one peer.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Skew {
    /// How far the peer's clock is ahead by the quickest message of the part that is being filled, and when that began.
    filling: Option<(i64, Monotonic)>,
    /// The same for the part before.
    before: Option<(i64, Monotonic)>,
    warned: bool,
}

/// What is to be said of a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It has become this many milliseconds wrong.
    Skewed(i64),
    /// It is right again.
    Good(i64),
}

impl Skew {
    /// A message has come that was made at `stated` by the peer's clock.
    pub(crate) fn sample(&mut self, now: Now, stated: UnixMillis) {
        self.turn(now.monotonic);
        let ahead = stated.0.saturating_sub(now.wall.0);
        self.filling = match self.filling {
            Some((quickest, since)) => Some((quickest.max(ahead), since)),
            None => Some((ahead, now.monotonic)),
        };
    }

    /// How many milliseconds the peer's clock is ahead; negative: behind. `None`: it has not said enough lately.
    pub(crate) fn ahead_ms(&self) -> Option<i64> {
        self.filling.into_iter().chain(self.before).map(|(ahead, _)| ahead).max()
    }

    /// Whether there is something to say: once when the clock has become wrong, and once when it is right again.
    pub(crate) fn look(&mut self, now: Monotonic) -> Option<Verdict> {
        self.turn(now);
        let ahead = self.ahead_ms()?;
        let (limit, verdict) = match self.warned {
            false if ahead.saturating_abs() > SKEW_MAX_MS => (true, Verdict::Skewed(ahead)),
            true if ahead.saturating_abs() <= SKEW_GOOD_MS => (false, Verdict::Good(ahead)),
            _ => return None,
        };
        self.warned = limit;
        Some(verdict)
    }

    /// Moves the window on: each part counts while it is filled, and as long again.
    fn turn(&mut self, now: Monotonic) {
        if self.filling.is_some_and(|(_, since)| now.since(since) >= HALF_WINDOW) {
            self.before = self.filling.take();
        }
        self.before = self.before.filter(|(_, since)| now.since(*since) < HALF_WINDOW * 2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Now {
        Now { monotonic: Monotonic(Duration::from_millis(ms)), wall: UnixMillis(1_700_000_000_000 + ms as i64) }
    }

    /// A message that was under way for `delay`, from a peer whose clock is `ahead`.
    fn message(skew: &mut Skew, now_ms: u64, delay: i64, ahead: i64) {
        let now = at(now_ms);
        skew.sample(now, UnixMillis(now.wall.0 - delay + ahead));
    }

    #[test]
    fn the_quickest_message_tells_the_difference_of_the_clocks() {
        for ahead in [0, 3_000, -3_000, 3_600_000, -3_600_000] {
            let mut skew = Skew::default();
            assert_eq!(skew.ahead_ms(), None);
            for (number, delay) in [900, 40, 3, 5_000, 12].into_iter().enumerate() {
                message(&mut skew, 1_000 * number as u64, delay, ahead);
            }
            assert_eq!(skew.ahead_ms(), Some(ahead - 3));
        }
    }

    #[test]
    fn an_episode_is_told_once_and_its_end_once() {
        let mut skew = Skew::default();
        message(&mut skew, 0, 0, 2_500);
        assert_eq!(skew.look(at(0).monotonic), Some(Verdict::Skewed(2_500)));
        for second in 1..300_u64 {
            message(&mut skew, second * 1_000, 1, if second < 100 { 2_600 } else { 1_500 });
            assert_eq!(skew.look(at(second * 1_000).monotonic), None, "second {second}");
        }
        let told: Vec<_> = (300..600_u64)
            .filter_map(|second| {
                message(&mut skew, second * 1_000, 1, 10);
                skew.look(at(second * 1_000).monotonic)
            })
            .collect();
        assert_eq!(told, [Verdict::Good(9)], "as soon as no message of the wrong time is in the window");
        message(&mut skew, 700_000, 0, -9_000);
        assert_eq!(skew.look(at(700_000).monotonic), Some(Verdict::Skewed(-9_000)));
    }

    #[test]
    fn what_was_long_ago_says_nothing() {
        let mut skew = Skew::default();
        message(&mut skew, 0, 0, 5_000);
        message(&mut skew, 29_000, 700, 0);
        assert_eq!(skew.ahead_ms(), Some(5_000));
        message(&mut skew, 31_000, 20, 0);
        assert_eq!(skew.ahead_ms(), Some(5_000), "it is in the part before");
        message(&mut skew, 62_000, 20, 0);
        assert_eq!(skew.ahead_ms(), Some(-20));
        assert_eq!(skew.look(at(200_000).monotonic), None);
        assert_eq!(skew.ahead_ms(), None);
    }
}
