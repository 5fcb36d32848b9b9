//! Frames and member records, and the way on after bytes that are neither.

use bytes::{Buf, Bytes, BytesMut};
use memchr::memmem;
use outlive_tribes_proto::Member;
use outlive_tribes_proto::wire::channel_data::ChannelData;
use outlive_tribes_proto::wire::frame::{Frame, FrameReader, HEADER};
use outlive_tribes_proto::wire::member::{BEGIN, END, RECORD_LIMIT};
use outlive_tribes_proto::wire::send_options::SendOptions;

use crate::body::Decoding;
use crate::detect::Format;
use crate::fault;
use crate::inspector::Settings;
use crate::layers::{Layers, Undone};
use crate::record::{Body, Content, Hex, MemberRecord, MessageRecord, Record};

/// One direction of a connection, or datagrams.
#[derive(Debug)]
pub(crate) struct Wire {
    /// What is not decoded yet.
    buffer: BytesMut,
    /// Where the buffer begins in the input.
    offset: u64,
    /// Whether a member record is a place to go on at. In a connection there is one inside of each frame.
    datagrams: bool,
    skipped: Option<Skipped>,
    layers: Layers,
}

/// Bytes that were passed over.
#[derive(Debug)]
struct Skipped {
    offset: u64,
    why: String,
}

/// What is at the front of the buffer.
enum Front {
    Frame(Frame, usize),
    Member(Box<Member>, usize),
    /// The beginning of something; what of.
    Incomplete(&'static str),
    /// Neither: at which byte something else should have stood, and how many bytes are surely no beginning of anything else.
    Neither {
        at: usize,
        expected: &'static str,
        surely: usize,
    },
}

impl Wire {
    pub(crate) fn new(format: Format, settings: &Settings) -> Self {
        Wire {
            buffer: BytesMut::new(),
            offset: 0,
            datagrams: format == Format::Datagrams,
            skipped: None,
            layers: Layers::new(settings.interceptors.clone(), settings.key.as_ref()),
        }
    }

    pub(crate) fn push<E>(&mut self, bytes: &[u8], sink: &mut impl FnMut(Record) -> Result<(), E>) -> Result<(), E> {
        self.buffer.extend_from_slice(bytes);
        self.run(true, sink)
    }

    pub(crate) fn finish<E>(&mut self, sink: &mut impl FnMut(Record) -> Result<(), E>) -> Result<(), E> {
        self.run(false, sink)?;
        self.told(sink)?;
        self.layers.finish(self.offset, sink)
    }

    fn run<E>(&mut self, more: bool, sink: &mut impl FnMut(Record) -> Result<(), E>) -> Result<(), E> {
        while !self.buffer.is_empty() {
            let (why, surely) = match self.front() {
                Front::Incomplete(_) if more => return Ok(()),
                Front::Incomplete(what) => (format!("expected {what}, found the end of the input"), HEADER.len()),
                // Until all is there that is shown of it.
                Front::Neither { at, .. } if more && self.buffer.len() <= at + fault::SHOWN => return Ok(()),
                Front::Neither { at, expected, surely } => (fault::expected(expected, &self.buffer, at), surely),
                Front::Frame(frame, length) => {
                    self.told(sink)?;
                    self.frame(frame, length, sink)?;
                    self.offset += length as u64;
                    continue;
                }
                Front::Member(member, length) => {
                    self.told(sink)?;
                    let content = Content::Member(MemberRecord::from(&*member));
                    sink(Record::new(self.offset, length as u64, content))?;
                    self.offset += length as u64;
                    continue;
                }
            };
            self.skipped.get_or_insert(Skipped { offset: self.offset, why });
            self.skip(surely, more);
        }
        Ok(())
    }

    fn front(&mut self) -> Front {
        if self.buffer[0] == BEGIN[0] {
            return self.front_member();
        }
        match next_frame(&mut self.buffer) {
            Ok(Some((frame, length))) => Front::Frame(frame, length),
            Ok(None) => Front::Incomplete("the rest of a frame"),
            Err((at, expected)) => {
                let surely = if at >= HEADER.len() { HEADER.len() } else { 1 };
                Front::Neither { at, expected, surely }
            }
        }
    }

