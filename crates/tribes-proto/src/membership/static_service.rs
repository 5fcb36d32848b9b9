//! What listed members tell each other where a StaticMembershipService keeps them: that they have started, live, and stop.
//!
//! A start and a ping are questions, answered alike with the own member; a stop is a message of its own. All of them are one
//! Java object, `MemberMessage`: inside an [`RpcMessage`], or alone.
//!
//! Source: Tomcat `StaticMembershipProvider`, `MemberImpl.writeExternal`.

use core::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};

use crate::error::DecodeError;
use crate::rpc::RpcMessage;
use crate::wire::java::{
    ARRAY, CLASS, END_BLOCK, NULL, OBJECT, SERIALIZABLE, STREAM_HEADER, STRING, block_data, class_name, external_class,
    put_block_data, put_external_class,
};
use crate::wire::member::Member;
use crate::wire::reader::Reader;

/// The name of the messages' class.
pub const MESSAGE_CLASS: &str = "org.apache.catalina.tribes.membership.StaticMembershipProvider$MemberMessage";
const STATIC_MEMBER: &[u8] = b"org.apache.catalina.tribes.membership.StaticMember";
const STATIC_MEMBER_UID: i64 = 0xa326_0388_7eb6_b8a1_u64.cast_signed();
const MEMBER: &[u8] = b"org.apache.catalina.tribes.membership.MemberImpl";
const BYTES: &[u8] = b"[B";
const BYTES_UID: i64 = 0xacf3_17f8_0608_54e0_u64.cast_signed();
/// Its three fields, with the types of those that are objects, up to the end of the class description.
const FIELDS: [(u8, &[u8], &[u8]); 3] = [
    (b'I', b"msgtype", b""),
    (b'L', b"member", b"Lorg/apache/catalina/tribes/Member;"),
    (b'[', b"membershipId", BYTES),
];

/// The serialVersionUID of `MemberImpl`. Java takes a member under no other one, and it is another one before Tomcat 10.1.40.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberClass(i64);

impl Default for MemberClass {
    /// That of Tomcat 10.1.40 and later.
    fn default() -> MemberClass {
        MemberClass(0x8476_f37b_3295_3667_u64.cast_signed())
    }
}

/// How listed members look after each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaticService {
    /// Whom their messages are for: the channel's name and `-StaticMembership`.
    pub membership_id: Bytes,
    /// A member that has said nothing for longer than this is probed: 5 s (`expirationTime`).
    pub expiration_time: Duration,
    /// How long the start waits for what the others answer to it: 3 s (`rpcTimeout`).
    pub answer_limit: Duration,
    /// Between two pings: the channel's heartbeat, 5 s, or `pingInterval` with `useThread`.
    pub ping_every: Duration,
}

/// What a message says of the one that sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// It has started. Asks for an answer.
    Start,
    /// It stops.
    Stop,
    /// It lives. Asks for an answer.
    Ping,
}

impl Word {
    const ALL: [Word; 3] = [Word::Start, Word::Stop, Word::Ping];

    const fn number(self) -> i32 {
        match self {
            Word::Start => 1,
            Word::Stop => 2,
            Word::Ping => 3,
        }
    }
}

/// One message. The member in it is the one that sent it, which its frame names as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberMessage {
    /// What it says.
    pub word: Word,
    /// Whom it is for.
    pub membership_id: Bytes,
    /// How its sender's Java knows members.
    pub class: MemberClass,
}

impl MemberMessage {
    /// Reads one that is the whole of a message.
    ///
    /// # Errors
    /// It is another object, or not as Tomcat writes it.
    pub fn decode_alone(message: &Bytes) -> Result<MemberMessage, DecodeError> {
        let mut reader = Reader::new(message);
        reader.constant(STREAM_HEADER, "a Java object stream")?;
        MemberMessage::read(&mut reader)
    }

    /// Reads what a request or a reply carries.
    ///
    /// # Errors
    /// It is another object, or not as Tomcat writes it.
    pub fn decode_body(rpc: &RpcMessage) -> Result<MemberMessage, DecodeError> {
        MemberMessage::read(&mut Reader::new(&rpc.body))
    }

