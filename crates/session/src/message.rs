//! The one Java object that session replication sends: `SessionMessageImpl`.
//!
//! ```text
//! AC ED 00 05 · descriptors of SessionMessageImpl and ClusterMessageBase (275 bytes, the same in every message)
//! i64 0 · i32 event · i64 timestamp · bool timestampSet · context name · payload (byte[] or null) · session id · unique id
//! ```
//!
//! The payload is a second, independent Java stream: see [`DeltaRequest`](crate::DeltaRequest) and [`state`](crate::state).

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use bytes::Bytes;
use outlive_serial::{DecodeError, FieldValue, Limits, ObjectOutput, Stream};
use outlive_tribes_proto::time::UnixMillis;

use crate::SessionEvent;
use crate::id::SessionId;
use crate::wire::{Cursor, put_java_string, put_nullable_java_string};

/// Everything of the stream up to the first instance data.
///
/// Source: written by Tomcat 10.1.60; equal in every captured message.
const PREFIX: &[u8] = b"\xac\xed\x00\x05sr\x00\x31org.apache.catalina.ha.session.SessionMessageImpl\
\x00\x00\x00\x00\x00\x00\x00\x02\x02\x00\x07I\x00\x08mEvtTypeJ\x00\x16serializationTimestampZ\x00\x0ctimestampSet\
L\x00\x0cmContextNamet\x00\x12Ljava/lang/String;[\x00\x08mSessiont\x00\x02[BL\x00\x0amSessionIDq\x00~\x00\x01\
L\x00\x08uniqueIdq\x00~\x00\x01xr\x00\x29org.apache.catalina.ha.ClusterMessageBase\x00\x00\x00\x00\x00\x00\x00\x01\
\x02\x00\x01J\x00\x09timestampxp";

/// The array descriptor in front of a payload.
const BYTE_ARRAY: &[u8] = b"ur\x00\x02[B\xac\xf3\x17\xf8\x06\x08T\xe0\x02\x00\x00xp";

/// The class that this module reads and writes.
pub const CLASS: &str = "org.apache.catalina.ha.session.SessionMessageImpl";

/// One message of session replication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionMessage<'a> {
    /// What it says.
    pub event: SessionEvent,
    /// The sender's wall clock when it was made; `None` where the sender set none (no-context answers).
    pub timestamp: Option<UnixMillis>,
    /// The context's name on the wire: `localhost#/app`, or `/app` with the cluster in the Host. `None`: every context;
    /// a Tomcat hands such a message to each of its managers.
    pub context: Option<Cow<'a, str>>,
    /// A Java stream of its own, or nothing.
    pub payload: Option<Cow<'a, [u8]>>,
    /// The whole session id, or a fixed word where no one session is meant.
    pub session_id: Cow<'a, str>,
    /// Text for logs; nothing depends on it.
    pub unique_id: Cow<'a, str>,
}

impl<'a> SessionMessage<'a> {
    /// A message about one session, with the unique id that Tomcat would give it.
    pub fn of_session(
        event: SessionEvent,
        context: &'a str,
        id: &'a SessionId,
        at: UnixMillis,
        now: UnixMillis,
    ) -> Self {
        let unique_id = match event {
            SessionEvent::Expired => format!("{id}-EXPIRED-MSG"),
            _ => format!("{id}-{}", now.0),
        };
        SessionMessage {
            event,
            timestamp: Some(at),
            context: Some(Cow::Borrowed(context)),
            payload: None,
            session_id: Cow::Borrowed(id.as_str()),
            unique_id: Cow::Owned(unique_id),
        }
    }

    /// A session's new id, for those that know it by the old one.
    pub fn of_new_id(context: &'a str, old: &'a SessionId, new: &SessionId, now: UnixMillis) -> Self {
        let mut payload = ObjectOutput::new();
        // An id has at most 255 bytes, and always fits.
        let written = payload.write_utf(new.as_str());
        debug_assert!(written.is_ok(), "{written:?}");
        Self::of_session(SessionEvent::ChangeId, context, old, now, now).with_payload(payload.finish())
    }

    /// A message about the whole context: [`GetAll`](SessionEvent::GetAll) and its answers.
    pub fn of_context(event: SessionEvent, context: &'a str, at: UnixMillis) -> Self {
        Self::of_state(event, Some(context), at)
    }

    /// The same about every context that the receiver has: the question of a node that knows none of their names.
    ///
    /// Source: Tomcat `ClusterSessionListener.messageReceived`, which gives a message without a name to all managers.
    pub fn of_every_context(event: SessionEvent, at: UnixMillis) -> Self {
        Self::of_state(event, None, at)
    }

    fn of_state(event: SessionEvent, context: Option<&'a str>, at: UnixMillis) -> Self {
        let (word, separator) = match event {
            SessionEvent::GetAll => ("GET-ALL", "-"),
            SessionEvent::TransferComplete => ("SESSION-STATE-TRANSFERRED", ""),
            SessionEvent::NoContextManager => ("NO-CONTEXT-MANAGER", "-"),
            _ => ("SESSION-STATE", "-"),
        };
        SessionMessage {
            event,
            timestamp: Some(at),
            context: context.map(Cow::Borrowed),
            payload: None,
            session_id: Cow::Borrowed(word),
            // As Java's string concatenation writes what is null.
            unique_id: Cow::Owned(format!("{word}{separator}{}", context.unwrap_or("null"))),
        }
    }

