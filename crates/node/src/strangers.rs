//! Messages from nodes that are not members yet.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use outlive_tribes_proto::MemberId;
use outlive_tribes_proto::time::Monotonic;

/// Bytes kept for all strangers.
const BYTES_MAX: usize = 1 << 20;

/// What a message counts beside its bytes: else many empty ones would be free.
const OVERHEAD: usize = 128;

/// How long a message is kept.
const TIME_MAX: Duration = Duration::from_secs(5);

/// Messages that wait until their sender is a member.
///
/// A node that has seen us before we have verified it may send at once; what it says counts as soon as it is a member,
/// and is forgotten if it never becomes one.
#[derive(Debug, Default)]
pub(crate) struct Strangers {
    messages: VecDeque<(Monotonic, MemberId, Bytes)>,
    bytes: usize,
}

impl Strangers {
    /// Keeps a message; whether there was room.
    pub(crate) fn keep(&mut self, now: Monotonic, sender: MemberId, body: &Bytes) -> bool {
        while let Some((since, _, oldest)) = self.messages.front() {
            if now.since(*since) < TIME_MAX {
                break;
            }
            self.bytes -= oldest.len() + OVERHEAD;
            self.messages.pop_front();
        }
        if self.bytes + body.len() + OVERHEAD > BYTES_MAX {
            return false;
        }
        self.bytes += body.len() + OVERHEAD;
        self.messages.push_back((now, sender, Bytes::copy_from_slice(body)));
        true
    }

    /// The messages of those that are members now, in order.
    pub(crate) fn take(&mut self, is_member: impl Fn(&MemberId) -> bool) -> Vec<(MemberId, Bytes)> {
        let (taken, kept): (VecDeque<_>, VecDeque<_>) =
            core::mem::take(&mut self.messages).into_iter().partition(|(_, sender, _)| is_member(sender));
        self.messages = kept;
        self.bytes = self.messages.iter().map(|(_, _, body)| body.len() + OVERHEAD).sum();
        taken.into_iter().map(|(_, sender, body)| (sender, body)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use outlive_tribes_proto::UniqueId;

    fn member(port: u16) -> MemberId {
        MemberId { host: [127, 0, 0, 1].into(), port, unique_id: UniqueId::default() }
    }

    #[test]
    fn messages_come_out_when_their_sender_is_a_member() {
        let mut strangers = Strangers::default();
        for (port, body) in [(1, "a"), (2, "b"), (1, "c")] {
            assert!(strangers.keep(Monotonic::default(), member(port), &Bytes::from_static(body.as_bytes())));
        }
        let bodies: Vec<_> = strangers.take(|id| id.port == 1).into_iter().map(|(_, body)| body).collect();
        assert_eq!(bodies, ["a", "c"]);
        assert!(strangers.take(|id| id.port == 1).is_empty());
    }

    #[test]
    fn strangers_are_bounded_in_bytes_and_time() {
        let mut strangers = Strangers::default();
        let large = Bytes::from(vec![0; BYTES_MAX - OVERHEAD]);
        assert!(strangers.keep(Monotonic::default(), member(1), &large));
        assert!(!strangers.keep(Monotonic::default(), member(1), &Bytes::from_static(b"x")));
        assert!(
            strangers.keep(Monotonic(TIME_MAX), member(1), &Bytes::from_static(b"x")),
            "the first is too old by now"
        );
    }
}
