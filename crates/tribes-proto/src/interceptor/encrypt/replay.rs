//! Which messages have passed already.

use alloc::collections::BTreeSet;
use core::time::Duration;

use super::nonces::LENGTH;
use crate::time::UnixMillis;

/// How far a message's time stamp may be from this node's clock (Tomcat's `replayWindowTime`).
pub const REPLAY_WINDOW_TIME_DEFAULT: Duration = Duration::from_secs(10);

/// Messages that are remembered at most. Tomcat's `replayWindowMessageCount` is 8,192, and what is older than the last one
/// forgotten is refused: at 20,000 messages a second a peer whose clock is half a second behind would not be heard. These
/// take 20 MiB, and only where so many do come within the window.
pub const REPLAY_WINDOW_MESSAGE_COUNT_DEFAULT: usize = 1 << 19;

/// Remembers the messages of the last 10 s.
///
/// Source: Tomcat `EncryptInterceptor.BaseEncryptionManager.checkIncomingMessage`.
#[derive(Debug)]
pub(super) struct ReplayWindow {
    time: i64,
    message_count: usize,
    seen: BTreeSet<(i64, [u8; LENGTH])>,
    last_forgotten: i64,
}

/// Why a message does not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Replay {
    TooOld,
    TooNew,
    Repeated,
}

impl Default for ReplayWindow {
    fn default() -> Self {
        ReplayWindow::new(REPLAY_WINDOW_TIME_DEFAULT, REPLAY_WINDOW_MESSAGE_COUNT_DEFAULT)
    }
}

impl ReplayWindow {
    fn new(time: Duration, message_count: usize) -> Self {
        let time = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        ReplayWindow { time, message_count, seen: BTreeSet::new(), last_forgotten: i64::MIN }
    }

    /// Lets a message pass once. Call it only for what was decrypted.
    pub(super) fn admit(&mut self, now: UnixMillis, timestamp: i64, iv: &[u8]) -> Result<(), Replay> {
        let oldest = now.0.saturating_sub(self.time);
        if timestamp < oldest || timestamp <= self.last_forgotten {
            return Err(Replay::TooOld);
        }
        if timestamp > now.0.saturating_add(self.time) {
            return Err(Replay::TooNew);
        }
        let mut key = [0; LENGTH];
        key[..iv.len().min(LENGTH)].copy_from_slice(&iv[..iv.len().min(LENGTH)]);
        if !self.seen.insert((timestamp, key)) {
            return Err(Replay::Repeated);
        }
        while let Some((timestamp, _)) = self.seen.first() {
            if self.seen.len() <= self.message_count && *timestamp >= oldest {
                break;
            }
            // What is as old as this is not told from it any more. It also keeps a clock that jumps back from letting in
            // again what was forgotten.
            self.last_forgotten = *timestamp;
            self.seen.pop_first();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_000_000);

    #[test]
    fn once_and_in_time() {
        let mut window = ReplayWindow::default();
        let mut admit = |timestamp, iv: &[u8]| window.admit(NOW, timestamp, iv);
        assert_eq!(admit(1_000_000, b"one"), Ok(()));
        assert_eq!(admit(1_000_000, b"one"), Err(Replay::Repeated));
        assert_eq!(admit(1_000_000, b"two"), Ok(()));
        assert_eq!((admit(990_000, b"3"), admit(989_999, b"4")), (Ok(()), Err(Replay::TooOld)));
        assert_eq!((admit(1_010_000, b"5"), admit(1_010_001, b"6")), (Ok(()), Err(Replay::TooNew)));
        for extreme in [i64::MIN, i64::MAX] {
            assert!(admit(extreme, b"7").is_err());
        }
    }

    #[test]
    fn what_was_forgotten_never_passes_again() {
        let mut window = ReplayWindow::new(REPLAY_WINDOW_TIME_DEFAULT, 2);
        for timestamp in [1_000_001, 1_000_002, 1_000_003] {
            assert_eq!(window.admit(NOW, timestamp, b"x"), Ok(()));
        }
        assert_eq!(window.admit(NOW, 1_000_001, b"x"), Err(Replay::TooOld));
        assert_eq!(window.seen.len(), 2);
        // Time takes the others; a clock that is set back does not bring them in again.
        let later = UnixMillis(NOW.0 + 20_000);
        assert_eq!(window.admit(later, later.0, b"y"), Ok(()));
        assert_eq!(window.seen.len(), 1);
        assert_eq!(window.admit(NOW, 1_000_002, b"x"), Err(Replay::TooOld));
    }
}
