//! StaticMembershipInterceptor's messages: plain text, sent with no option at all.
//!
//! They are sent from below the interceptors that stand above it, so they pass none of those.

use super::{ControlMessage, Interceptor, Layer, Message, Place, Verdict};
use crate::error::PeerFault;
use crate::time::Now;
use crate::wire::member::Member;

/// Says to a static member that this one is there.
pub const START: &[u8] = b"Local StaticMember Notification Data";
/// Says to all that this one is leaving.
pub const STOP: &[u8] = b"Local StaticMember Shutdown Data";

/// Swallows both messages, whatever their options.
///
/// Source: Tomcat `StaticMembershipInterceptor.messageReceived`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StaticMembership;

impl Interceptor for StaticMembership {
    fn name(&self) -> &'static str {
        "StaticMembershipInterceptor"
    }

    fn place(&self) -> Place {
        Place::InGroup
    }

    fn layer(&self) -> Layer {
        Layer::Control
    }

    fn receive(&self, _now: Now, _source: &Member, message: Message, _limit: usize) -> Result<Verdict, PeerFault> {
        Ok(if message.body == START {
            Verdict::Consumed(Some(ControlMessage::StaticStart))
        } else if message.body == STOP {
            Verdict::Consumed(Some(ControlMessage::StaticStop))
        } else {
            Verdict::Pass(message)
        })
    }
}
