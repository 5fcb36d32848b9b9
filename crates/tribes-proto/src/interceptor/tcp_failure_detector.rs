//! TcpFailureDetector's message: a frame that asks nothing and is swallowed by its receiver.
//!
//! A probe is: connect, write [`frame`], close without reading. That it could be connected to and written is all that
//! counts, unless an acknowledgement is asked for, which one that stands still does not give.

use bytes::Bytes;

use super::{ControlMessage, Interceptor, Layer, Message, Place, Verdict};
use crate::error::PeerFault;
use crate::time::{Now, UnixMillis};
use crate::unique_id::UniqueId;
use crate::wire::channel_data::ChannelData;
use crate::wire::member::Member;
use crate::wire::send_options::SendOptions;

/// The message of a probe.
pub const PROBE: [u8; 64] = [
    0x4f, 0xa7, 0x73, 0x48, 0x79, 0x82, 0x43, 0xc9, 0x9f, 0x6f, 0x89, 0x80, 0xa1, 0x5b, 0x07, 0x14, 0x7d, 0xd9, 0x52,
    0x5b, 0xeb, 0xf1, 0x43, 0x9a, 0xb7, 0x7e, 0xbe, 0x8f, 0x81, 0x67, 0x1e, 0xb6, 0x37, 0x15, 0xbe, 0x87, 0x45, 0x7e,
    0x4c, 0xa8, 0xbf, 0x0a, 0x4d, 0x13, 0x53, 0x38, 0x15, 0x32, 0x55, 0xf6, 0x94, 0xb7, 0x3a, 0xfa, 0x40, 0x78, 0x91,
    0x04, 0x7d, 0xd7, 0x72, 0x84, 0xc0, 0xd5,
];

/// Swallows probes, whatever their options.
///
/// Source: Tomcat `TcpFailureDetector.messageReceived`, `TcpFailureDetector.memberAlive`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TcpFailureDetector;

impl Interceptor for TcpFailureDetector {
    fn name(&self) -> &'static str {
        "TcpFailureDetector"
    }

    fn place(&self) -> Place {
        Place::InGroup
    }

    fn layer(&self) -> Layer {
        Layer::Control
    }

    fn receive(&self, _now: Now, _source: &Member, message: Message, _limit: usize) -> Result<Verdict, PeerFault> {
        Ok(if message.body == PROBE[..] {
            Verdict::Consumed(Some(ControlMessage::Probe))
        } else {
            Verdict::Pass(message)
        })
    }
}

/// The frame of a probe: a raw message, without any ack unless one is wanted.
pub fn frame(id: UniqueId, timestamp: UnixMillis, source_record: Bytes, wants_ack: bool) -> Bytes {
    let ack = if wants_ack { SendOptions::USE_ACK } else { SendOptions::NONE };
    let options = SendOptions::BYTE_MESSAGE | ack;
    let data = ChannelData { options, timestamp, id, source_record, message: Bytes::from_static(&PROBE) };
    data.encode().expect("a member record and 64 bytes fit into a frame")
}
