//! What is inside an encrypted message.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use super::cipher::{self, Cipher};
use super::key::{Algorithm, EncryptionKey};

/// Opens messages that were encrypted with one key in one mode, whenever that was.
pub struct Decipher {
    algorithm: Algorithm,
    cipher: Box<dyn Cipher>,
}

impl Decipher {
    /// For messages that are encrypted so.
    pub fn new(algorithm: Algorithm, key: &EncryptionKey) -> Self {
        Decipher { algorithm, cipher: cipher::of(algorithm, key) }
    }

    pub(super) fn cipher(&self) -> &dyn Cipher {
        &*self.cipher
    }

    /// What was encrypted (since Tomcat 10.1.56 with its time stamp in front), and the IV. `None`: not with this key and mode, or it was
    /// changed on its way, as far as the mode can tell: all but GCM hardly can.
    pub fn open<'a>(&self, body: &'a [u8]) -> Option<(Vec<u8>, &'a [u8])> {
        let (iv, sealed) = body.split_at_checked(self.cipher.iv_length())?;
        Some((self.cipher.open(iv, sealed)?, iv))
    }
}

impl fmt::Debug for Decipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decipher").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}
