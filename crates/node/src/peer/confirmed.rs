//! What a peer had taken at a moment that is past.
//!
//! A lane keeps its order, so an acknowledgement of what was said at some time is one of all that was said before. When each came is
//! remembered for some seconds: a Tomcat tells late, from a thread of its own, that it has given a session another id.

use std::collections::VecDeque;
use std::time::Duration;

use outlive_tribes_proto::time::{Monotonic, UnixMillis};

/// Acknowledgements that are remembered beside the last one.
const MARKS_MAX: usize = 1024;

/// What lies between two of them at least: so they reach back over 8 s. What was acknowledged within it counts as missing.
const MARK_INTERVAL: Duration = Duration::from_millis(8);

/// The last acknowledgement: when it came, and when the message was made that it is of, by this node's clocks.
#[derive(Clone, Copy, Debug)]
struct Last {
    came: Monotonic,
    told: UnixMillis,
}

/// An earlier one: when it came, and when the next message was made, of those that are acknowledged since.
#[derive(Clone, Copy, Debug)]
struct Mark {
    came: Monotonic,
    next: UnixMillis,
}

/// The acknowledgements of one peer.
#[derive(Debug, Default)]
pub(super) struct Confirmed {
    last: Option<Last>,
    earlier: VecDeque<Mark>,
    /// When the first message was made; none where that is not remembered any more.
    first: Option<UnixMillis>,
}

impl Confirmed {
    /// The message made at `told` is acknowledged now.
    pub(super) fn note(&mut self, now: Monotonic, told: UnixMillis) {
        let Some(Last { came, .. }) = self.last.replace(Last { came: now, told }) else {
            self.first = Some(told);
            return;
        };
        if self.earlier.back().is_none_or(|mark| came.since(mark.came) >= MARK_INTERVAL) {
            self.earlier.push_back(Mark { came, next: told });
            if self.earlier.len() > MARKS_MAX {
                self.earlier.pop_front();
                self.first = None;
            }
        }
    }

    /// What was made before this time is acknowledged.
    pub(super) fn latest(&self) -> UnixMillis {
        self.last.map_or(UnixMillis(i64::MIN), |last| last.told)
    }

    /// From when on messages were made that were not acknowledged at `moment`, and are now; `None`: there are none.
    pub(super) fn missing_at(&self, moment: Monotonic) -> Option<UnixMillis> {
        self.last.filter(|last| last.came > moment)?;
        let mark = self.earlier.iter().rev().find(|mark| mark.came <= moment);
        Some(mark.map_or(self.first.unwrap_or(UnixMillis(i64::MIN)), |mark| mark.next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Monotonic {
        Monotonic(Duration::from_millis(ms))
    }

    fn missing(confirmed: &Confirmed, ms: u64) -> Option<i64> {
        confirmed.missing_at(at(ms)).map(|told| told.0)
    }

    #[test]
    fn what_was_not_acknowledged_at_a_moment_is_known_later() {
        let mut confirmed = Confirmed::default();
        assert_eq!(missing(&confirmed, 5), None, "nothing was ever said");
        for ms in [100, 200, 300] {
            confirmed.note(at(ms + 7), UnixMillis(ms as i64));
        }
        assert_eq!(missing(&confirmed, 307), None);
        assert_eq!(missing(&confirmed, 306), Some(300));
        assert_eq!(missing(&confirmed, 207), Some(300));
        assert_eq!(missing(&confirmed, 206), Some(200));
        assert_eq!(missing(&confirmed, 106), Some(100), "what was said first");
        assert_eq!(confirmed.latest(), UnixMillis(300));
    }

    #[test]
    fn what_is_not_remembered_counts_as_missing() {
        let mut confirmed = Confirmed::default();
        for ms in 1000..20_000 {
            confirmed.note(at(ms), UnixMillis(ms as i64));
        }
        let since = missing(&confirmed, 19_900).unwrap();
        assert!((19_900 - 8..=19_901).contains(&since), "{since}: no later, and not much earlier");
        assert!(missing(&confirmed, 12_000).unwrap() > 11_900);
        assert_eq!(missing(&confirmed, 5_000), Some(i64::MIN));
        assert!(confirmed.earlier.len() <= MARKS_MAX);
    }
}
