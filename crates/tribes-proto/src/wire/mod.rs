//! Bytes on the wire: frames, the data in them, member records, datagrams.
//!
//! ```text
//! connection   FLT2002 | i32 n | ChannelData (n bytes) | TLF2003      or one of the two ack frames
//! ChannelData  options | timestamp | message id | member record of the sender | message
//! datagram     one member record                                      or frames
//! ```
//!
//! Integers are big-endian. Decoders never take memory by a length they have read, and give slices of what they were
//! given; encoders give what Tomcat would have written, byte for byte.

#[cfg(test)]
pub(crate) mod captured;
pub mod channel_data;
pub mod datagram;
pub mod frame;
pub(crate) mod java;
pub mod member;
pub mod peer;
pub(crate) mod reader;
pub mod send_options;
