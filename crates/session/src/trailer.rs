//! What stands behind the Java object of a state, for our own nodes: a stamp for each register of each session.
//!
//! A Tomcat reads its object and leaves alone what stands behind it. With these stamps a whole session is joined register by
//! register: what the receiver has heard of later stays, and what was removed stays removed.
//!
//! ```text
//! for each session: varint clock · stamps of idle time and user
//!                   number of attributes · their stamps, in the order of the state
//!                   number of removed names · each: name · stamp
//! u32 length of all that · "OLS1"
//! ```

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::attributes::Attribute;
use crate::cell::SessionCell;
use crate::packing::{Packer, Unpacker};
use crate::stamp::Stamp;

const MARK: &[u8; 4] = b"OLS1";

/// Bytes of one stamp at least.
const STAMP_BYTES_MIN: usize = 3;

/// The stamps of one whole session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateStamps {
    pub(crate) max_inactive: Stamp,
    pub(crate) principal: Stamp,
    /// In the order in which the attributes stand in the state.
    pub(crate) attributes: Vec<Stamp>,
    pub(crate) removed: Vec<(Box<str>, Stamp)>,
}

impl StateStamps {
    /// Leaves out the stamps of attributes that are taken out of the state: those that are not `kept`, in the state's order.
    pub fn retain(&mut self, kept: &[bool]) {
        if kept.len() == self.attributes.len() {
            let mut kept = kept.iter();
            self.attributes.retain(|_| kept.next() == Some(&true));
        }
    }

    /// Those of a session, fitting to what [`SessionCell::to_state`] gives at the same moment.
    pub fn of(session: &SessionCell) -> Self {
        let (mut attributes, mut removed) = (Vec::new(), Vec::new());
        for Attribute { name, register } in session.attributes.list() {
            match register.known() {
                Some(_) => attributes.push(register.stamp),
                // One that was never told of was never removed either.
                None if register.stamp == Stamp::default() => {}
                None => removed.push((name.clone(), register.stamp)),
            }
        }
        StateStamps {
            max_inactive: session.max_inactive.stamp,
            principal: session.principal.stamp,
            attributes,
            removed,
        }
    }
}

/// Writes the stamps of a block's sessions one after the other.
#[derive(Default)]
pub struct TrailerWriter(Packer);

impl TrailerWriter {
    /// Appends those of one session.
    pub fn push(&mut self, stamps: &StateStamps) {
        let clock = stamps.max_inactive.time.max(stamps.principal.time);
        let clock = stamps.attributes.iter().map(|stamp| stamp.time).fold(clock, i64::max);
        let out = &mut self.0;
        out.distance(clock, 0);
        out.stamp(stamps.max_inactive, clock);
        out.stamp(stamps.principal, clock);
        out.number(stamps.attributes.len() as u64);
        stamps.attributes.iter().for_each(|stamp| out.stamp(*stamp, clock));
        out.number(stamps.removed.len() as u64);
        for (name, stamp) in &stamps.removed {
            out.text(name);
            out.stamp(*stamp, clock);
        }
    }

    /// The trailer, to be appended to the message.
    pub fn finish(self) -> Vec<u8> {
        let mut bytes = self.0.bytes;
        // A block is bounded by the frame limit, far below 4 GiB.
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(MARK);
        bytes
    }
}

impl core::fmt::Debug for TrailerWriter {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("TrailerWriter").field("bytes", &self.0.bytes.len()).finish()
    }
}

/// What stands in front of a trailer, and its stamps.
fn split(message: &[u8]) -> Option<(&[u8], &[u8])> {
    let (bytes, length) = message.strip_suffix(MARK)?.split_last_chunk::<4>()?;
    let start = bytes.len().checked_sub(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    bytes.split_at_checked(start)
}

/// Reads the stamps of a block's sessions. It ends early where the bytes are no trailer's; memory follows what is there.
pub struct TrailerReader<'a>(Unpacker<'a>);

impl<'a> TrailerReader<'a> {
    /// The trailer that a message from one of ours ends with; an empty one if it has none.
    pub fn behind(message: &'a [u8]) -> Self {
        let stamps = split(message).map(|(_, stamps)| stamps);
        TrailerReader(Unpacker::new(stamps.unwrap_or_default()))
    }

    /// Whether bytes that stand behind a Java object are a trailer and nothing else.
    pub fn is_trailer(bytes: &[u8]) -> bool {
        split(bytes).is_some_and(|(before, _)| before.is_empty())
    }

    fn read(&mut self) -> Option<StateStamps> {
        let input = &mut self.0;
        let clock = input.distance(0)?;
        let (max_inactive, principal) = (input.stamp(clock)?, input.stamp(clock)?);
        let count = usize::try_from(input.number()?).ok()?;
        let mut attributes = Vec::with_capacity(count.min(input.rest().len() / STAMP_BYTES_MIN));
        for _ in 0..count {
            attributes.push(input.stamp(clock)?);
        }
        let count = usize::try_from(input.number()?).ok()?;
        let mut removed = Vec::new();
        for _ in 0..count {
            removed.push((Box::from(input.text()?), input.stamp(clock)?));
        }
        Some(StateStamps { max_inactive, principal, attributes, removed })
    }
}

impl Iterator for TrailerReader<'_> {
    type Item = StateStamps;

    fn next(&mut self) -> Option<StateStamps> {
        let stamps = self.read();
        if stamps.is_none() {
            self.0 = Unpacker::new(&[]);
        }
        stamps
    }
}

impl core::fmt::Debug for TrailerReader<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("TrailerReader").field("bytes", &self.0.rest().len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stamp::Writer;

    fn stamp(time: i64, writer: u64) -> Stamp {
        Stamp { time, writer: Writer(writer), stated: time - 3 }
    }

    fn some() -> Vec<StateStamps> {
        let one = StateStamps {
            max_inactive: stamp(1_700_000_000_000, 1),
            principal: Stamp::default(),
            attributes: [stamp(1_700_000_000_005, u64::MAX), stamp(i64::MAX, 1), stamp(i64::MIN + 3, 7)].into(),
            removed: [("gr\u{fc}n".into(), stamp(4, 2)), ("".into(), stamp(5, 2))].into(),
        };
        let empty = StateStamps { attributes: Vec::new(), removed: Vec::new(), ..one.clone() };
        [one, empty].into()
    }

    fn message() -> Vec<u8> {
        let mut writer = TrailerWriter::default();
        some().iter().for_each(|stamps| writer.push(stamps));
        let mut message = Vec::from(b"a Java object".as_slice());
        message.extend(writer.finish());
        message
    }

    #[test]
    fn stamps_come_back_as_they_were() {
        assert!(TrailerReader::behind(&message()).eq(some()));
    }

    #[test]
    fn a_message_without_a_trailer_has_no_stamps() {
        for bytes in [&b""[..], b"a Java object", MARK, b"\0\0\0\x09OLS1", b"\xff\xff\xff\xffOLS1"] {
            assert_eq!(TrailerReader::behind(bytes).next(), None);
        }
    }

    #[test]
    fn damage_costs_stamps_and_no_more() {
        let whole = message();
        for at in 0..whole.len() - 8 {
            for flip in [1, 0x80, 0xff] {
                let mut damaged = whole.clone();
                damaged[at] ^= flip;
                assert!(TrailerReader::behind(&damaged).count() <= whole.len());
            }
        }
    }
}
