//! Interceptors in order.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use bytes::Bytes;

use super::message_dispatch::MessageDispatch;
use super::static_membership::StaticMembership;
use super::tcp_failure_detector::TcpFailureDetector;
use super::tcp_ping::TcpPing;
use super::{Interceptor, Layer, MemberStack, Message, Place, Verdict};
use crate::error::PeerFault;
use crate::time::Now;
use crate::wire::member::Member;

/// A checked list of interceptors, the topmost first.
#[derive(Debug, Default)]
pub struct InterceptorStack {
    topmost_first: Vec<Box<dyn Interceptor>>,
}

/// An order that damages messages. Tomcat accepts most of these, and then loses messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StackError {
    /// One acts on every message, and would take a probe or a static member's message, which has not passed its
    /// counterpart at the sender, for one of its own.
    #[error("{upper} must stand below {lower}: probes and start messages enter the stack under it")]
    AboveControl {
        /// The one that swallows probes or start messages.
        upper: &'static str,
        /// The one that stands below it.
        lower: &'static str,
    },
    /// The same one twice.
    #[error("{name} stands in the stack twice")]
    Twice {
        /// Its name.
        name: &'static str,
    },
}

impl StackError {
    /// The name of the one that stands where it cannot.
    pub fn interceptor(&self) -> &'static str {
        match self {
            StackError::AboveControl { upper: name, .. } | StackError::Twice { name } => name,
        }
    }
}

impl InterceptorStack {
    /// A stack of these, the topmost first.
    ///
    /// # Errors
    /// Their order damages messages, see [`StackError`].
    pub fn new(topmost_first: Vec<Box<dyn Interceptor>>) -> Result<InterceptorStack, StackError> {
        for (index, lower) in topmost_first.iter().enumerate() {
            for upper in &topmost_first[..index] {
                let (above, below) = (upper.layer(), lower.layer());
                let (upper, lower) = (upper.name(), lower.name());
                if upper == lower {
                    return Err(StackError::Twice { name: upper });
                }
                if above == Layer::Control && matches!(below, Layer::Always | Layer::Numbering) {
                    return Err(StackError::AboveControl { upper, lower });
                }
            }
        }
        Ok(InterceptorStack { topmost_first })
    }

    /// These above the ones that every node has: what a cluster with static members needs, or one with multicast.
    ///
    /// # Errors
    /// Their order damages messages, see [`StackError`].
    pub fn above_group(
        mut topmost_first: Vec<Box<dyn Interceptor>>,
        has_static_members: bool,
    ) -> Result<InterceptorStack, StackError> {
        if has_static_members {
            // Tomcat's order for them.
            topmost_first.push(Box::new(TcpPing));
            topmost_first.push(Box::new(TcpFailureDetector));
            topmost_first.push(Box::new(MessageDispatch));
            topmost_first.push(Box::new(StaticMembership));
        } else {
            topmost_first.push(Box::new(MessageDispatch));
            topmost_first.push(Box::new(TcpFailureDetector));
        }
        InterceptorStack::new(topmost_first)
    }

    /// What Tomcat's `SimpleTcpCluster` sets up where no interceptor is configured.
    pub fn standard() -> InterceptorStack {
        InterceptorStack { topmost_first: vec![Box::new(MessageDispatch), Box::new(TcpFailureDetector)] }
    }

    /// The interceptors, the topmost first.
    pub fn interceptors(&self) -> impl Iterator<Item = &dyn Interceptor> {
        self.topmost_first.iter().map(|interceptor| &**interceptor)
    }

    // ---- what is set up ----

    /// Whether messages that are sent are changed, or counted, at all.
    pub fn acts_on_send(&self) -> bool {
        self.topmost_first.iter().any(|interceptor| interceptor.acts_on_send())
    }

    /// Whether some interceptor works for one member at a time: then a [`MemberStack`] is needed for each, both ways.
    pub fn works_per_member(&self) -> bool {
        self.first_per_member() < self.topmost_first.len()
    }

    /// The second step for one member, for one direction.
    pub fn member_stack(&self) -> MemberStack {
        MemberStack::of(self)
    }

