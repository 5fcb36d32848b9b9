//! Ids of the messages that the group itself makes.

use crate::time::UnixMillis;
use crate::unique_id::UniqueId;

/// Makes ids that differ from each other and from those of other nodes and starts. Receivers do not look at the id of a
/// probe, so it need not be unpredictable, and no randomness is asked of the caller.
#[derive(Debug, Clone)]
pub(crate) struct MessageIds {
    state: u64,
}

impl MessageIds {
    /// Starts from a node's own id.
    pub(crate) fn new(seed: UniqueId) -> MessageIds {
        let mut ids = MessageIds { state: 0 };
        for half in seed.0.as_chunks::<8>().0 {
            ids.state ^= u64::from_be_bytes(*half);
            ids.step();
        }
        ids
    }

    /// Tells two starts of a node with the same id apart.
    pub(crate) fn mix(&mut self, wall: UnixMillis) {
        self.state ^= wall.0 as u64;
        self.step();
    }

    /// The next id, with the marks of a version-4 UUID as all ids of Tomcat's.
    pub(crate) fn next(&mut self) -> UniqueId {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.step().to_be_bytes());
        bytes[8..].copy_from_slice(&self.step().to_be_bytes());
        UniqueId::from_random(bytes)
    }

    /// SplitMix64.
    fn step(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
