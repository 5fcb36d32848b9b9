//! Messages from nodes that are not members yet.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use outlive_tribes_proto::MemberId;
use outlive_tribes_proto::time::Monotonic;

/// Bytes kept for all strangers.
const BYTES_MAX: usize = 4 << 20;

/// Bytes kept for those of one host, whatever they call themselves: else one host could take all the room.
const HOST_BYTES_MAX: usize = 1 << 20;

/// What a message counts beside its bytes: else many empty ones would be free.
const OVERHEAD: usize = 128;

/// How long a message is kept.
pub(crate) const TIME_MAX: Duration = Duration::from_secs(5);

/// Messages that wait until their sender is a member.
///
/// A node that has seen us before we have verified it may send at once; what it says counts as soon as it is a member,
/// and is forgotten if it never becomes one.
#[derive(Debug, Default)]
pub(crate) struct Strangers {
    messages: VecDeque<Kept>,
    bytes: usize,
    of_hosts: BTreeMap<IpAddr, usize>,
    /// Those that are members by now and whose messages are just being applied.
    heard: BTreeSet<MemberId>,
}

#[derive(Debug)]
struct Kept {
    since: Monotonic,
    /// Where it came from, which is known; not what its sender calls itself.
    host: IpAddr,
    sender: MemberId,
    body: Bytes,
}

impl Kept {
    fn weight(&self) -> usize {
        self.body.len() + OVERHEAD
    }
}

impl Strangers {
    /// Keeps a message that came from `host`; whether there was room.
    pub(crate) fn keep(&mut self, now: Monotonic, host: IpAddr, sender: MemberId, body: &Bytes) -> bool {
        while self.messages.front().is_some_and(|oldest| now.since(oldest.since) >= TIME_MAX) {
            if let Some(oldest) = self.messages.pop_front() {
                self.forget(&oldest);
            }
        }
        let weight = body.len() + OVERHEAD;
        let of_host = self.of_hosts.get(&host).copied().unwrap_or_default();
        if self.bytes + weight > BYTES_MAX || of_host + weight > HOST_BYTES_MAX {
            return false;
        }
        self.bytes += weight;
        self.of_hosts.insert(host, of_host + weight);
        self.messages.push_back(Kept { since: now, host, sender, body: Bytes::copy_from_slice(body) });
        true
    }

    /// Strikes a message off the accounts that is no longer kept.
    fn forget(&mut self, kept: &Kept) {
        self.bytes -= kept.weight();
        if let Some(of_host) = self.of_hosts.get_mut(&kept.host) {
            *of_host -= kept.weight();
        }
        self.of_hosts.retain(|_, bytes| *bytes > 0);
    }

    /// The messages of those that are members now, in order. They count as kept until they are [applied](Self::applied).
    pub(crate) fn take(&mut self, is_member: impl Fn(&MemberId) -> bool) -> Vec<(MemberId, Bytes)> {
        let (taken, kept): (VecDeque<_>, VecDeque<_>) =
            core::mem::take(&mut self.messages).into_iter().partition(|kept| is_member(&kept.sender));
        self.messages = kept;
        taken.iter().for_each(|kept| self.forget(kept));
        self.heard.extend(taken.iter().map(|kept| kept.sender));
        taken.into_iter().map(|kept| (kept.sender, kept.body)).collect()
    }

    /// What was taken has been applied.
    pub(crate) fn applied(&mut self, sender: &MemberId) {
        self.heard.remove(sender);
    }

    /// Whether something of this sender is not applied yet.
    pub(crate) fn keeps_of(&self, sender: &MemberId) -> bool {
        self.heard.contains(sender) || self.messages.iter().any(|kept| kept.sender == *sender)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use outlive_tribes_proto::UniqueId;

    fn host(last: u8) -> IpAddr {
        [10, 0, 0, last].into()
    }

    fn member(port: u16) -> MemberId {
        MemberId { host: host(1), port, unique_id: UniqueId::default() }
    }

    #[test]
    fn messages_come_out_when_their_sender_is_a_member() {
        let mut strangers = Strangers::default();
        for (port, body) in [(1, "a"), (2, "b"), (1, "c")] {
            assert!(strangers.keep(Monotonic::default(), host(1), member(port), &Bytes::from_static(body.as_bytes())));
        }
        let bodies: Vec<_> = strangers.take(|id| id.port == 1).into_iter().map(|(_, body)| body).collect();
        assert_eq!(bodies, ["a", "c"]);
        assert!(strangers.take(|id| id.port == 1).is_empty());
    }

    #[test]
    fn one_host_takes_no_more_than_its_share() {
        let mut strangers = Strangers::default();
        let large = Bytes::from(vec![0; HOST_BYTES_MAX / 2 - OVERHEAD]);
        let kept: Vec<_> =
            (1..=3).map(|port| strangers.keep(Monotonic::default(), host(9), member(port), &large)).collect();
        assert_eq!(kept, [true, true, false], "whatever it calls itself");
        assert!(strangers.keep(Monotonic::default(), host(1), member(1), &large));
    }

    #[test]
    fn strangers_are_bounded_in_bytes_and_time() {
        let mut strangers = Strangers::default();
        let large = Bytes::from(vec![0; HOST_BYTES_MAX - OVERHEAD]);
        let small = Bytes::from_static(b"x");
        for last in 1..=4 {
            assert!(strangers.keep(Monotonic::default(), host(last), member(1), &large));
        }
        assert!(!strangers.keep(Monotonic::default(), host(5), member(1), &small));
        assert!(strangers.keep(Monotonic(TIME_MAX), host(1), member(1), &small), "the others are too old by now");
    }
}
