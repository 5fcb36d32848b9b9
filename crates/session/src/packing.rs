//! Numbers, texts and stamps in few bytes, for what only our own nodes read.
//!
//! Times lie close to each other, so each is written as its distance from another one; the writers of stamps are few, so
//! each is written once.

use alloc::vec::Vec;

use crate::stamp::{Stamp, Writer};

/// Writes small pieces one behind the other.
#[derive(Default)]
pub(crate) struct Packer {
    pub(crate) bytes: Vec<u8>,
    writers: Vec<Writer>,
}

impl Packer {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Packer { bytes: Vec::with_capacity(bytes), writers: Vec::new() }
    }

    /// Seven bits a byte, the lowest first; the eighth says that more follow.
    pub(crate) fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }

    /// The sign goes into the lowest bit, so that small distances are short both ways.
    pub(crate) fn distance(&mut self, number: i64, from: i64) {
        let distance = number.wrapping_sub(from);
        self.number(((distance << 1) ^ (distance >> 63)) as u64);
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// A writer in full the first time, by its number afterwards: 0 is a new one.
    pub(crate) fn stamp(&mut self, stamp: Stamp, clock: i64) {
        match self.writers.iter().position(|known| *known == stamp.writer) {
            Some(known) => self.number(known as u64 + 1),
            None => {
                self.writers.push(stamp.writer);
                self.bytes.push(0);
                self.bytes.extend_from_slice(&stamp.writer.0.to_le_bytes());
            }
        }
        self.distance(stamp.time, clock);
        self.distance(stamp.stated, stamp.time);
    }
}

/// Reads them again. `None` is given for whatever no [`Packer`] has written.
pub(crate) struct Unpacker<'a> {
    bytes: &'a [u8],
    writers: Vec<Writer>,
}

impl<'a> Unpacker<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Unpacker { bytes, writers: Vec::new() }
    }

    /// What was not read yet.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    pub(crate) fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(len)?;
        self.bytes = rest;
        Some(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    pub(crate) fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    pub(crate) fn distance(&mut self, from: i64) -> Option<i64> {
        let number = self.number()?;
        Some(from.wrapping_add((number >> 1) as i64 ^ -((number & 1) as i64)))
    }

    pub(crate) fn text(&mut self) -> Option<&'a str> {
        let len = usize::try_from(self.number()?).ok()?;
        core::str::from_utf8(self.take(len)?).ok()
    }

    pub(crate) fn stamp(&mut self, clock: i64) -> Option<Stamp> {
        let writer = match usize::try_from(self.number()?).ok()? {
            0 => {
                let writer = Writer(u64::from_le_bytes(self.array()?));
                self.writers.push(writer);
                writer
            }
            known => *self.writers.get(known - 1)?,
        };
        let time = self.distance(clock)?;
        Some(Stamp { time, writer, stated: self.distance(time)? })
    }
}