    /// Looks at a member record without taking memory for it before it is whole.
    fn front_member(&mut self) -> Front {
        let what = "the rest of a member record";
        let neither = |expected, at| Front::Neither { at, expected, surely: 1 };
        let head = self.buffer.len().min(BEGIN.len());
        if self.buffer[..head] != BEGIN[..head] {
            return neither("a frame or a member record", 0);
        }
        let Some(length) = self.buffer.get(BEGIN.len()..).and_then(<[u8]>::first_chunk) else {
            return Front::Incomplete(what);
        };
        let end = BEGIN.len() + 4 + i32::from_be_bytes(*length).max(0) as usize;
        if end + END.len() > RECORD_LIMIT {
            return neither("a member record of at most 65535 bytes", BEGIN.len());
        }
        let Some(end_marker) = self.buffer.get(end..end + END.len()) else {
            return Front::Incomplete(what);
        };
        if end_marker != END {
            return neither("the end of a member record (TRIBES-E 1 0)", end);
        }
        let record = Bytes::copy_from_slice(&self.buffer[..end + END.len()]);
        match Member::decode_prefix(&record) {
            Ok((member, length)) => {
                self.buffer.advance(length);
                Front::Member(Box::new(member), length)
            }
            Err(error) => neither(error.expected, error.offset),
        }
    }

    /// Passes over bytes, up to the next that look like the beginning of something.
    fn skip(&mut self, surely: usize, more: bool) {
        let surely = surely.clamp(1, self.buffer.len());
        let rest = &self.buffer[surely..];
        let frame = memmem::find(rest, HEADER);
        let rest_to_frame = &rest[..frame.unwrap_or(rest.len())];
        let member = if self.datagrams { memmem::find(rest_to_frame, BEGIN) } else { None };
        let count = match member.or(frame) {
            Some(at) => surely + at,
            // The beginning of a marker may be the last thing there is.
            None if more => self.buffer.len().saturating_sub(BEGIN.len() - 1).max(surely),
            None => self.buffer.len(),
        };
        self.buffer.advance(count);
        self.offset += count as u64;
    }

    /// Says what was passed over.
    fn told<E>(&mut self, sink: &mut impl FnMut(Record) -> Result<(), E>) -> Result<(), E> {
        match self.skipped.take() {
            // The buffer was cut already where a frame or a record stands behind what was passed over.
            Some(Skipped { offset, why }) => sink(Record::error(offset, self.offset - offset, why)),
            None => Ok(()),
        }
    }

    fn frame<E>(
        &mut self,
        frame: Frame,
        length: usize,
        sink: &mut impl FnMut(Record) -> Result<(), E>,
    ) -> Result<(), E> {
        let (offset, length) = (self.offset, length as u64);
        let body = match frame {
            Frame::Ack => return sink(Record::new(offset, length, Content::Ack {})),
            Frame::FailAck => return sink(Record::new(offset, length, Content::FailAck {})),
            Frame::Message(body) => body,
        };
        let data = match ChannelData::decode(&body) {
            Ok(data) => data,
            Err(error) => {
                let what = fault::expected(error.expected, &body, error.offset);
                return sink(Record::error(offset, length, format!("in a frame, at byte {}: {what}", error.offset)));
            }
        };
        let from = match data.source() {
            Ok(member) => MemberRecord::from(&member),
            Err(error) => {
                let what = fault::expected(error.expected, &data.source_record, error.offset);
                let text = format!("in the record of a message's sender, at byte {}: {what}", error.offset);
                return sink(Record::error(offset, length, text));
            }
        };
        let (message, layers, is_opaque, fault) = match self.layers.undo(offset, length, &data, sink)? {
            Undone::Part => return Ok(()),
            Undone::Whole { message, layers, is_opaque } => (message, layers, is_opaque, None),
            Undone::Stuck { message, layers, fault } => (message, layers, true, Some(fault)),
        };
        let mut decoding = Decoding::of(&message);
        let raw = is_opaque || data.options.contains(SendOptions::BYTE_MESSAGE);
        let body = match fault {
            Some(fault) => {
                decoding.faults.push(fault);
                Body::Bytes { hex: Hex(message) }
            }
            None => decoding.body(&message, raw),
        };
        let record = MessageRecord {
            options: data.options.0,
            timestamp: data.timestamp.0,
            unique_id: data.id.to_string(),
            from,
            layers,
            body,
        };
        sink(Record::new(offset, length, Content::Message(Box::new(record))))?;
        decoding.into_faults().try_for_each(|fault| sink(Record::error(offset, length, fault)))
    }
}

/// The next frame with its length, or the place of a fault in the buffer and what should have stood there.
fn next_frame(buffer: &mut BytesMut) -> Result<Option<(Frame, usize)>, (usize, &'static str)> {
    let before = buffer.len();
    match FrameReader::new().next(buffer) {
        Ok(frame) => Ok(frame.map(|frame| (frame, before - buffer.len()))),
        Err(fault) => Err((fault.offset as usize, fault.expected)),
    }
}
