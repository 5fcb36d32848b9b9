//! Where IVs come from.
//!
//! Two messages under one key must never share an IV: with GCM that gives both away, and the authentication with them. All
//! nodes of a cluster share a key, over all their restarts, and none knows of the others' IVs, so an IV must be random, as
//! Tomcat's are. This crate has no randomness. Its shell gives 32 bytes of the system's generator at the start, and a
//! ChaCha20 keystream makes as many IVs of them as are wanted: as good as random for whoever does not know the seed, without
//! a system call in a request's thread, and the same again for a simulator that gives the same seed.
//!
//! Each IV is the start of a keystream of its own. Its ChaCha20 nonce is a counter, which never repeats, and some of the
//! clock: two copies of a running machine have the same seed and counter, and go their ways by their clocks.
//!
//! Random IVs of 96 bits are good for 2^32 messages of all nodes under one key; renew the key before that.

use chacha20::ChaCha20;
use chacha20::cipher::{KeyIvInit, StreamCipher};
use outlive_sync::Counter;
use zeroize::Zeroizing;

use crate::time::UnixMillis;

/// As long as the longest IV.
pub(super) const LENGTH: usize = 16;

/// Makes IVs.
pub(super) struct Nonces {
    seed: Zeroizing<[u8; 32]>,
    count: Counter,
}

impl Nonces {
    pub(super) fn from_seed(seed: [u8; 32]) -> Self {
        Nonces { seed: Zeroizing::new(seed), count: Counter::default() }
    }

    pub(super) fn next(&self, wall: UnixMillis) -> [u8; LENGTH] {
        let mut nonce = [0; 12];
        nonce[..8].copy_from_slice(&self.count.add(1).to_be_bytes());
        nonce[8..].copy_from_slice(&(wall.0 as u32).to_be_bytes());
        let mut iv = [0; LENGTH];
        ChaCha20::new((&*self.seed).into(), &nonce.into()).apply_keystream(&mut iv);
        iv
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_are_alike() {
        let ivs = |seed| {
            let nonces = Nonces::from_seed([seed; 32]);
            (0..10_000).map(|_| nonces.next(UnixMillis(7))).collect::<BTreeSet<_>>()
        };
        let (one, other) = (ivs(1), ivs(2));
        assert_eq!((one.len(), other.len()), (10_000, 10_000));
        assert!(one.is_disjoint(&other), "another seed");
        assert_eq!(one, ivs(1), "the same seed");
        let copied = Nonces::from_seed([1; 32]).next(UnixMillis(8));
        assert!(!one.contains(&copied), "the same seed and count, another time");
    }
}