    /// The same message with a payload.
    pub fn with_payload(self, payload: impl Into<Cow<'a, [u8]>>) -> Self {
        SessionMessage { payload: Some(payload.into()), ..self }
    }

    /// The bytes that a Tomcat would write for it.
    pub fn encode(&self) -> Bytes {
        let payload_len = self.payload.as_ref().map_or(1, |payload| payload.len() + BYTE_ARRAY.len() + 4);
        let texts = self.context.as_ref().map_or(0, |name| name.len()) + self.session_id.len() + self.unique_id.len();
        let mut out = Vec::with_capacity(PREFIX.len() + 8 + 13 + 9 + payload_len + texts);
        out.extend_from_slice(PREFIX);
        // ClusterMessageBase has a timestamp of its own, which Tomcat never sets.
        out.extend_from_slice(&[0; 8]);
        out.extend_from_slice(&self.event.number().to_be_bytes());
        out.extend_from_slice(&self.timestamp.map_or(0, |at| at.0).to_be_bytes());
        out.push(u8::from(self.timestamp.is_some()));
        put_nullable_java_string(&mut out, self.context.as_deref());
        match &self.payload {
            None => out.push(0x70),
            Some(payload) => {
                out.extend_from_slice(BYTE_ARRAY);
                // A payload is bounded by the frame limit, far below 2 GiB; a larger one could not be framed at all.
                out.extend_from_slice(&u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes());
                out.extend_from_slice(payload);
            }
        }
        put_java_string(&mut out, &self.session_id);
        put_java_string(&mut out, &self.unique_id);
        Bytes::from(out)
    }

    /// Reads a message; bytes behind the Java object are left alone, as Tomcat leaves them.
    ///
    /// # Errors
    /// What is at fault, and where. A stream of another class is [`MessageFault::Class`].
    pub fn decode(bytes: &'a [u8], limits: &Limits) -> Result<Self, MessageFault> {
        match Self::decode_plain(bytes) {
            Some(message) => Ok(message),
            None => Self::decode_graph(bytes, limits),
        }
    }

    /// The form that every Tomcat writes, without building a graph. `None`: some other form, or damaged.
    fn decode_plain(bytes: &'a [u8]) -> Option<Self> {
        let mut cursor = Cursor::new(bytes.strip_prefix(PREFIX)?);
        cursor.take(8)?;
        let event = SessionEvent::from(cursor.i32()?);
        let at = cursor.i64()?;
        let timestamp = (cursor.u8()? != 0).then_some(UnixMillis(at));
        let context = cursor.nullable_java_string()?;
        let payload = match cursor.u8()? {
            0x70 => None,
            0x75 => {
                cursor.expect(&BYTE_ARRAY[1..])?;
                let len = usize::try_from(cursor.i32()?).ok()?;
                Some(Cow::Borrowed(cursor.take(len)?))
            }
            _ => return None,
        };
        let session_id = cursor.java_string()?;
        let unique_id = cursor.java_string()?;
        Some(SessionMessage { event, timestamp, context, payload, session_id, unique_id })
    }

    /// Any legal form: other versions may order their fields otherwise, add some, or share strings by reference.
    fn decode_graph(bytes: &[u8], limits: &Limits) -> Result<Self, MessageFault> {
        let (stream, _) = Stream::decode_prefix(bytes, limits)?;
        let object = stream.root().ok_or(MessageFault::Class(None))?;
        match object.class_name() {
            Some(class) if class == CLASS => {}
            class => return Err(MessageFault::Class(class.map(Cow::into_owned))),
        }
        let field = |name: &'static str| object.field(CLASS, name);
        let text = |name: &'static str| {
            let text = field(name).and_then(FieldValue::text);
            text.map(|text| Cow::Owned(text.into_owned())).ok_or(MessageFault::Field(name))
        };
        let event = field("mEvtType").and_then(FieldValue::integer).and_then(|number| i32::try_from(number).ok());
        let event = event.ok_or(MessageFault::Field("mEvtType"))?;
        let at = field("serializationTimestamp").and_then(FieldValue::integer).unwrap_or(0);
        let is_set = field("timestampSet").and_then(FieldValue::boolean).unwrap_or(false);
        let payload =
            field("mSession").and_then(FieldValue::object).and_then(|array| array.bytes().map(<[u8]>::to_vec));
        Ok(SessionMessage {
            event: SessionEvent::from(event),
            timestamp: is_set.then_some(UnixMillis(at)),
            context: text("mContextName").ok(),
            payload: payload.map(Cow::Owned),
            session_id: text("mSessionID")?,
            unique_id: text("uniqueId").unwrap_or(Cow::Borrowed("")),
        })
    }
}

/// Why bytes are no session message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageFault {
    /// The Java stream is at fault.
    #[error("the Java stream of a message: {0}")]
    Stream(#[from] DecodeError),
    /// Another class, or no object at all.
    #[error("an object of class {}, not {CLASS}", .0.as_deref().unwrap_or("(none)"))]
    Class(Option<String>),
    /// A field is missing or of another type.
    #[error("a session message without a usable field {0}")]
    Field(&'static str),
}

#[cfg(test)]
mod tests;
