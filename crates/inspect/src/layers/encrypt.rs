//! EncryptInterceptor: AES, in GCM or CBC mode, which are told apart by trying.

use aes::{Aes128, Aes192, Aes256};
use aes_gcm::aead::Aead;
use aes_gcm::aead::consts::U12;
use aes_gcm::{AesGcm, KeyInit};
use bytes::Bytes;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockDecryptMut, KeyIvInit};

/// The initial vector of GCM, in bytes.
const GCM_IV: usize = 12;
/// The initial vector of CBC.
const CBC_IV: usize = 16;

/// A key of 16, 24 or 32 bytes. Its `Debug` form hides it.
#[derive(Clone)]
pub struct Key(Vec<u8>);

/// A text that is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// Not hexadecimal digits, two a byte.
    #[error("a key is written in hexadecimal digits, two for each byte")]
    Digits,
    /// A number of bytes that AES does not have.
    #[error("a key has 16, 24 or 32 bytes, not {0}")]
    Length(usize),
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({} bytes)", self.0.len())
    }
}

impl std::str::FromStr for Key {
    type Err = KeyFault;

    /// Hexadecimal digits, as in Tomcat's `encryptionKey`.
    fn from_str(text: &str) -> Result<Self, KeyFault> {
        if !text.len().is_multiple_of(2) || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(KeyFault::Digits);
        }
        let bytes = (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16));
        let bytes: Vec<u8> = bytes.collect::<Result<_, _>>().map_err(|_| KeyFault::Digits)?;
        match bytes.len() {
            16 | 24 | 32 => Ok(Key(bytes)),
            other => Err(KeyFault::Length(other)),
        }
    }
}

impl Key {
    /// What a message holds; `None`: it was not encrypted with this key. `timestamp` is that of the message around it.
    ///
    /// Since Tomcat 10.1.56 a plaintext begins with the timestamp. CBC has nothing else to know it by, so without it CBC is refused.
    pub(super) fn decrypt(&self, message: &[u8], timestamp: i64) -> Option<Bytes> {
        let timestamp = timestamp.to_be_bytes();
        if let Some(plain) = self.gcm(message) {
            let plain = Bytes::from(plain);
            return Some(if plain.starts_with(&timestamp) { plain.slice(timestamp.len()..) } else { plain });
        }
        let plain = Bytes::from(self.cbc(message)?);
        plain.starts_with(&timestamp).then(|| plain.slice(timestamp.len()..))
    }

    fn gcm(&self, message: &[u8]) -> Option<Vec<u8>> {
        let (iv, sealed) = message.split_at_checked(GCM_IV)?;
        match self.0.len() {
            16 => AesGcm::<Aes128, U12>::new_from_slice(&self.0).ok()?.decrypt(iv.into(), sealed),
            24 => AesGcm::<Aes192, U12>::new_from_slice(&self.0).ok()?.decrypt(iv.into(), sealed),
            _ => AesGcm::<Aes256, U12>::new_from_slice(&self.0).ok()?.decrypt(iv.into(), sealed),
        }
        .ok()
    }

    fn cbc(&self, message: &[u8]) -> Option<Vec<u8>> {
        let (iv, sealed) = message.split_at_checked(CBC_IV)?;
        match self.0.len() {
            16 => cbc::Decryptor::<Aes128>::new_from_slices(&self.0, iv).ok()?.decrypt_padded_vec_mut::<Pkcs7>(sealed),
            24 => cbc::Decryptor::<Aes192>::new_from_slices(&self.0, iv).ok()?.decrypt_padded_vec_mut::<Pkcs7>(sealed),
            _ => cbc::Decryptor::<Aes256>::new_from_slices(&self.0, iv).ok()?.decrypt_padded_vec_mut::<Pkcs7>(sealed),
        }
        .ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cbc::cipher::BlockEncryptMut;

    const HEX: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    fn sealed_with_gcm(key: &Key, plain: &[u8]) -> Vec<u8> {
        let iv = [7; GCM_IV];
        let sealed = AesGcm::<Aes256, U12>::new_from_slice(&key.0).unwrap().encrypt(&iv.into(), plain).unwrap();
        [&iv[..], &sealed].concat()
    }

    #[test]
    fn keys_are_hexadecimal() {
        assert!(HEX.parse::<Key>().is_ok());
        assert_eq!(HEX[..30].parse::<Key>().unwrap_err(), KeyFault::Length(15));
        assert_eq!("0".parse::<Key>().unwrap_err(), KeyFault::Digits);
        assert_eq!("über".parse::<Key>().unwrap_err(), KeyFault::Digits);
        assert_eq!(format!("{:?}", HEX.parse::<Key>().unwrap()), "Key(32 bytes)");
    }

    #[test]
    fn either_layout_of_gcm() {
        let key: Key = HEX.parse().unwrap();
        let with_time = sealed_with_gcm(&key, b"\0\0\0\0\0\0\0\x05hello");
        assert_eq!(key.decrypt(&with_time, 5).as_deref(), Some(&b"hello"[..]));
        assert_eq!(key.decrypt(&sealed_with_gcm(&key, b"hello"), 5).as_deref(), Some(&b"hello"[..]));
        let other: Key = HEX[..32].parse().unwrap();
        assert_eq!(other.decrypt(&with_time, 5), None);
        assert_eq!(key.decrypt(&with_time[..with_time.len() - 1], 5), None);
    }

    #[test]
    fn cbc_is_known_by_the_time() {
        let key: Key = HEX[..48].parse().unwrap();
        let iv = [9; CBC_IV];
        let cipher = cbc::Encryptor::<Aes192>::new_from_slices(&key.0, &iv).unwrap();
        let sealed = cipher.encrypt_padded_vec_mut::<Pkcs7>(b"\0\0\0\0\0\0\0\x05hello");
        let message = [&iv[..], &sealed].concat();
        assert_eq!(key.decrypt(&message, 5).as_deref(), Some(&b"hello"[..]));
        assert_eq!(key.decrypt(&message, 6), None);
    }
}
