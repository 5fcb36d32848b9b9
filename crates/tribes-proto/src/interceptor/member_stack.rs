//! The part of a stack that works for one member at a time.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use super::{InterceptorStack, MemberPart, Message, Verdict};
use crate::error::PeerFault;
use crate::time::Now;
use crate::wire::member::Member;

/// What the interceptors of a stack remember of one member, one way: for what is sent to it, or what comes from it.
///
/// Whoever sends to a member has one for as long as it is a member. For what is received there is one for each sender,
/// behind a lock that is held while messages go up: only so they arrive above in the order in which they leave here.
#[derive(Debug)]
pub struct MemberStack {
    /// From the topmost that works per member to the bottom; `None`: one that does not.
    parts: Vec<Option<Box<dyn MemberPart>>>,
    first: usize,
}

impl MemberStack {
    pub(super) fn of(stack: &InterceptorStack) -> MemberStack {
        let first = stack.first_per_member();
        MemberStack { parts: (first..stack.len()).map(|index| stack.at(index).member_part()).collect(), first }
    }

    /// Bytes of messages that are kept.
    pub fn held_bytes(&self) -> usize {
        held_bytes(&self.parts)
    }

    /// Takes a message from [`InterceptorStack::send`] down to the wire: one message or several, in order.
    ///
    /// A message that is sent again after this must be sent as it came out here: it has its number.
    pub fn send(&mut self, stack: &InterceptorStack, now: Now, message: Message) -> Vec<Message> {
        let mut messages = vec![message];
        for (index, part) in self.parts.iter_mut().enumerate() {
            match part {
                None => {
                    let interceptor = stack.at(self.first + index);
                    messages = messages.into_iter().map(|message| interceptor.send(now, message)).collect();
                }
                Some(part) => {
                    let mut down = Vec::with_capacity(messages.len());
                    messages.into_iter().for_each(|message| part.send(now, message, &mut down));
                    messages = down;
                }
            }
        }
        messages
    }

    /// Takes a message from [`InterceptorStack::receive`] to the top; gives what arrives there, in order. The parts keep up
    /// to `room` bytes of this member's messages, and a message may have as many on its way.
    pub fn receive(
        &mut self,
        stack: &InterceptorStack,
        now: Now,
        source: &Member,
        message: Message,
        room: usize,
    ) -> Vec<Result<Verdict, PeerFault>> {
        let mut climb = Climb { stack, now, source, room, arrivals: Vec::new() };
        climb.up(&mut self.parts, self.first, stack.behind_last_per_member(), vec![message]);
        climb.arrivals
    }

    /// Lets go of what has waited for too long. Call it each second or so.
    pub fn overdue(&mut self, stack: &InterceptorStack, now: Now, source: &Member) -> Vec<Result<Verdict, PeerFault>> {
        self.let_go(stack, now, source, |part, up| part.overdue(now, up))
    }

    /// The member is gone: gives what was kept of it and can be delivered.
    pub fn release(&mut self, stack: &InterceptorStack, now: Now, source: &Member) -> Vec<Result<Verdict, PeerFault>> {
        self.let_go(stack, now, source, |part, up| part.release(up))
    }

    fn let_go(
        &mut self,
        stack: &InterceptorStack,
        now: Now,
        source: &Member,
        act: impl Fn(&mut dyn MemberPart, &mut Vec<Message>),
    ) -> Vec<Result<Verdict, PeerFault>> {
        let mut climb = Climb { stack, now, source, room: usize::MAX, arrivals: Vec::new() };
        for index in (0..self.parts.len()).rev() {
            let mut up = Vec::new();
            if let Some(part) = &mut self.parts[index] {
                act(&mut **part, &mut up);
            }
            climb.up(&mut self.parts, self.first, self.first + index, up);
        }
        climb.arrivals
    }
}

/// Bytes that parts keep.
fn held_bytes(parts: &[Option<Box<dyn MemberPart>>]) -> usize {
    parts.iter().flatten().map(|part| part.held_bytes()).sum()
}

/// One way up.
struct Climb<'a> {
    stack: &'a InterceptorStack,
    now: Now,
    source: &'a Member,
    room: usize,
    /// What has come to the top, or ended before.
    arrivals: Vec<Result<Verdict, PeerFault>>,
}

impl Climb<'_> {
    /// Takes messages from below the interceptor at `from` (excluded) to the top. The first of `parts` belongs to the one at
    /// `first`.
    fn up(&mut self, parts: &mut [Option<Box<dyn MemberPart>>], first: usize, from: usize, mut messages: Vec<Message>) {
        for index in (0..from).rev() {
            if messages.is_empty() {
                return;
            }
            // What one part may keep beside what the others do.
            let all = held_bytes(parts);
            let mut part = index.checked_sub(first).and_then(|index| parts[index].as_mut());
            let others = all - part.as_ref().map_or(0, |part| part.held_bytes());
            let mut up = Vec::with_capacity(messages.len());
            for message in messages {
                match &mut part {
                    Some(part) => {
                        let room = self.room.saturating_sub(others);
                        if let Err(fault) = part.receive(self.now, message, room, &mut up) {
                            self.arrivals.push(Err(fault));
                        }
                    }
                    None => match self.stack.climb(self.now, self.source, message, self.room, index..index + 1) {
                        Ok(Verdict::Pass(message)) => up.push(message),
                        end => self.arrivals.push(end),
                    },
                }
            }
            messages = up;
        }
        self.arrivals.extend(messages.into_iter().map(|message| Ok(Verdict::Pass(message))));
    }
}
