//! RPC over the channel: recognising a request or a reply in a Java object stream, and answering when nobody takes it.
//!
//! Every node must answer every request, if only with a [`NoRpcChannelReply`]: a real Tomcat waits for it (up to 15 s at
//! start, 2 × 5 s in each heartbeat), and its failure detection waits with it.
//!
//! ```text
//! AC ED 00 05 | 73 72 class description(s) | block data: reply bool, i32 n + uuid, i32 n + rpcId | object | 78
//! ```
//!
//! Only what stands before the object is read here. The object's handles continue those of the whole stream, so whoever
//! wants it decodes the whole message with `outlive-serial`.
//!
//! Source: Tomcat `RpcMessage.writeExternal`, `RpcMessage.NoRpcChannelReply`, `GroupChannel.sendNoRpcChannelReply`.

use bytes::{BufMut, Bytes, BytesMut};

use crate::error::DecodeError;
use crate::wire::java::{
    CLASS, END_BLOCK, NULL, OBJECT, STREAM_HEADER, block_data, class_name, external_class, put_block_data,
    put_external_class,
};
use crate::wire::reader::Reader;

const MESSAGE: &[u8] = b"org.apache.catalina.tribes.group.RpcMessage";
const NO_CHANNEL: &[u8] = b"org.apache.catalina.tribes.group.RpcMessage$NoRpcChannelReply";
const MESSAGE_UID: i64 = 0x712a_750f_f274_e509;
const NO_CHANNEL_UID: i64 = 0x7bab_8fb3_6a4b_5ba6;

/// An RPC message of either class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rpc {
    /// A request or a reply.
    Message(RpcMessage),
    /// "Nobody here takes that rpcId."
    NoChannel(NoRpcChannelReply),
}

/// A request, or the reply to one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RpcMessage {
    /// Whether this answers the request with the same `uuid`.
    pub reply: bool,
    /// Names the call; 16 random bytes from Tomcat.
    pub uuid: Bytes,
    /// Names the one who takes it at the other side.
    pub rpc_id: Bytes,
    /// The stream from the object on: one content element with handles from 0x7e0002, then `78`, then whatever the
    /// message carried behind the stream. See [`NULL_BODY`](Self::NULL_BODY).
    pub body: Bytes,
}

/// The answer of a node where nobody takes the `rpc_id`. Needs no answer itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoRpcChannelReply {
    /// That of the request.
    pub uuid: Bytes,
    /// That of the request.
    pub rpc_id: Bytes,
}

impl Rpc {
    /// Reads the start of a message that is a Java object stream; `None` if its root is no RPC message. Takes memory only
    /// where block data comes in pieces, and then no more than the message has.
    ///
    /// # Errors
    /// The root is an RPC message, but what follows is not what its class writes.
    pub fn decode(message: &Bytes) -> Result<Option<Rpc>, DecodeError> {
        let mut reader = Reader::new(message);
        if reader.constant(STREAM_HEADER, "").is_err() || reader.constant(&[OBJECT, CLASS], "").is_err() {
            return Ok(None);
        }
        let no_channel = match class_name(&mut reader)? {
            name if name == MESSAGE => false,
            name if name == NO_CHANNEL => true,
            _ => return Ok(None),
        };
        external_class(&mut reader)?;
        if no_channel {
            reader.constant(&[CLASS], "the superclass RpcMessage")?;
            let fault = reader.fault("the superclass RpcMessage");
            if class_name(&mut reader)? != MESSAGE {
                return Err(fault);
            }
            external_class(&mut reader)?;
        }
        reader.constant(&[NULL], "no further superclass")?;
        let content = block_data(&mut reader)?;
        let start = reader.offset();
        let inside = |error: DecodeError| DecodeError { offset: start, ..error };
        let mut fields = Reader::new(&content);
        let reply = no_channel || fields.u8("the reply flag").map_err(inside)? != 0;
        let uuid = fields.sized("a uuid that fits").map_err(inside)?;
        let rpc_id = fields.sized("an rpcId that fits").map_err(inside)?;
        if fields.remaining() > 0 {
            return Err(inside(fields.fault("the end of the block data")));
        }
        if no_channel {
            reader.constant(&[END_BLOCK], "the end of the NoRpcChannelReply")?;
            return Ok(Some(Rpc::NoChannel(NoRpcChannelReply { uuid, rpc_id })));
        }
        let body = reader.slice(reader.remaining(), "the message object")?;
        if body.is_empty() {
            return Err(reader.fault("the message object"));
        }
        Ok(Some(Rpc::Message(RpcMessage { reply, uuid, rpc_id, body })))
    }
}

impl RpcMessage {
    /// The body of a message whose object is null.
    pub const NULL_BODY: Bytes = Bytes::from_static(&[NULL, END_BLOCK]);

    /// The object stream.
    pub fn encode(&self) -> Bytes {
        let mut stream = BytesMut::new();
        stream.put_slice(STREAM_HEADER);
        stream.put_slice(&[OBJECT, CLASS]);
        put_external_class(&mut stream, MESSAGE, MESSAGE_UID);
        stream.put_u8(NULL);
        put_block_data(&mut stream, &content(Some(self.reply), &self.uuid, &self.rpc_id));
        stream.put_slice(&self.body);
        stream.freeze()
    }

    /// What to send back, with the option ASYNCHRONOUS alone, when nobody takes this message.
    pub fn no_channel(&self) -> NoRpcChannelReply {
        NoRpcChannelReply { uuid: self.uuid.clone(), rpc_id: self.rpc_id.clone() }
    }
}

impl NoRpcChannelReply {
    /// The object stream.
    pub fn encode(&self) -> Bytes {
        let mut stream = BytesMut::new();
        stream.put_slice(STREAM_HEADER);
        stream.put_slice(&[OBJECT, CLASS]);
        put_external_class(&mut stream, NO_CHANNEL, NO_CHANNEL_UID);
        stream.put_u8(CLASS);
        put_external_class(&mut stream, MESSAGE, MESSAGE_UID);
        stream.put_u8(NULL);
        put_block_data(&mut stream, &content(None, &self.uuid, &self.rpc_id));
        stream.put_u8(END_BLOCK);
        stream.freeze()
    }
}

fn content(reply: Option<bool>, uuid: &[u8], rpc_id: &[u8]) -> Bytes {
    let mut content = BytesMut::with_capacity(1 + 4 + uuid.len() + 4 + rpc_id.len());
    if let Some(reply) = reply {
        content.put_u8(reply.into());
    }
    for bytes in [uuid, rpc_id] {
        content.put_i32(bytes.len() as i32);
        content.put_slice(bytes);
    }
    content.freeze()
}

#[cfg(test)]
mod tests;
