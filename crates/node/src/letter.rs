//! One encoded message.

use std::sync::Arc;

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
    /// What it asks for, if that is a state.
    pub question: Option<Question>,
}

/// A question for a state: [`Node::question_acknowledged`](crate::Node::question_acknowledged) is to be called when its
/// acknowledgement has come, and a Tomcat may take as long for that as for its whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The name of the context; `None`: every one.
    pub context: Option<Arc<str>>,
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
        Letter { id, timestamp, options: SendOptions::NONE, body, stage: Stage::Top, question: None }
    }

    pub(crate) fn question(id: UniqueId, timestamp: UnixMillis, body: Bytes, context: Option<Arc<str>>) -> Self {
        Letter { question: Some(Question { context }), ..Letter::object(id, timestamp, body) }
    }

    pub(crate) fn of(id: UniqueId, outgoing: Outgoing) -> Self {
        Letter::object(id, outgoing.timestamp, outgoing.body)
    }

    pub(crate) fn of_message(message: Message, stage: Stage) -> Self {
        let Message { options, timestamp, id, body } = message;
        Letter { stage, options, ..Letter::object(id, timestamp, body) }
    }

    pub(crate) fn into_message(self) -> Message {
        let Letter { id, timestamp, options, body, .. } = self;
        Message { options, timestamp, id, body }
    }
}
