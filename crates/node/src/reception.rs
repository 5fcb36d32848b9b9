//! The way of a message up the interceptors that remember something of its sender: numbers, pieces.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use outlive_sync::{Locked, LockedGuard};
use outlive_tribes_proto::interceptor::{InterceptorStack, MemberStack};
use outlive_tribes_proto::time::{Monotonic, Now};
use outlive_tribes_proto::{Member, MemberId};

/// Senders that are no members, of which something is remembered at most. Anybody can claim to be one.
const STRANGERS_MAX: usize = 64;

/// Bytes that are kept of a sender that is no member, or not yet.
pub(crate) const STRANGER_ROOM: usize = 256 << 10;

/// How long a sender that is no member is remembered after its last message.
const FORGET_AFTER: Duration = Duration::from_secs(5);

/// What is remembered of all senders.
#[derive(Debug, Default)]
pub(crate) struct Receptions(Locked<BTreeMap<MemberId, Entry>>);

#[derive(Debug)]
struct Entry {
    heard: Monotonic,
    reception: Arc<Reception>,
}

/// What is remembered of one sender. Its lock is held while its messages are delivered, so that they are in order.
#[derive(Debug)]
pub(crate) struct Reception {
    pub(crate) from: SocketAddr,
    pub(crate) source: Arc<Member>,
    stack: Locked<MemberStack>,
}

impl Reception {
    pub(crate) fn lock(&self) -> LockedGuard<'_, MemberStack> {
        self.stack.lock()
    }
}

impl Receptions {
    /// What is remembered of the sender `source`.
    pub(crate) fn of(
        &self,
        now: Now,
        stack: &InterceptorStack,
        source: &Arc<Member>,
        from: SocketAddr,
        is_member: impl Fn(&MemberId) -> bool,
    ) -> Arc<Reception> {
        let mut entries = self.0.lock();
        if let Some(entry) = entries.get_mut(&source.id) {
            entry.heard = now.monotonic;
            return Arc::clone(&entry.reception);
        }
        if !is_member(&source.id) {
            let strangers = entries.iter().filter(|(id, _)| !is_member(id));
            let (count, oldest) = strangers.fold((0, None), |(count, oldest), (id, entry)| {
                (count + 1, oldest.into_iter().chain([(entry.heard, *id)]).min())
            });
            if let Some((_, oldest)) = oldest.filter(|_| count >= STRANGERS_MAX) {
                entries.remove(&oldest);
            }
        }
        let source = Arc::clone(source);
        let reception = Reception { from, stack: Locked::new(stack.member_stack()), source };
        let entry = Entry { heard: now.monotonic, reception: Arc::new(reception) };
        Arc::clone(&entries.entry(entry.reception.source.id).or_insert(entry).reception)
    }

    /// All senders; and for each, whether it is gone and was forgotten now.
    pub(crate) fn sweep(&self, now: Now, is_member: impl Fn(&MemberId) -> bool) -> Vec<(Arc<Reception>, bool)> {
        let mut entries = self.0.lock();
        let mut all = Vec::with_capacity(entries.len());
        entries.retain(|id, entry| {
            let stays = is_member(id) || now.monotonic.since(entry.heard) < FORGET_AFTER;
            all.push((Arc::clone(&entry.reception), !stays));
            stays
        });
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use outlive_tribes_proto::UniqueId;
    use outlive_tribes_proto::interceptor::order::Order;

    fn member(number: u16) -> Arc<Member> {
        let unique_id = UniqueId([1; 16]);
        Arc::new(Member::new(MemberId { host: [10, 0, 0, 1].into(), port: number, unique_id }))
    }

    fn at(seconds: u64) -> Now {
        Now { monotonic: Monotonic(Duration::from_secs(seconds)), ..Now::default() }
    }

    #[test]
    fn strangers_are_few_and_forgotten_and_members_are_neither() {
        let stack = InterceptorStack::above_group(vec![Box::new(Order::default())], false).unwrap();
        let (receptions, from) = (Receptions::default(), SocketAddr::from(([10, 0, 0, 1], 1)));
        let is_member = |id: &MemberId| id.port < 200;
        for number in 0..1000 {
            receptions.of(at(1), &stack, &member(number), from, is_member);
        }
        let first = receptions.of(at(1), &stack, &member(0), from, is_member);
        assert!(Arc::ptr_eq(&first, &receptions.of(at(2), &stack, &member(0), from, is_member)));
        assert_eq!(receptions.sweep(at(2), is_member).len(), 200 + STRANGERS_MAX);
        let gone = receptions.sweep(at(7), is_member).into_iter().filter(|(_, gone)| *gone).count();
        assert_eq!(gone, STRANGERS_MAX);
        assert_eq!(receptions.sweep(at(7), is_member).len(), 200);
    }
}
