//! The member record: how a node describes itself, in multicast datagrams and in front of every message.
//!
//! ```text
//! TRIBES-B 01 00 | i32 body length | alive i64 | port i32 | secure i32 | udp i32 | host i8 + n
//!                | command i32 + n | domain i32 + n | unique id 16 | payload i32 + n | TRIBES-E 01 00
//! ```
//!
//! Source: Tomcat `MemberImpl.getData`, `MemberImpl.getMember`.

use core::net::IpAddr;

use bytes::{BufMut, Bytes, BytesMut};

use super::peer::PeerKind;
use super::reader::Reader;
use crate::error::DecodeError;
use crate::unique_id::{MemberId, UniqueId};

/// Begins every member record.
pub const BEGIN: &[u8; 10] = b"TRIBES-B\x01\x00";
/// Ends every member record.
pub const END: &[u8; 10] = b"TRIBES-E\x01\x00";
/// The command of a node that is leaving.
pub const SHUTDOWN: &[u8] = b"BABY-ALEX";
/// Largest record, in bytes, that is read or written: what one datagram can carry.
pub const RECORD_LIMIT: usize = 65_535;

/// Markers and the body's length.
const OVERHEAD: usize = BEGIN.len() + 4 + END.len();
/// A body with no host, command, domain and payload.
const FIXED: usize = 8 + 3 * 4 + 1 + 3 * 4 + 16;

/// A node of the cluster, as it describes itself.
///
/// Equality compares every field; who is the same member is told by [`id`](Self::id).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Host, port and unique id: its identity.
    pub id: MemberId,
    /// Milliseconds since its membership service started, when the record was built. Some Tomcats announce an absurdly
    /// large one (current epoch milliseconds), cloud members a negative one.
    pub alive_ms: i64,
    /// −1: none. Announced only; nothing connects there.
    pub secure_port: i32,
    /// −1: none.
    pub udp_port: i32,
    /// Empty, or [`SHUTDOWN`].
    pub command: Bytes,
    /// Empty: no domain.
    pub domain: Bytes,
    /// Application data; ours ends with a [`Mark`](super::peer::Mark).
    pub payload: Bytes,
}

impl Member {
    /// A member with that identity: alive for no time, no other ports, no domain, no payload.
    pub const fn new(id: MemberId) -> Member {
        Member {
            id,
            alive_ms: 0,
            secure_port: -1,
            udp_port: -1,
            command: Bytes::new(),
            domain: Bytes::new(),
            payload: Bytes::new(),
        }
    }

    /// What makes it the same member as another.
    pub const fn id(&self) -> MemberId {
        self.id
    }

    /// Whether it says that it is leaving.
    pub fn is_shutting_down(&self) -> bool {
        self.command == SHUTDOWN
    }

    /// Whose software it runs.
    pub fn peer(&self) -> PeerKind {
        PeerKind::of(&self.payload)
    }

    /// Reads the record at the start of `bytes`. Nothing is copied: command, domain and payload share memory with `bytes`,
    /// so a member that is kept should come from a small buffer of its own.
    ///
    /// As in Tomcat, bytes behind the end marker are not looked at, nor those between payload and end marker.
    ///
    /// # Errors
    /// A missing marker, a length that does not fit, a host that is neither 4 nor 16 bytes, a port above 65535, a record
    /// above [`RECORD_LIMIT`].
    pub fn decode(bytes: &Bytes) -> Result<Member, DecodeError> {
        Member::decode_prefix(bytes).map(|(member, _)| member)
    }

    /// As [`decode`](Self::decode), with the length of the record.
    ///
    /// # Errors
    /// As there.
    pub fn decode_prefix(bytes: &Bytes) -> Result<(Member, usize), DecodeError> {
        let mut reader = Reader::new(bytes);
        reader.constant(BEGIN, "a member record (TRIBES-B 1 0)")?;
        let fault = reader.fault("the member record's length");
        let length = usize::try_from(reader.i32("the member record's length")?).map_err(|_| fault)?;
        if !(FIXED..=RECORD_LIMIT - OVERHEAD).contains(&length) || length + END.len() > reader.remaining() {
            return Err(fault);
        }
        let end = reader.offset() + length;
        let body = bytes.slice(..end);
        let end_fault = DecodeError { offset: end, expected: "the member record's end (TRIBES-E 1 0)" };
        if !bytes[end..].starts_with(END) {
            return Err(end_fault);
        }
        let mut reader = Reader::at(&body, reader.offset());
        let alive_ms = reader.i64("alive time")?;
        let fault = reader.fault("a TCP port from 0 to 65535");
        let port = u16::try_from(reader.i32("TCP port")?).map_err(|_| fault)?;
        let secure_port = reader.i32("secure port")?;
        let udp_port = reader.i32("UDP port")?;
        let fault = reader.fault("a host of 4 or 16 bytes");
        let host = match reader.u8("host length")? {
            4 => IpAddr::from(reader.array::<4>("host")?),
            16 => IpAddr::from(reader.array::<16>("host")?),
            _ => return Err(fault),
        };
        let command = reader.sized("a command that fits into the record")?;
        let domain = reader.sized("a domain that fits into the record")?;
        let unique_id = UniqueId(reader.array("unique id")?);
        let payload = reader.sized("a payload that fits into the record")?;
        let id = MemberId { host, port, unique_id };
        Ok((Member { id, alive_ms, secure_port, udp_port, command, domain, payload }, end + END.len()))
    }

    /// Length of the record that [`encode`](Self::encode) makes.
    pub fn encoded_length(&self) -> usize {
        let host = if self.id.host.is_ipv4() { 4 } else { 16 };
        OVERHEAD + FIXED + host + self.command.len() + self.domain.len() + self.payload.len()
    }

    /// The record.
    ///
    /// Command, domain and payload together must leave it within [`RECORD_LIMIT`], or peers will not read it: the node's
    /// configuration has to see to that.
    pub fn encode(&self) -> Bytes {
        let length = self.encoded_length();
        let mut record = BytesMut::with_capacity(length);
        record.put_slice(BEGIN);
        record.put_i32((length - OVERHEAD) as i32);
        record.put_i64(self.alive_ms);
        record.put_i32(self.id.port.into());
        record.put_i32(self.secure_port);
        record.put_i32(self.udp_port);
        match self.id.host {
            IpAddr::V4(ip) => {
                record.put_u8(4);
                record.put_slice(&ip.octets());
            }
            IpAddr::V6(ip) => {
                record.put_u8(16);
                record.put_slice(&ip.octets());
            }
        }
        for text in [&self.command, &self.domain] {
            record.put_i32(text.len() as i32);
            record.put_slice(text);
        }
        record.put_slice(&self.id.unique_id.0);
        record.put_i32(self.payload.len() as i32);
        record.put_slice(&self.payload);
        record.put_slice(END);
        record.freeze()
    }
}

#[cfg(test)]
mod tests;
