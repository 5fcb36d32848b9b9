//! Interceptors in order.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use super::message_dispatch::MessageDispatch;
use super::tcp_failure_detector::TcpFailureDetector;
use super::{Interceptor, Layer, Message, Verdict};
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
    /// One changes the bytes behind the number, which then is read from the wrong place.
    #[error("{upper} must stand below {lower}, which changes the messages that it numbers")]
    NumberingAbove {
        /// The one that numbers messages.
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
                if above == Layer::Numbering && matches!(below, Layer::Always | Layer::Marked) {
                    return Err(StackError::NumberingAbove { upper, lower });
                }
            }
        }
        Ok(InterceptorStack { topmost_first })
    }

    /// What Tomcat's `SimpleTcpCluster` sets up where no interceptor is configured.
    pub fn standard() -> InterceptorStack {
        InterceptorStack { topmost_first: vec![Box::new(MessageDispatch), Box::new(TcpFailureDetector)] }
    }

    /// The interceptors, the topmost first.
    pub fn interceptors(&self) -> impl Iterator<Item = &dyn Interceptor> {
        self.topmost_first.iter().map(|interceptor| &**interceptor)
    }

    /// Takes a message down to the wire.
    pub fn send(&self, now: Now, message: Message) -> Message {
        self.topmost_first.iter().fold(message, |message, interceptor| interceptor.send(now, message))
    }

    /// Takes a message up from the wire, until one consumes it.
    ///
    /// # Errors
    /// An interceptor cannot undo its bytes; the message is dropped.
    pub fn receive(&self, now: Now, source: &Member, mut message: Message) -> Result<Verdict, PeerFault> {
        for interceptor in self.topmost_first.iter().rev() {
            match interceptor.receive(now, source, message)? {
                Verdict::Pass(passed) => message = passed,
                consumed => return Ok(consumed),
            }
        }
        Ok(Verdict::Pass(message))
    }
}

#[cfg(test)]
mod tests;
