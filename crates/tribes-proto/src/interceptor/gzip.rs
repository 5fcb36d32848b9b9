//! GzipInterceptor: messages go out compressed.
//!
//! A compressed message is one gzip member (RFC 1952) without a name, and says so by an option bit; any other passes as
//! it is, so nodes that compress from different sizes on understand each other.

use alloc::vec::Vec;

use bytes::Bytes;
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

use super::{Interceptor, Layer, Message, Verdict};
use crate::error::PeerFault;
use crate::time::Now;
use crate::wire::member::Member;
use crate::wire::send_options::SendOptions;

/// Messages of more bytes than this are compressed: all but the empty one (Tomcat's `compressionMinSize`).
pub const COMPRESSION_MIN_SIZE_DEFAULT: usize = 0;

/// How much larger than its gzip data a message may be, past [`INFLATED_FREE`]. Sessions compress to a tenth or so.
pub const RATIO_MAX: usize = 100;

/// Up to here a message may be as large as it likes beside its gzip data: 4 MiB of zeros are an honest value.
pub const INFLATED_FREE: usize = 4 << 20;

/// The option bit of a compressed message (Tomcat's `optionFlag` of the GzipInterceptor, 256).
pub const COMPRESSED: SendOptions = SendOptions(0x100);

/// gzip, deflate, no flags, no time, no extra flags, unknown system: what `java.util.zip` writes since Java 16.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// Where the flags stand in the header; what follows them says nothing about the data.
const FLAGS_AT: usize = 3;

/// CRC-32 and length of the message.
const TRAILER_LENGTH: usize = 8;

/// Deflate's own default level, as Java's.
const LEVEL: u8 = 6;

/// The name that faults carry.
const NAME: &str = "GzipInterceptor";

/// Compresses what is sent, once for all destinations, and inflates what comes marked as compressed.
///
/// Source: Tomcat `GzipInterceptor`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gzip {
    /// Messages of more bytes than this are compressed.
    pub compression_min_size: usize,
}

impl Default for Gzip {
    fn default() -> Self {
        Gzip { compression_min_size: COMPRESSION_MIN_SIZE_DEFAULT }
    }
}

impl Interceptor for Gzip {
    fn name(&self) -> &'static str {
        NAME
    }

    fn layer(&self) -> Layer {
        Layer::Marked
    }

    fn acts_on_send(&self) -> bool {
        true
    }

    fn send(&self, _now: Now, mut message: Message) -> Message {
        if message.body.len() > self.compression_min_size {
            message.body = compress(&message.body);
            message.options |= COMPRESSED;
        } else {
            // A configured send option must not mark what is none.
            message.options = message.options.without(COMPRESSED);
        }
        message
    }

    fn receive(&self, _now: Now, _source: &Member, mut message: Message, limit: usize) -> Result<Verdict, PeerFault> {
        if message.options.contains(COMPRESSED) {
            let max = limit.min(message.body.len().saturating_mul(RATIO_MAX).max(INFLATED_FREE));
            message.body = inflate(&message.body, max)?;
            message.options = message.options.without(COMPRESSED);
        }
        Ok(Verdict::Pass(message))
    }
}

fn compress(body: &[u8]) -> Bytes {
    let deflated = compress_to_vec(body, LEVEL);
    let mut out = Vec::with_capacity(HEADER.len() + deflated.len() + TRAILER_LENGTH);
    out.extend_from_slice(&HEADER);
    out.extend_from_slice(&deflated);
    out.extend_from_slice(&crc32fast::hash(body).to_le_bytes());
    // The length modulo 2^32, as the format has it.
    out.extend_from_slice(&(body.len() as u32).to_le_bytes());
    out.into()
}

/// Whether bytes begin as this interceptor's data do.
pub fn is_compressed(body: &[u8]) -> bool {
    body.starts_with(&HEADER[..=FLAGS_AT])
}

/// Inflates one gzip member to `max` bytes at most. Memory grows with what really comes out, and the limit is known before the first byte
/// does.
///
/// # Errors
/// [`PeerFault::Refused`]: no such data, damaged, followed by something, or more than is taken.
pub fn inflate(body: &[u8], max: usize) -> Result<Bytes, PeerFault> {
    let refused = |why| PeerFault::Refused { interceptor: NAME, why };
    let data = if is_compressed(body) { body.get(HEADER.len()..) } else { None };
    let data = data.ok_or(refused("no gzip data, although marked as compressed"))?;
    let Some((data, trailer)) = data.len().checked_sub(TRAILER_LENGTH).map(|end| data.split_at(end)) else {
        return Err(refused("gzip data that ends within its trailer"));
    };
    let (crc, length) = trailer.split_at(TRAILER_LENGTH / 2);
    // What the trailer claims saves growing where it is true, and costs nothing where it is not.
    let claimed = u32::from_le_bytes(length.try_into().unwrap_or_default()) as usize;
    if claimed > max {
        return Err(refused("gzip data that inflates to more than is taken"));
    }
    let mut out = alloc::vec![0; claimed.min(data.len().saturating_mul(4).saturating_add(64))];
    let (mut read, mut written) = (0, 0);
    let mut inflater = DecompressorOxide::new();
    loop {
        let flags = TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
        let (status, taken, given) = decompress(&mut inflater, &data[read..], &mut out, written, flags);
        read += taken;
        written += given;
        match status {
            TINFLStatus::Done => break,
            // The trailer has said where the end is.
            TINFLStatus::HasMoreOutput if out.len() < claimed => {
                let larger = out.len().saturating_mul(2).min(claimed);
                out.resize(larger, 0);
            }
            TINFLStatus::HasMoreOutput => return Err(refused("gzip data that inflates to more than it says")),
            _ => return Err(refused("gzip data that does not inflate")),
        }
    }
    out.truncate(written);
    if read != data.len() || written != claimed {
        return Err(refused("gzip data of another length than it says"));
    }
    if crc != crc32fast::hash(&out).to_le_bytes() {
        return Err(refused("gzip data whose checksum is wrong"));
    }
    Ok(out.into())
}

#[cfg(test)]
mod tests;
