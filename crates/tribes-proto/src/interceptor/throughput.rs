//! ThroughputInterceptor: counts what passes, and says so from time to time. Nothing of it is on the wire.

use outlive_sync::{Counter, Locked};

use super::{Interceptor, Message, Verdict};
use crate::error::PeerFault;
use crate::time::{Monotonic, Now};
use crate::wire::member::Member;

/// Messages between two reports (Tomcat's `interval`).
pub const INTERVAL_DEFAULT: u64 = 10_000;

/// Counts messages and their bytes at its place in the stack: above Gzip what the layers above wrote, below it what the
/// wire gets. A message counts once, however many members it goes to; below one that works per member, once for each.
///
/// Source: Tomcat `ThroughputInterceptor`.
#[derive(Debug)]
pub struct Throughput {
    interval: u64,
    sent: Passed,
    received: Passed,
    since: Locked<Option<Monotonic>>,
}

/// What has passed in one direction.
#[derive(Debug, Default)]
pub struct Passed {
    /// Messages.
    pub messages: Counter,
    /// Bytes of their bodies.
    pub bytes: Counter,
}

impl Passed {
    /// Counts one message; how many there have been with it.
    fn count(&self, message: &Message) -> u64 {
        self.bytes.add(message.body.len() as u64);
        self.messages.add(1) + 1
    }
}

impl Default for Throughput {
    fn default() -> Self {
        Throughput::every(INTERVAL_DEFAULT)
    }
}

impl Throughput {
    /// Reports each time `interval` messages have passed one way; 0: never.
    pub fn every(interval: u64) -> Self {
        Throughput { interval, sent: Passed::default(), received: Passed::default(), since: Locked::new(None) }
    }

    /// What was sent.
    pub fn sent(&self) -> &Passed {
        &self.sent
    }

    /// What was received.
    pub fn received(&self) -> &Passed {
        &self.received
    }

    fn count(&self, now: Now, passed: &Passed, message: &Message) {
        let count = passed.count(message);
        if count == 1 {
            self.since.lock().get_or_insert(now.monotonic);
        }
        if self.interval > 0 && count.is_multiple_of(self.interval) {
            self.report(now);
        }
    }

    fn report(&self, now: Now) {
        let since = self.since.lock().unwrap_or(now.monotonic);
        let seconds = now.monotonic.since(since).as_secs_f64();
        let per_second = |bytes: u64| if seconds > 0.0 { bytes as f64 / seconds / f64::from(1 << 20) } else { 0.0 };
        let (sent, received) = (self.sent.bytes.get(), self.received.bytes.get());
        tracing::info!(
            target: "tribes::throughput",
            seconds,
            sent_messages = self.sent.messages.get(),
            sent_bytes = sent,
            sent_mib_per_second = per_second(sent),
            received_messages = self.received.messages.get(),
            received_bytes = received,
            received_mib_per_second = per_second(received),
            "throughput"
        );
    }
}

impl Interceptor for Throughput {
    fn name(&self) -> &'static str {
        "ThroughputInterceptor"
    }

    fn acts_on_send(&self) -> bool {
        true
    }

    fn send(&self, now: Now, message: Message) -> Message {
        self.count(now, &self.sent, &message);
        message
    }

    fn receive(&self, now: Now, _source: &Member, message: Message, _limit: usize) -> Result<Verdict, PeerFault> {
        self.count(now, &self.received, &message);
        Ok(Verdict::Pass(message))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{at, message, sender};
    use super::*;

    #[test]
    fn what_passes_is_counted_and_not_changed() {
        let throughput = Throughput::every(2);
        for _ in 0..3 {
            assert_eq!(throughput.send(at(0), message(b"four")), message(b"four"));
        }
        let passed = throughput.receive(at(9), &sender(), message(b"x"), 1);
        assert_eq!(passed, Ok(Verdict::Pass(message(b"x"))));
        let of = |passed: &Passed| (passed.messages.get(), passed.bytes.get());
        assert_eq!((of(throughput.sent()), of(throughput.received())), ((3, 12), (1, 1)));
    }
}
