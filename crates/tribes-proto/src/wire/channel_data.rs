//! ChannelData: a message with what travels around it, the body of a frame.
//!
//! ```text
//! options i32 | timestamp i64 | i32 16 + message id | i32 n + member record of the sender | i32 n + message
//! ```
//!
//! One message goes out to many peers as slices: a head that is made once by [`encode_head`], the shared message, and the
//! frame's [`TAIL`].
//!
//! Source: Tomcat `ChannelData.getDataPackage`, `ChannelData.getDataFromPackage`.

use alloc::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};

use super::frame::{HEAD_LENGTH, HEADER, TAIL};
use super::member::{Member, RECORD_LIMIT};
use super::reader::Reader;
use super::send_options::SendOptions;
use crate::error::{DecodeError, FrameTooLong};
use crate::time::UnixMillis;
use crate::unique_id::UniqueId;

/// A message as it arrives, before the interceptors have seen it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelData {
    /// All bits that its sender set.
    pub options: SendOptions,
    /// Its creation, by the sender's wall clock.
    pub timestamp: UnixMillis,
    /// One for each send: the same for all destinations, fragments and repetitions.
    pub id: UniqueId,
    /// The sender's member record, not yet decoded: most often the same bytes as in the message before, see
    /// [`SourceCache`].
    pub source_record: Bytes,
    /// The message: a Java object stream, or raw bytes with [`SendOptions::BYTE_MESSAGE`].
    pub message: Bytes,
}

impl ChannelData {
    /// Reads a frame's body. Nothing is copied.
    ///
    /// # Errors
    /// A length that does not fit, or bytes behind the message. The connection should be closed, as Tomcat does.
    pub fn decode(body: &Bytes) -> Result<ChannelData, DecodeError> {
        let mut reader = Reader::new(body);
        let options = SendOptions(reader.i32("options")? as u32);
        let timestamp = UnixMillis(reader.i64("timestamp")?);
        reader.constant(&16_i32.to_be_bytes(), "a message id of 16 bytes")?;
        let id = UniqueId(reader.array("message id")?);
        let fault = reader.fault("a member record of at most 65535 bytes");
        let source_record = reader.sized("the sender's member record")?;
        if source_record.len() > RECORD_LIMIT {
            return Err(fault);
        }
        let message = reader.sized("a message that fits into the frame")?;
        if reader.remaining() > 0 {
            return Err(reader.fault("the end of the frame"));
        }
        Ok(ChannelData { options, timestamp, id, source_record, message })
    }

    /// The sender, sharing memory with the frame. It is whom the message names: nothing has been verified.
    ///
    /// # Errors
    /// As [`Member::decode`], offsets within the record.
    pub fn source(&self) -> Result<Member, DecodeError> {
        Member::decode(&self.source_record)
    }

    /// The whole frame, in one piece.
    ///
    /// # Errors
    /// The frame would be longer than an i32 can say.
    pub fn encode(&self) -> Result<Bytes, FrameTooLong> {
        let head = encode_head(self.options, self.timestamp, self.id, &self.source_record, self.message.len())?;
        let mut frame = BytesMut::with_capacity(head.len() + self.message.len() + TAIL.len());
        frame.put_slice(&head);
        frame.put_slice(&self.message);
        frame.put_slice(TAIL);
        Ok(frame.freeze())
    }
}

/// The sender's member record in the beginning of a frame whose message may not be there yet; `None` until it is there. The
/// frame has not been checked.
pub fn begun_record(frame: &[u8]) -> Option<&[u8]> {
    let behind_id = frame.get(HEAD_LENGTH + 4 + 8 + 4 + 16..)?;
    let (length, record) = behind_id.split_first_chunk()?;
    let length = usize::try_from(i32::from_be_bytes(*length)).ok()?;
    record.get(..length).filter(|record| record.len() <= RECORD_LIMIT)
}

/// A frame up to its message: write this, `message_length` bytes of message (in as many slices as you like), then
/// [`TAIL`].
///
/// # Errors
/// The frame would be longer than an i32 can say.
pub fn encode_head(
    options: SendOptions,
    timestamp: UnixMillis,
    id: UniqueId,
    source_record: &[u8],
    message_length: usize,
) -> Result<Bytes, FrameTooLong> {
    let before_message = 4 + 8 + 4 + 16 + 4 + source_record.len() + 4;
    let body = before_message.checked_add(message_length).and_then(|length| i32::try_from(length).ok());
    let body = body.ok_or(FrameTooLong { length: message_length })?;
    let mut head = BytesMut::with_capacity(HEAD_LENGTH + before_message);
    head.put_slice(HEADER);
    head.put_i32(body);
    head.put_i32(options.0 as i32);
    head.put_i64(timestamp.0);
    head.put_i32(16);
    head.put_slice(&id.0);
    head.put_i32(source_record.len() as i32);
    head.put_slice(source_record);
    head.put_i32(message_length as i32);
    Ok(head.freeze())
}

/// Remembers the last sender of one connection, so that its record is decoded only when it changes (at a Tomcat: with
/// each heartbeat that it sends, since the alive time is in it).
#[derive(Debug, Default)]
pub struct SourceCache {
    last: Option<(Bytes, Arc<Member>)>,
}

impl SourceCache {
    /// Nothing seen yet.
    pub const fn new() -> Self {
        SourceCache { last: None }
    }

    /// The sender of the last message.
    pub fn last(&self) -> Option<&Member> {
        self.last.as_ref().map(|(_, member)| &**member)
    }

    /// The sender of `data`, and whether its record differs from that of the message before. The member shares no memory
    /// with the frame and may be kept.
    ///
    /// # Errors
    /// As [`Member::decode`], offsets within the record; what was remembered stays.
    pub fn resolve(&mut self, data: &ChannelData) -> Result<(Arc<Member>, bool), DecodeError> {
        if let Some((record, member)) = &self.last
            && *record == data.source_record
        {
            return Ok((member.clone(), false));
        }
        let record = Bytes::copy_from_slice(&data.source_record);
        let member = Arc::new(Member::decode(&record)?);
        self.last = Some((record, member.clone()));
        Ok((member, true))
    }
}

#[cfg(test)]
mod tests;
