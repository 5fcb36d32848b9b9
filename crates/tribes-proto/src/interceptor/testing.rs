//! What the tests of interceptors share.

use core::time::Duration;
use std::prelude::v1::*;

use bytes::Bytes;

use super::{Interceptor, InterceptorStack, MemberStack, Message, Verdict};
use crate::error::PeerFault;
use crate::time::{Monotonic, Now, UnixMillis};
use crate::unique_id::{MemberId, UniqueId};
use crate::wire::member::Member;

/// A moment, so many ms after a start on which both clocks agree.
pub(super) fn at(ms: u64) -> Now {
    Now { monotonic: Monotonic(Duration::from_millis(ms)), wall: UnixMillis(1_000_000 + ms as i64) }
}

pub(super) fn sender() -> Member {
    Member::new(MemberId { host: [10, 77, 0, 2].into(), port: 4000, unique_id: UniqueId([1; 16]) })
}

pub(super) fn message(body: &[u8]) -> Message {
    Message { body: Bytes::copy_from_slice(body), ..Message::default() }
}

/// The reason of a refusal.
pub(super) fn why<T: core::fmt::Debug>(result: Result<T, PeerFault>) -> &'static str {
    match result {
        Err(PeerFault::Refused { why, .. }) => why,
        other => panic!("{other:?}"),
    }
}

/// Two nodes with the same stack: one sends, the other receives.
pub(super) struct Pair {
    pub(super) stack: InterceptorStack,
    pub(super) down: MemberStack,
    pub(super) up: MemberStack,
    /// Bytes that the receiver has room for.
    pub(super) room: usize,
}

impl Pair {
    pub(super) fn new(topmost_first: Vec<Box<dyn Interceptor>>) -> Pair {
        let stack = InterceptorStack::above_group(topmost_first, false).unwrap();
        Pair { down: stack.member_stack(), up: stack.member_stack(), stack, room: 1 << 20 }
    }

    /// What is on the wire for a message.
    pub(super) fn send(&mut self, now: Now, message: Message) -> Vec<Message> {
        let message = self.stack.send(now, message);
        self.down.send(&self.stack, now, message)
    }

    /// What comes out at the receiver's top.
    pub(super) fn receive(&mut self, now: Now, message: Message) -> Vec<Result<Verdict, PeerFault>> {
        match self.stack.receive(now, &sender(), message, self.room) {
            Ok(Verdict::Pass(message)) => self.up.receive(&self.stack, now, &sender(), message, self.room),
            end => vec![end],
        }
    }

    /// The same, of messages that all pass.
    pub(super) fn bodies(&mut self, now: Now, message: Message) -> Vec<String> {
        let arrivals = self.receive(now, message);
        passed(arrivals)
    }
}

/// The texts of messages that pass.
pub(super) fn passed(arrivals: Vec<Result<Verdict, PeerFault>>) -> Vec<String> {
    let text = |arrival| match arrival {
        Ok(Verdict::Pass(message)) => String::from_utf8(message.body.to_vec()).unwrap(),
        other => panic!("{other:?}"),
    };
    arrivals.into_iter().map(text).collect()
}
