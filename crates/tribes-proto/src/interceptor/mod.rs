//! Interceptors: what a message passes between the layer above and the wire.
//!
//! The first of a stack is nearest the application: it acts first on a message that is sent and last on one that is
//! received. All nodes must have those that change bytes in the same order.
//!
//! ```
//! use bytes::Bytes;
//! use outlive_tribes_proto::interceptor::{ControlMessage, InterceptorStack, Message, Verdict, tcp_failure_detector::PROBE};
//! use outlive_tribes_proto::time::Now;
//! # use outlive_tribes_proto::{Member, MemberId, UniqueId};
//! # let sender = Member::new(MemberId { host: [10, 0, 0, 1].into(), port: 4000, unique_id: UniqueId([1; 16]) });
//!
//! let stack = InterceptorStack::standard();
//! let probe = Message { body: Bytes::from_static(&PROBE), ..Message::default() };
//! let verdict = stack.receive(Now::default(), &sender, probe, 1 << 20);
//! assert_eq!(verdict, Ok(Verdict::Consumed(Some(ControlMessage::Probe))));
//! ```
//!
//! | file | Tomcat's class |
//! |---|---|
//! | [`message_dispatch`] | MessageDispatchInterceptor |
//! | [`tcp_failure_detector`] | TcpFailureDetector: its message; what it decides is in [`group`](crate::group) |
//! | [`static_membership`] | StaticMembershipInterceptor: its messages |
//! | [`tcp_ping`] | TcpPingInterceptor: its message |
//! | [`domain_filter`] | DomainFilterInterceptor: messages; members are the [`group`](crate::group)'s part |
//! | [`gzip`] | GzipInterceptor |
//! | [`encrypt`] | EncryptInterceptor |
//! | [`fragmentation`] | FragmentationInterceptor |
//! | [`order`] | OrderInterceptor |
//! | [`throughput`] | ThroughputInterceptor |
//!
//! A message that is sent passes the stack in two steps: down to the first interceptor that works for one member at a time
//! it is changed once for all ([`InterceptorStack::send`]), from there on for each member ([`MemberStack::send`]). One that
//! is received passes those below the lowest such interceptor first ([`InterceptorStack::receive`]), and then the rest under
//! the lock of its sender ([`MemberStack::receive`]). Where no interceptor works for one member, the second steps are empty.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use bytes::Bytes;

use crate::error::PeerFault;
use crate::time::{Now, UnixMillis};
use crate::unique_id::UniqueId;
use crate::wire::channel_data::ChannelData;
use crate::wire::member::Member;
use crate::wire::send_options::SendOptions;

pub mod domain_filter;
pub mod encrypt;
pub mod fragmentation;
pub mod gzip;
mod member_stack;
pub mod message_dispatch;
pub mod order;
mod stack;
pub mod static_membership;
pub mod tcp_failure_detector;
pub mod tcp_ping;
#[cfg(test)]
mod testing;
pub mod throughput;

pub use member_stack::MemberStack;
pub use stack::{InterceptorStack, StackError};

/// A message on its way through the stack, either way.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Message {
    /// All option bits, also those that interceptors set.
    pub options: SendOptions,
    /// Its creation, by the sender's wall clock.
    pub timestamp: UnixMillis,
    /// One for each send.
    pub id: UniqueId,
    /// At the top what the layer above wrote, at the bottom what is on the wire.
    pub body: Bytes,
}

impl From<ChannelData> for Message {
    fn from(data: ChannelData) -> Message {
        let ChannelData { options, timestamp, id, source_record: _, message: body } = data;
        Message { options, timestamp, id, body }
    }
}

/// Whom a message that was received is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The next interceptor above.
    Pass(Message),
    /// Nobody above: it ends here, successfully (a synchronous ack is positive). What it said goes to the group.
    Consumed(Option<ControlMessage>),
}

/// What an interceptor at one node says to the same at another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ControlMessage {
    /// A failure detector looked whether we are there.
    Probe,
    /// The same of a TcpPingInterceptor.
    Ping,
    /// A static member has started, or sees us for the first time.
    StaticStart,
    /// A static member is leaving.
    StaticStop,
}

