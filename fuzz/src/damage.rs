//! Inputs that are nearly right: seeds, cut and flipped. The same ones in every run.

use crate::random::Random;

/// Lengths, counts and handles at which decoders go wrong.
const INTERESTING: [u32; 12] =
    [0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x7e_0000, 0x7e_0001, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, 0xffff_ffff];

/// One damaged form of `seed`; `others` are what pieces may come from.
pub(crate) fn damaged(seed: &[u8], others: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    // Most have one fault, since what comes behind the first is seldom looked at.
    for _ in 0..1 + random.below(4) / 3 {
        fault(&mut bytes, others, random);
    }
    bytes
}

fn fault(bytes: &mut Vec<u8>, others: &[Vec<u8>], random: &mut Random) {
    let at = random.below(bytes.len());
    let until = bytes.len().min(at + 1 + random.below(24));
    match random.below(9) {
        0 => bytes.truncate(at),
        1 => drop(bytes.drain(at..until)),
        2 => {
            let again = bytes[at..until].to_vec();
            bytes.splice(at..at, again);
        }
        3 => {
            let added = 1 + random.below(8);
            let added = random.bytes(added);
            bytes.splice(at..at, added);
        }
        4 => {
            let other = others.get(random.below(others.len())).map_or(&[][..], Vec::as_slice);
            let from = random.below(other.len());
            bytes.truncate(at);
            bytes.extend_from_slice(other.get(from..).unwrap_or_default());
        }
        5 | 6 => {
            let width = 1 << random.below(3);
            let number = INTERESTING[random.below(INTERESTING.len())].to_be_bytes();
            for (byte, new) in bytes.iter_mut().skip(at).zip(&number[4 - width..]) {
                *byte = *new;
            }
        }
        _ => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
    }
}
