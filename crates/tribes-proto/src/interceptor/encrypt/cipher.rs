//! AES in the modes that Tomcat accepts: all the work is the RustCrypto crates'.

use alloc::boxed::Box;
use alloc::vec::Vec;

use aes::cipher::block_padding::{Pkcs7, RawPadding};
use aes::cipher::consts::{U12, U16};
use aes::cipher::generic_array::GenericArray;
use aes::cipher::{
    AsyncStreamCipher, BlockCipher, BlockDecryptMut, BlockEncrypt, BlockEncryptMut, BlockSizeUser, InnerIvInit,
    KeyInit, StreamCipher, StreamCipherCoreWrapper,
};
use aes::{Aes128, Aes192, Aes256};
use aes_gcm::AesGcm;
use aes_gcm::aead::AeadInPlace;

use super::key::{Algorithm, EncryptionKey};

/// Bytes that a message grows by at its end, at most: a tag, or a block of padding.
pub(super) const ROOM: usize = 16;

/// The block of AES.
const BLOCK: usize = 16;

/// One key in one mode.
pub(super) trait Cipher: Send + Sync {
    /// Bytes of the IV.
    fn iv_length(&self) -> usize;

    /// Encrypts all behind the IV with which `message` begins, and appends what the mode needs.
    fn seal(&self, message: &mut Vec<u8>);

    /// Decrypts; `None`: not with this key, changed on its way (as far as the mode can tell), or no such message.
    fn open(&self, iv: &[u8], sealed: &[u8]) -> Option<Vec<u8>>;
}

/// The cipher for a key.
pub(super) fn of(algorithm: Algorithm, key: &EncryptionKey) -> Box<dyn Cipher> {
    let key = key.bytes();
    match key.len() {
        32 => with::<Aes256>(algorithm, key),
        24 => with::<Aes192>(algorithm, key),
        // A key has no other length.
        _ => with::<Aes128>(algorithm, key),
    }
}

/// AES with one key length.
trait Aes:
    BlockCipher + BlockSizeUser<BlockSize = U16> + BlockEncrypt + BlockEncryptMut + BlockDecryptMut + KeyInit + Clone
{
}

impl Aes for Aes128 {}
impl Aes for Aes192 {}
impl Aes for Aes256 {}

fn with<A: Aes + Send + Sync + 'static>(algorithm: Algorithm, key: &[u8]) -> Box<dyn Cipher> {
    let aes = A::new(GenericArray::from_slice(key));
    match algorithm {
        Algorithm::AesGcm => Box::new(Gcm(AesGcm::from(aes))),
        Algorithm::AesCbc => Box::new(Cbc(aes)),
        Algorithm::AesCfb => Box::new(Cfb(aes)),
        Algorithm::AesOfb => Box::new(Ofb(aes)),
    }
}

/// Encrypts and authenticates.
struct Gcm<A>(AesGcm<A, U12>);

impl<A: Aes + Send + Sync> Cipher for Gcm<A> {
    fn iv_length(&self) -> usize {
        12
    }

    fn seal(&self, message: &mut Vec<u8>) {
        let (iv, rest) = message.split_at_mut(self.iv_length());
        let tag = self.0.encrypt_in_place_detached(GenericArray::from_slice(iv), b"", rest);
        message.extend_from_slice(&tag.expect("a message is shorter than the 64 GiB that GCM takes"));
    }

    fn open(&self, iv: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (sealed, tag) = sealed.split_last_chunk::<16>()?;
        let mut opened = sealed.to_vec();
        let (iv, tag) = (GenericArray::from_slice(iv), GenericArray::from_slice(tag));
        self.0.decrypt_in_place_detached(iv, b"", &mut opened, tag).ok()?;
        Some(opened)
    }
}

/// Cipher block chaining.
struct Cbc<A>(A);

impl<A: Aes + Send + Sync> Cipher for Cbc<A> {
    fn iv_length(&self) -> usize {
        BLOCK
    }

    fn seal(&self, message: &mut Vec<u8>) {
        pad(message);
        let (iv, rest) = message.split_at_mut(BLOCK);
        let mut mode = cbc::Encryptor::inner_iv_init(self.0.clone(), GenericArray::from_slice(iv));
        rest.chunks_exact_mut(BLOCK).for_each(|block| mode.encrypt_block_mut(GenericArray::from_mut_slice(block)));
    }

    fn open(&self, iv: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let mut opened = whole_blocks(sealed)?;
        let mut mode = cbc::Decryptor::inner_iv_init(self.0.clone(), GenericArray::from_slice(iv));
        opened.chunks_exact_mut(BLOCK).for_each(|block| mode.decrypt_block_mut(GenericArray::from_mut_slice(block)));
        unpadded(opened)
    }
}

/// Cipher feedback of whole blocks, padded all the same, as Java does.
struct Cfb<A>(A);

impl<A: Aes + Send + Sync> Cipher for Cfb<A> {
    fn iv_length(&self) -> usize {
        BLOCK
    }

    fn seal(&self, message: &mut Vec<u8>) {
        pad(message);
        let (iv, rest) = message.split_at_mut(BLOCK);
        cfb_mode::Encryptor::inner_iv_init(self.0.clone(), GenericArray::from_slice(iv)).encrypt(rest);
    }

    fn open(&self, iv: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let mut opened = whole_blocks(sealed)?;
        cfb_mode::Decryptor::inner_iv_init(self.0.clone(), GenericArray::from_slice(iv)).decrypt(&mut opened);
        unpadded(opened)
    }
}

/// Output feedback, padded all the same, as Java does.
struct Ofb<A>(A);

impl<A: Aes> Ofb<A> {
    fn apply(&self, iv: &[u8], bytes: &mut [u8]) {
        let core = ofb::OfbCore::inner_iv_init(self.0.clone(), GenericArray::from_slice(iv));
        StreamCipherCoreWrapper::from_core(core).apply_keystream(bytes);
    }
}

impl<A: Aes + Send + Sync> Cipher for Ofb<A> {
    fn iv_length(&self) -> usize {
        BLOCK
    }

    fn seal(&self, message: &mut Vec<u8>) {
        pad(message);
        let (iv, rest) = message.split_at_mut(BLOCK);
        self.apply(iv, rest);
    }

    fn open(&self, iv: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let mut opened = whole_blocks(sealed)?;
        self.apply(iv, &mut opened);
        unpadded(opened)
    }
}

/// Appends PKCS #5 padding: to whole blocks, the IV being one, and a whole one where they are whole already.
fn pad(message: &mut Vec<u8>) {
    let filled = message.len() % BLOCK;
    let start = message.len() - filled;
    message.resize(start + BLOCK, 0);
    Pkcs7::raw_pad(&mut message[start..], filled);
}

/// A copy, if it is whole blocks and not none.
fn whole_blocks(sealed: &[u8]) -> Option<Vec<u8>> {
    (!sealed.is_empty() && sealed.len().is_multiple_of(BLOCK)).then(|| sealed.to_vec())
}

fn unpadded(mut opened: Vec<u8>) -> Option<Vec<u8>> {
    let start = opened.len() - BLOCK;
    let rest = Pkcs7::raw_unpad(&opened[start..]).ok()?.len();
    opened.truncate(start + rest);
    Some(opened)
}
