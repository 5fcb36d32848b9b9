//! TcpPingInterceptor's message.
//!
//! Where a TcpFailureDetector stands below it, as in all stacks of ours, it sends none: the group probes instead.

use super::{ControlMessage, Interceptor, Message, Place, Verdict};
use crate::error::PeerFault;
use crate::time::Now;
use crate::wire::member::Member;

/// The message of a ping, sent with no option at all. It differs from a probe in three places.
pub const PING: [u8; 64] = [
    0x4f, 0xa7, 0x73, 0x48, 0x79, 0xdf, 0x43, 0xc9, 0x9f, 0x6f, 0x89, 0x80, 0xa1, 0x5b, 0x07, 0x14, 0x7d, 0xd9, 0x52,
    0x5b, 0xeb, 0xdf, 0x43, 0x9a, 0xb7, 0x7e, 0xbe, 0x8f, 0x81, 0x67, 0x1e, 0xb6, 0x37, 0x15, 0xbe, 0x87, 0x45, 0x21,
    0x4c, 0xa8, 0xbf, 0x0a, 0x4d, 0x13, 0x53, 0x38, 0x15, 0x32, 0x55, 0xf6, 0x94, 0xb7, 0x3a, 0xdf, 0x21, 0x78, 0x91,
    0x04, 0x7d, 0xd7, 0x72, 0x84, 0xc0, 0xd5,
];

/// Swallows pings, whatever their options.
///
/// Source: Tomcat `TcpPingInterceptor.messageReceived`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TcpPing;

impl Interceptor for TcpPing {
    fn name(&self) -> &'static str {
        "TcpPingInterceptor"
    }

    fn place(&self) -> Place {
        Place::InGroup
    }

    fn receive(&self, _now: Now, _source: &Member, message: Message, _limit: usize) -> Result<Verdict, PeerFault> {
        Ok(if message.body == PING[..] {
            Verdict::Consumed(Some(ControlMessage::Ping))
        } else {
            Verdict::Pass(message)
        })
    }
}
