//! OrderInterceptor: each member's messages in the order in which they were sent.
//!
//! ```text
//! message | i32 number      first = 1, one more for each message to that member
//! ```
//!
//! What comes too early is held until what lies between has come, or 3 s have passed. Our lanes keep the order anyhow; a
//! Tomcat with asynchronous messages does not, for it sends from ten threads.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};

use super::{Interceptor, Layer, MemberPart, Message, Place};
use crate::error::PeerFault;
use crate::time::{Monotonic, Now};

/// How long a message that came too early waits for those before it (Tomcat's `expire`).
pub const EXPIRE_DEFAULT: Duration = Duration::from_secs(3);

/// Messages that wait at most. Tomcat's `maxQueue` is unlimited by default; what stands in one member's name is not here.
pub const MAX_QUEUE_DEFAULT: usize = 100_000;

/// Whether messages whose time has come are delivered, although others are missing before them (Tomcat's `forwardExpired`).
pub const FORWARD_EXPIRED_DEFAULT: bool = true;

/// Bytes that a held message counts beside its body.
const OVERHEAD: usize = 256;

/// The name that faults carry.
const NAME: &str = "OrderInterceptor";

/// Numbers what is sent to each member, and puts what each member sends in order.
///
/// A number that has been passed already is delivered at once: a repetition, or a message that came after its time. Unlike a
/// Tomcat, which looks at held messages only when the next one arrives, this node lets them go when their time has come.
///
/// Source: Tomcat `OrderInterceptor`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// How long a message waits for those before it.
    pub expire: Duration,
    /// Whether it is delivered then, or dropped.
    pub forward_expired: bool,
    /// Messages of one member that wait at most; with more, the oldest do not wait any longer.
    pub max_queue: usize,
}

impl Default for Order {
    fn default() -> Self {
        Order { expire: EXPIRE_DEFAULT, forward_expired: FORWARD_EXPIRED_DEFAULT, max_queue: MAX_QUEUE_DEFAULT }
    }
}

impl Interceptor for Order {
    fn name(&self) -> &'static str {
        NAME
    }

    fn place(&self) -> Place {
        Place::PerLink
    }

    fn layer(&self) -> Layer {
        Layer::Numbering
    }

    fn acts_on_send(&self) -> bool {
        true
    }

    fn member_part(&self) -> Option<Box<dyn MemberPart>> {
        Some(Box::new(OrderOfMember {
            settings: *self,
            last_sent: 0,
            expected: 1,
            held: BTreeMap::new(),
            held_bytes: 0,
        }))
    }
}

/// The two counters of one member, and its messages that came too early.
#[derive(Debug)]
struct OrderOfMember {
    settings: Order,
    last_sent: i32,
    expected: i32,
    /// By their numbers.
    held: BTreeMap<i32, Held>,
    held_bytes: usize,
}

#[derive(Debug)]
struct Held {
    since: Monotonic,
    message: Message,
}

impl OrderOfMember {
    /// Takes a held message out and expects the one behind it.
    fn pop(&mut self, number: i32) -> Option<Message> {
        let Held { message, .. } = self.held.remove(&number)?;
        self.held_bytes = self.held_bytes.saturating_sub(message.body.len() + OVERHEAD);
        self.expected = number.wrapping_add(1);
        Some(message)
    }

    /// The held message that is to be delivered next: the one that is the least ahead.
    fn first(&self) -> Option<i32> {
        // Numbers that have wrapped stand in front of those that have not, in the map, and are further ahead.
        self.held.range(self.expected..).chain(self.held.range(..self.expected)).next().map(|(number, _)| *number)
    }

    /// Delivers what follows without a gap.
    fn follow(&mut self, up: &mut Vec<Message>) {
        while let Some(message) = self.pop(self.expected) {
            up.push(message);
        }
    }

    /// Gives up what is missing before the first that waits.
    fn skip_gap(&mut self, up: &mut Vec<Message>) -> bool {
        let message = self.first().and_then(|first| self.pop(first));
        let Some(message) = message else { return false };
        if self.settings.forward_expired {
            up.push(message);
        }
        self.follow(up);
        true
    }
}

impl MemberPart for OrderOfMember {
    fn send(&mut self, _now: Now, mut message: Message, down: &mut Vec<Message>) {
        self.last_sent = self.last_sent.wrapping_add(1);
        let mut body = BytesMut::with_capacity(message.body.len() + 4);
        body.put_slice(&message.body);
        body.put_i32(self.last_sent);
        message.body = body.freeze();
        down.push(message);
    }

    fn receive(&mut self, now: Now, message: Message, room: usize, up: &mut Vec<Message>) -> Result<(), PeerFault> {
        let Some((body, number)) = message.body.split_last_chunk() else {
            return Err(PeerFault::Refused { interceptor: NAME, why: "a message without a number" });
        };
        let (body, number) = (message.body.slice(..body.len()), i32::from_be_bytes(*number));
        let message = Message { body, ..message };
        let ahead = number.wrapping_sub(self.expected);
        if ahead <= 0 {
            up.push(message);
            if ahead == 0 {
                self.expected = number.wrapping_add(1);
                self.follow(up);
            }
            return Ok(());
        }
        // The copy keeps a short message from holding a whole buffer of the connection.
        let message = Message { body: Bytes::copy_from_slice(&message.body), ..message };
        let weight = message.body.len() + OVERHEAD;
        if let Some(before) = self.held.insert(number, Held { since: now.monotonic, message }) {
            self.held_bytes = self.held_bytes.saturating_sub(before.message.body.len() + OVERHEAD);
        }
        self.held_bytes += weight;
        while self.held.len() > self.settings.max_queue || self.held_bytes > room {
            if !self.skip_gap(up) {
                break;
            }
        }
        Ok(())
    }

    fn overdue(&mut self, now: Now, up: &mut Vec<Message>) {
        let is_overdue = |held: &Held| now.monotonic.since(held.since) >= self.settings.expire;
        let ahead = |number: i32| number.wrapping_sub(self.expected);
        // Whatever stands before one whose time has come has waited for the same gap.
        let overdue = self.held.iter().filter(|(_, held)| is_overdue(held)).map(|(number, _)| *number);
        let Some(furthest) = overdue.max_by_key(|number| ahead(*number)) else { return };
        while self.held.contains_key(&furthest) && self.skip_gap(up) {}
    }

    fn release(&mut self, up: &mut Vec<Message>) {
        while let Some(message) = self.first().and_then(|first| self.pop(first)) {
            up.push(message);
        }
    }

    fn held_bytes(&self) -> usize {
        self.held_bytes
    }
}

#[cfg(test)]
mod tests;