    fn read(reader: &mut Reader<'_>) -> Result<MemberMessage, DecodeError> {
        let fault = reader.fault("a MemberMessage");
        reader.constant(&[OBJECT, CLASS], "a MemberMessage")?;
        if class_name(reader)? != MESSAGE_CLASS {
            return Err(fault);
        }
        reader.i64("a serialVersionUID")?;
        reader.constant(&description(), "the three fields of a MemberMessage")?;
        let number = reader.i32("msgtype")?;
        let unknown = reader.fault("a msgtype of 1 to 3");
        let word = Word::ALL.into_iter().find(|word| word.number() == number).ok_or(unknown)?;
        let class = member(reader)?;
        reader.constant(&[ARRAY, CLASS], "membershipId")?;
        let fault = reader.fault("membershipId");
        if class_name(reader)? != BYTES {
            return Err(fault);
        }
        reader.i64("a serialVersionUID")?;
        reader.constant(&[SERIALIZABLE, 0, 0, END_BLOCK, NULL], "an array's class")?;
        Ok(MemberMessage { word, membership_id: reader.sized("membershipId")?, class })
    }

    /// As the whole of a message; it is about `local`.
    pub fn alone(&self, local: &Bytes) -> Bytes {
        let mut stream = BytesMut::new();
        stream.put_slice(STREAM_HEADER);
        self.put(&mut stream, local);
        stream.freeze()
    }

    /// As a request, or as the reply to the one with this uuid; it is about `local`, a member record.
    pub fn in_rpc(&self, reply: bool, uuid: Bytes, local: &Bytes) -> RpcMessage {
        let mut body = BytesMut::new();
        self.put(&mut body, local);
        body.put_u8(END_BLOCK);
        RpcMessage { reply, uuid, rpc_id: self.membership_id.clone(), body: body.freeze() }
    }

    /// Nothing in it refers to anything before it, so it is the same wherever it stands.
    fn put(&self, stream: &mut BytesMut, local: &Bytes) {
        stream.put_slice(&[OBJECT, CLASS]);
        put_text(stream, MESSAGE_CLASS.as_bytes());
        stream.put_i64(1);
        stream.put_slice(&description());
        stream.put_i32(self.word.number());

        stream.put_slice(&[OBJECT, CLASS]);
        put_external_class(stream, STATIC_MEMBER, STATIC_MEMBER_UID);
        stream.put_u8(CLASS);
        put_external_class(stream, MEMBER, self.class.0);
        stream.put_u8(NULL);
        let mut content = BytesMut::with_capacity(4 + local.len());
        content.put_i32(local.len() as i32);
        content.put_slice(local);
        put_block_data(stream, &content);
        stream.put_u8(END_BLOCK);

        stream.put_slice(&[ARRAY, CLASS]);
        put_text(stream, BYTES);
        stream.put_i64(BYTES_UID);
        stream.put_slice(&[SERIALIZABLE, 0, 0, END_BLOCK, NULL]);
        stream.put_i32(self.membership_id.len() as i32);
        stream.put_slice(&self.membership_id);
    }
}

/// The class of the messages behind its serialVersionUID.
fn description() -> BytesMut {
    let mut description = BytesMut::from(&[SERIALIZABLE, 0, FIELDS.len() as u8][..]);
    for (kind, name, of_type) in FIELDS {
        description.put_u8(kind);
        put_text(&mut description, name);
        if !of_type.is_empty() {
            description.put_u8(STRING);
            put_text(&mut description, of_type);
        }
    }
    description.put_slice(&[END_BLOCK, NULL]);
    description
}

/// Passes a member over, of either class; gives the serialVersionUID of `MemberImpl`.
fn member(reader: &mut Reader<'_>) -> Result<MemberClass, DecodeError> {
    reader.constant(&[OBJECT, CLASS], "a member")?;
    let mut name = class_name(reader)?;
    let mut uid = external_class(reader)?;
    if name == STATIC_MEMBER {
        reader.constant(&[CLASS], "the superclass MemberImpl")?;
        name = class_name(reader)?;
        uid = external_class(reader)?;
    }
    let fault = reader.fault("a MemberImpl");
    if name != MEMBER {
        return Err(fault);
    }
    reader.constant(&[NULL], "no further superclass")?;
    let content = block_data(reader)?;
    let start = reader.offset();
    let record = Reader::new(&content).sized("a member record that fits");
    let inside = |error: DecodeError| DecodeError { offset: start, ..error };
    Member::decode(&record.map_err(inside)?).map_err(inside)?;
    reader.constant(&[END_BLOCK], "the end of the member")?;
    Ok(MemberClass(uid))
}

fn put_text(stream: &mut BytesMut, text: &[u8]) {
    stream.put_u16(text.len() as u16);
    stream.put_slice(text);
}

#[cfg(test)]
mod tests;