    /// An interceptor that numbers messages, and one below it that changes them: whole here, where each member gets a message of its own.
    ///
    /// A Tomcat takes the number of its first peer's message off what the lower one has made of it, and damages what the others get.
    /// Source: Tomcat `OrderInterceptor.sendMessage`.
    pub fn numbers_above(&self) -> Option<(&'static str, &'static str)> {
        let numbering = self.topmost_first.iter().position(|upper| upper.layer() == Layer::Numbering)?;
        let mut below = self.interceptors().skip(numbering);
        let upper = below.next()?;
        let lower = below.find(|lower| matches!(lower.layer(), Layer::Always | Layer::Marked))?;
        Some((upper.name(), lower.name()))
    }

    /// The domain that members must be of, if one interceptor filters by it.
    pub fn domain(&self) -> Option<&Bytes> {
        self.topmost_first.iter().find_map(|interceptor| interceptor.domain())
    }

    /// How long a receiver takes a message from when it was sent, if any interceptor limits that.
    pub fn seals_for(&self) -> Option<Duration> {
        self.topmost_first.iter().filter_map(|interceptor| interceptor.seals_for()).min()
    }

    /// Whether messages are encrypted, and if so, whether each interceptor that does it tells changed ones.
    pub fn authenticates(&self) -> Option<bool> {
        self.topmost_first
            .iter()
            .filter_map(|interceptor| interceptor.authenticates())
            .reduce(|one, other| one && other)
    }

    pub(super) fn at(&self, index: usize) -> &dyn Interceptor {
        &*self.topmost_first[index]
    }

    pub(super) fn len(&self) -> usize {
        self.topmost_first.len()
    }

    /// The topmost that works for one member at a time: from here downward messages are sent member by member.
    pub(super) fn first_per_member(&self) -> usize {
        let found = self.topmost_first.iter().position(|interceptor| interceptor.place() == Place::PerLink);
        found.unwrap_or(self.topmost_first.len())
    }

    /// Behind the lowest of them: from there upward messages are received under their sender's lock.
    pub(super) fn behind_last_per_member(&self) -> usize {
        let found = self.topmost_first.iter().rposition(|interceptor| interceptor.place() == Place::PerLink);
        found.map_or(0, |index| index + 1)
    }

    // ---- messages ----

    /// Takes a message down, once for all destinations: to the wire, or to the first interceptor that
    /// [works per member](Self::works_per_member).
    pub fn send(&self, now: Now, message: Message) -> Message {
        let per_message = &self.topmost_first[..self.first_per_member()];
        per_message.iter().fold(message, |message, interceptor| interceptor.send(now, message))
    }

    /// Makes a message that [`send`](Self::send) gave some time ago as good as new, if an interceptor
    /// [limits](Self::seals_for) how long it is.
    ///
    /// Only of the lowest that changes messages: what another has changed behind it is left as it is.
    pub fn refresh(&self, now: Now, message: Message) -> Message {
        let per_message = &self.topmost_first[..self.first_per_member()];
        match per_message.iter().rfind(|interceptor| matches!(interceptor.layer(), Layer::Always | Layer::Marked)) {
            Some(lowest) => lowest.refresh(now, message),
            None => message,
        }
    }

    /// Takes a message up from the wire, until one consumes it: to the top, or to the lowest interceptor that
    /// [works per member](Self::works_per_member). It may have up to `limit` bytes on its way.
    ///
    /// # Errors
    /// An interceptor cannot undo its bytes; the message is dropped.
    pub fn receive(&self, now: Now, source: &Member, message: Message, limit: usize) -> Result<Verdict, PeerFault> {
        self.climb(now, source, message, limit, self.behind_last_per_member()..self.topmost_first.len())
    }

    /// Takes a message up through these interceptors, none of which works per member.
    pub(super) fn climb(
        &self,
        now: Now,
        source: &Member,
        mut message: Message,
        limit: usize,
        range: core::ops::Range<usize>,
    ) -> Result<Verdict, PeerFault> {
        for interceptor in self.topmost_first[range].iter().rev() {
            match interceptor.receive(now, source, message, limit)? {
                Verdict::Pass(passed) => message = passed,
                consumed => return Ok(consumed),
            }
        }
        Ok(Verdict::Pass(message))
    }
}

#[cfg(test)]
mod tests;
