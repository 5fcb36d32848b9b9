//! How a node tells that a peer is one of ours: a mark at the end of the member's payload.
//!
//! ```text
//! payload   configured text … | version u8 | abilities u32 | boot id 8 | port of the health u16 | (later fields) | length of the mark u8 | OUTL
//! ```
//!
//! A Tomcat keeps and ignores the payload, so the mark costs nothing there. A peer without one *is* a Tomcat. The length
//! counts the whole mark with itself and `OUTL`; fields that a newer version puts before it are skipped. Version 1 has no port.

use bytes::{BufMut, Bytes, BytesMut};

const MAGIC: &[u8; 4] = b"OUTL";
/// Version 1 of the mark: the least that is accepted.
const LENGTH_MIN: usize = 1 + 4 + 8 + 1 + MAGIC.len();
/// What this version writes.
const LENGTH: usize = LENGTH_MIN + 2;

/// What a node can do beyond what every Tomcat can, and what it has, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Abilities(pub u32);

impl Abilities {
    /// Takes many frames under way on one connection, in order, and answers them in order.
    pub const PIPELINING: Abilities = Abilities(1);
    /// Holds the cluster's state and stays: another member may leave and rely on it. It comes when the state is held, and goes when
    /// the node prepares to leave.
    pub const HOLDS_STATE: Abilities = Abilities(2);
    /// Prepares to leave: nobody needs to wait for it to hold the state.
    pub const LEAVES: Abilities = Abilities(4);

    /// These and `other` together.
    #[must_use]
    pub const fn with(self, other: Abilities) -> Abilities {
        Abilities(self.0 | other.0)
    }

    /// Whether all bits of `other` are set.
    pub const fn contains(self, other: Abilities) -> bool {
        self.0 & other.0 == other.0
    }
}

/// What stands in a payload's mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mark {
    /// Version of the mark's layout.
    pub version: u8,
    /// What the node can do.
    pub abilities: Abilities,
    /// Made anew at each start: tells incarnations apart where the unique id stays (static members).
    pub boot: [u8; 8],
    /// Where its health answers over HTTP, on the host at which it takes messages; 0: nowhere.
    pub health_port: u16,
}

impl Mark {
    /// The mark at the end of `payload` and the configured bytes before it; no mark if there is none.
    pub fn split(payload: &[u8]) -> (&[u8], Option<Mark>) {
        let found = || {
            let (length, _) =
                payload.strip_suffix(MAGIC)?.split_last().map(|(length, rest)| (usize::from(*length), rest))?;
            let start = payload.len().checked_sub(length).filter(|_| length >= LENGTH_MIN)?;
            let (version, fields) = payload[start..].split_first()?;
            let (abilities, fields) = fields.split_first_chunk()?;
            let (boot, fields) = fields.split_first_chunk()?;
            // What stands before the length; version 1 has nothing there.
            let later = fields.len().checked_sub(1 + MAGIC.len()).map(|length| &fields[..length])?;
            let health_port = later.first_chunk().map_or(0, |port| u16::from_be_bytes(*port));
            let abilities = Abilities(u32::from_be_bytes(*abilities));
            Some((start, Mark { version: *version, abilities, boot: *boot, health_port }))
        };
        match found() {
            Some((start, mark)) => (&payload[..start], Some(mark)),
            None => (payload, None),
        }
    }

    /// A payload: `text` with this mark behind it.
    pub fn append_to(&self, text: &[u8]) -> Bytes {
        let mut payload = BytesMut::with_capacity(text.len() + LENGTH);
        payload.put_slice(text);
        payload.put_u8(self.version);
        payload.put_u32(self.abilities.0);
        payload.put_slice(&self.boot);
        payload.put_u16(self.health_port);
        payload.put_u8(LENGTH as u8);
        payload.put_slice(MAGIC);
        payload.freeze()
    }
}

/// Whose software a member runs, as far as its payload tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PeerKind {
    /// No mark: it gets exactly what a Tomcat would send.
    Tomcat,
    /// One of ours.
    Outlive {
        /// Version of the mark's layout.
        version: u8,
        /// What it can do.
        abilities: Abilities,
        /// Its boot id.
        boot: [u8; 8],
        /// Where its health answers over HTTP, on the host at which it takes messages; 0: nowhere.
        health_port: u16,
    },
}

impl core::fmt::Display for PeerKind {
    /// One word, for people.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            PeerKind::Tomcat => "Tomcat",
            PeerKind::Outlive { .. } => "Outlive",
        })
    }
}

impl PeerKind {
    /// Reads the end of a member's payload.
    pub fn of(payload: &[u8]) -> PeerKind {
        match Mark::split(payload).1 {
            None => PeerKind::Tomcat,
            Some(Mark { version, abilities, boot, health_port }) => {
                PeerKind::Outlive { version, abilities, boot, health_port }
            }
        }
    }

    /// Whether this is one of ours with all of `abilities`.
    pub fn can(&self, abilities: Abilities) -> bool {
        matches!(self, PeerKind::Outlive { abilities: theirs, .. } if theirs.contains(abilities))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARK: Mark = Mark { version: 2, abilities: Abilities(1), boot: *b"bootboot", health_port: 9000 };

    #[test]
    fn the_mark_stands_behind_the_text() {
        let payload = MARK.append_to(b"rack=7");
        assert_eq!(&payload[..], b"rack=7\x02\x00\x00\x00\x01bootboot\x23\x28\x14OUTL");
        assert_eq!(Mark::split(&payload), (&b"rack=7"[..], Some(MARK)));
        assert!(PeerKind::of(&payload).can(Abilities::PIPELINING));
        assert_eq!(Mark::split(&MARK.append_to(b"")), (&b""[..], Some(MARK)));
    }

    #[test]
    fn fields_of_a_newer_version_are_skipped() {
        let payload = b"rack\x03\x00\x00\x00\x03bootboot\x23\x28more\x18OUTL";
        let newer = Mark { version: 3, abilities: Abilities(3), ..MARK };
        assert_eq!(Mark::split(payload), (&b"rack"[..], Some(newer)));
    }

    #[test]
    fn the_first_version_tells_no_port() {
        let payload = b"\x01\x00\x00\x00\x01bootboot\x12OUTL";
        assert_eq!(Mark::split(payload), (&b""[..], Some(Mark { version: 1, health_port: 0, ..MARK })));
    }

    #[test]
    fn anything_else_is_a_tomcat() {
        let whole = MARK.append_to(b"");
        for end in 0..whole.len() {
            assert_eq!(Mark::split(&whole[..end]), (&whole[..end], None));
        }
        for start in 1..=whole.len() {
            assert_eq!(Mark::split(&whole[start..]).1, None, "a mark cut at its front");
        }
        for text in [&b"OUTL"[..], b"\xffOUTL", b"\x00OUTL", b"\x11ersion1234bootboot\x11OUTL"] {
            assert_eq!(PeerKind::of(text), PeerKind::Tomcat);
            assert!(!PeerKind::of(text).can(Abilities(0)));
        }
    }
}
