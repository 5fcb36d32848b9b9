//! What the operator configures: the key and the algorithm.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use zeroize::Zeroizing;

/// A key of 16, 24 or 32 bytes, as Tomcat takes it: the bytes themselves, nothing derived. It is never shown, and wiped
/// when dropped.
#[derive(Clone)]
pub struct EncryptionKey(Zeroizing<Vec<u8>>);

/// What is no key. It says nothing of what was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// Something else than pairs of hexadecimal digits.
    #[error("a key is written in hexadecimal digits, two for each byte")]
    NotHex,
    /// No length that AES has.
    #[error("a key has 16, 24 or 32 bytes (32, 48 or 64 hexadecimal digits), not {0} bytes")]
    Length(usize),
}

impl EncryptionKey {
    /// The key's bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl FromStr for EncryptionKey {
    type Err = KeyFault;

    fn from_str(text: &str) -> Result<Self, KeyFault> {
        let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8).ok_or(KeyFault::NotHex);
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if !rest.is_empty() {
            return Err(KeyFault::NotHex);
        }
        let mut key = Zeroizing::new(Vec::with_capacity(pairs.len()));
        for [high, low] in pairs {
            key.push(digit(*high)? << 4 | digit(*low)?);
        }
        match key.len() {
            16 | 24 | 32 => Ok(EncryptionKey(key)),
            other => Err(KeyFault::Length(other)),
        }
    }
}

impl fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EncryptionKey({} bits)", self.0.len() * 8)
    }
}

/// How messages are encrypted: Tomcat's `encryptionAlgorithm`, as far as it accepts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Algorithm {
    /// Encrypts and authenticates: Tomcat's default since 10.1.58.
    #[default]
    AesGcm,
    /// Tomcat's default before. A message can be changed on its way, and a receiver can be asked for the plaintext piece
    /// by piece (CVE-2026-29146).
    AesCbc,
    /// As weak as CBC.
    AesCfb,
    /// As weak as CBC.
    AesOfb,
}

impl Algorithm {
    /// All that Tomcat accepts.
    pub const ALL: [Algorithm; 4] = [Algorithm::AesGcm, Algorithm::AesCbc, Algorithm::AesCfb, Algorithm::AesOfb];

    /// Java's name of the transformation.
    pub const fn name(self) -> &'static str {
        match self {
            Algorithm::AesGcm => "AES/GCM/NoPadding",
            Algorithm::AesCbc => "AES/CBC/PKCS5Padding",
            Algorithm::AesCfb => "AES/CFB/PKCS5Padding",
            Algorithm::AesOfb => "AES/OFB/PKCS5Padding",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An algorithm that Tomcat refuses too (ECB, CTR, no padding where there must be one), or that nobody has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{0}\" is no algorithm for messages: AES/GCM/NoPadding, or AES/CBC/PKCS5Padding, AES/CFB/PKCS5Padding, \
     AES/OFB/PKCS5Padding where a Tomcat has that"
)]
pub struct UnknownAlgorithm(pub String);

impl FromStr for Algorithm {
    type Err = UnknownAlgorithm;

    /// As Tomcat: in any case, and `AES` alone is AES/GCM/NoPadding.
    fn from_str(text: &str) -> Result<Self, UnknownAlgorithm> {
        if text.eq_ignore_ascii_case("AES") {
            return Ok(Algorithm::AesGcm);
        }
        let known = Algorithm::ALL.into_iter().find(|known| known.name().eq_ignore_ascii_case(text));
        known.ok_or_else(|| UnknownAlgorithm(text.into()))
    }
}
