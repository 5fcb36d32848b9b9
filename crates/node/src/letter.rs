//! One encoded message.

use bytes::Bytes;
use outlive_session::Outgoing;
use outlive_tribes_proto::UniqueId;
use outlive_tribes_proto::time::UnixMillis;
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
    /// Whether it asks for a state: [`Node::question_acknowledged`](crate::Node::question_acknowledged) is to be called when its
    /// acknowledgement has come, and a Tomcat may take as long for that as for its whole answer.
    pub is_question: bool,
}

impl Letter {
    /// A Java object.
    pub fn object(id: UniqueId, timestamp: UnixMillis, body: Bytes) -> Self {
        Letter { id, timestamp, options: SendOptions::NONE, body, is_question: false }
    }

    pub(crate) fn question(id: UniqueId, timestamp: UnixMillis, body: Bytes) -> Self {
        Letter { is_question: true, ..Letter::object(id, timestamp, body) }
    }

    pub(crate) fn of(id: UniqueId, outgoing: Outgoing) -> Self {
        Letter::object(id, outgoing.timestamp, outgoing.body)
    }
}