/// Where an interceptor's code runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the caller's thread: once for all destinations. It remembers nothing of any member.
    PerMessage,
    /// For each member, with a [`MemberPart`] that remembers (order counters, fragments); from the first of these downward
    /// the stack runs in the sender to that member. What is received from a member is put together over all its
    /// connections: a Tomcat has up to 25, and spreads the pieces of one message over them.
    PerLink,
    /// In the group: it sends and receives messages of its own and touches no others.
    InGroup,
}

/// What an interceptor does to messages, as far as the order in a stack depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// Nothing: it may stand anywhere.
    Neutral,
    /// Changes some messages and marks them with its option flag, as Gzip does.
    Marked,
    /// Changes all messages, and undoes it on all, also on those that never were changed: Encrypt, Fragmentation.
    Always,
    /// Numbers them for each destination: Order.
    Numbering,
    /// Swallows messages that enter every stack at its bottom: TcpFailureDetector, StaticMembership.
    Control,
}

/// One interceptor. Every method has a default that lets the message pass.
pub trait Interceptor: fmt::Debug + Send + Sync {
    /// Tomcat's class, without its package.
    fn name(&self) -> &'static str;

    /// Where its code runs.
    fn place(&self) -> Place {
        Place::PerMessage
    }

    /// What it does to messages.
    fn layer(&self) -> Layer {
        Layer::Neutral
    }

    /// Whether [`send`](Self::send), or the part for one member, does anything. Where none does, messages go out as they are,
    /// without being looked at.
    fn acts_on_send(&self) -> bool {
        false
    }

    /// What it needs for one member; only of interceptors [per link](Place::PerLink), whose `send` and `receive` are not
    /// called.
    fn member_part(&self) -> Option<Box<dyn MemberPart>> {
        None
    }

    /// The domain that members must be of, of the one that filters by it.
    fn domain(&self) -> Option<&Bytes> {
        None
    }

    /// How long after [`send`](Self::send) its receiver takes the message; `None`: for ever.
    fn seals_for(&self) -> Option<Duration> {
        None
    }

    /// Of one that encrypts: whether a message that was changed on its way is told. Where it is not, answers must be the same
    /// for all that can be wrong with a message.
    fn authenticates(&self) -> Option<bool> {
        None
    }

    /// Makes a message that [`send`](Self::send) gave as good as new, so that its receiver takes it.
    fn refresh(&self, _now: Now, message: Message) -> Message {
        message
    }

    /// Acts on a message that goes down; may change body and options.
    fn send(&self, _now: Now, message: Message) -> Message {
        message
    }

    /// Acts on a message that comes up from `source` (as the message names it); may change body and options. A message may
    /// have up to `limit` bytes when it is undone.
    ///
    /// # Errors
    /// Bytes that cannot be undone, or that become too many. The message is dropped; as in Tomcat, a synchronous ack is positive all the same.
    fn receive(&self, _now: Now, _source: &Member, message: Message, _limit: usize) -> Result<Verdict, PeerFault> {
        Ok(Verdict::Pass(message))
    }
}

/// What an interceptor does for one member, and remembers of it.
pub trait MemberPart: fmt::Debug + Send + Sync {
    /// Acts on a message that goes down to the member: puts what goes on, in order, into `down`.
    fn send(&mut self, now: Now, message: Message, down: &mut Vec<Message>);

    /// Acts on a message that comes up from the member: puts what goes on, in order, into `up`. It may keep up to `room` bytes
    /// in all.
    ///
    /// # Errors
    /// Bytes that cannot be undone, or more than there is room for. The message is dropped.
    fn receive(&mut self, now: Now, message: Message, room: usize, up: &mut Vec<Message>) -> Result<(), PeerFault>;

    /// Lets go of what has waited for too long. Call it each second or so.
    fn overdue(&mut self, now: Now, up: &mut Vec<Message>);

    /// The member is gone: gives what can be delivered, and drops the rest.
    fn release(&mut self, up: &mut Vec<Message>);

    /// Bytes that it keeps now.
    fn held_bytes(&self) -> usize;
}
