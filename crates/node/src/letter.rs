//! One encoded message.

use bytes::Bytes;
use outlive_session::Outgoing;
use outlive_tribes_proto::UniqueId;
use outlive_tribes_proto::interceptor::Message;
use outlive_tribes_proto::time::{Monotonic, UnixMillis};
use outlive_tribes_proto::wire::send_options::SendOptions;

/// One encoded message, with what its frame says beside it.
#[derive(Clone, Debug)]
pub struct Letter {
    /// The message's id, the same for all peers and for each repetition.
    pub id: UniqueId,
    /// The sender's wall clock.
    pub timestamp: UnixMillis,
    /// Bits of the frame's options beside those for acknowledgement: `BYTE_MESSAGE`, or none.
    pub options: SendOptions,
    /// The message.
    pub body: Bytes,
    /// How far down the stack of interceptors it is.
    pub stage: Stage,
}

/// How far down the stack of interceptors a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// As the layer above made it.
    Top,
    /// Below those that act once for all destinations, since then.
    Shared(Monotonic),
    /// Below all: as it is on the wire, or a message between interceptors.
    Bottom,
}

impl Letter {
    /// A Java object.
    pub fn object(id: UniqueId, timestamp: UnixMillis, body: Bytes) -> Self {
        Letter { id, timestamp, options: SendOptions::NONE, body, stage: Stage::Top }
    }

    pub(crate) fn of(id: UniqueId, outgoing: Outgoing) -> Self {
        Letter::object(id, outgoing.timestamp, outgoing.body)
    }

    pub(crate) fn of_message(message: Message, stage: Stage) -> Self {
        let Message { options, timestamp, id, body } = message;
        Letter { id, timestamp, options, body, stage }
    }

    pub(crate) fn into_message(self) -> Message {
        let Letter { id, timestamp, options, body, stage: _ } = self;
        Message { options, timestamp, id, body }
    }
}
