//! EncryptInterceptor: nobody without the key reads a message or makes one.
//!
//! ```text
//! IV | cipher of (i64 time stamp | message) | tag        AES/GCM: IV 12 bytes, tag 16
//! IV | cipher of (i64 time stamp | message | padding)    AES/CBC, CFB, OFB: IV 16 bytes, PKCS #5 padding, no tag
//! ```
//!
//! The layout is that of Tomcat 10.1.56 and later; older ones have no time stamp, and no message passes between the two.
//!
//! What it does not do: options, ids, member records, domains, membership, probes and acknowledgements stay open, so
//! anybody can still announce members and send shutdown notices. All nodes share one key, which is never renewed. Modes
//! other than GCM do not show that a message was changed on its way; they are here for Tomcats that have them.

mod cipher;
mod decipher;
mod key;
mod nonces;
mod replay;

use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use outlive_sync::{Counter, Locked};

pub use decipher::Decipher;
pub use key::{Algorithm, EncryptionKey, KeyFault, UnknownAlgorithm};
pub use replay::{REPLAY_WINDOW_MESSAGE_COUNT_DEFAULT, REPLAY_WINDOW_TIME_DEFAULT};

use self::nonces::Nonces;
use self::replay::{Replay, ReplayWindow};
use super::{Interceptor, Layer, Message, Verdict};
use crate::error::PeerFault;
use crate::time::Now;
use crate::wire::member::Member;

/// In front of the message, inside the encryption: its time stamp, big-endian.
pub const TIMESTAMP_LENGTH: usize = 8;

/// The name that faults carry.
const NAME: &str = "EncryptInterceptor";

/// Encrypts what is sent, once for all destinations, and lets nothing pass that this key did not encrypt, or that has
/// passed before.
///
/// A message that was encrypted long ago is refused by its receiver, so one that has waited for its peer is
/// [encrypted anew](Interceptor::refresh).
///
/// Source: Tomcat `EncryptInterceptor`.
pub struct Encrypt {
    algorithm: Algorithm,
    decipher: Decipher,
    nonces: Nonces,
    replay: Locked<ReplayWindow>,
    repeated: Counter,
}

impl Encrypt {
    /// With this key, and 32 bytes of the system's generator for secrets from which all IVs are drawn: new ones for
    /// each start, and for each node.
    pub fn new(algorithm: Algorithm, key: &EncryptionKey, seed: [u8; 32]) -> Self {
        Encrypt {
            algorithm,
            decipher: Decipher::new(algorithm, key),
            nonces: Nonces::from_seed(seed),
            replay: Locked::new(ReplayWindow::default()),
            repeated: Counter::default(),
        }
    }

    /// How it encrypts.
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Messages that came a second time and were dropped: sent again, or replayed.
    pub fn repeated(&self) -> u64 {
        self.repeated.get()
    }

    fn seal(&self, now: Now, body: &[u8]) -> Vec<u8> {
        let cipher = self.decipher.cipher();
        let iv_length = cipher.iv_length();
        let mut sealed = Vec::with_capacity(iv_length + TIMESTAMP_LENGTH + body.len() + cipher::ROOM);
        sealed.extend_from_slice(&self.nonces.next(now.wall)[..iv_length]);
        sealed.extend_from_slice(&now.wall.0.to_be_bytes());
        sealed.extend_from_slice(body);
        cipher.seal(&mut sealed);
        sealed
    }

    /// Time stamp and message, and the IV.
    fn open<'a>(&self, body: &'a [u8]) -> Option<(i64, Vec<u8>, &'a [u8])> {
        let (mut opened, iv) = self.decipher.open(body)?;
        let timestamp = i64::from_be_bytes(*opened.first_chunk()?);
        opened.drain(..TIMESTAMP_LENGTH);
        Some((timestamp, opened, iv))
    }
}

impl fmt::Debug for Encrypt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encrypt").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

impl Interceptor for Encrypt {
    fn name(&self) -> &'static str {
        NAME
    }

    fn layer(&self) -> Layer {
        Layer::Always
    }

    fn acts_on_send(&self) -> bool {
        true
    }

    fn seals_for(&self) -> Option<Duration> {
        Some(REPLAY_WINDOW_TIME_DEFAULT)
    }

    fn authenticates(&self) -> Option<bool> {
        Some(self.algorithm == Algorithm::AesGcm)
    }

    fn send(&self, now: Now, mut message: Message) -> Message {
        message.body = self.seal(now, &message.body).into();
        // Inside and outside are alike, as a Tomcat's.
        message.timestamp = now.wall;
        message
    }

    fn refresh(&self, now: Now, message: Message) -> Message {
        match self.open(&message.body) {
            Some((_, body, _)) => self.send(now, Message { body: body.into(), ..message }),
            // It was not this one that encrypted it.
            None => message,
        }
    }

    fn receive(&self, now: Now, _source: &Member, mut message: Message, _limit: usize) -> Result<Verdict, PeerFault> {
        let refused = |why| Err(PeerFault::Refused { interceptor: NAME, why });
        let Some((timestamp, body, iv)) = self.open(&message.body) else {
            // One sentence for all that can be wrong: whoever tries must not learn how near it was.
            return refused("not encrypted with this node's key and algorithm");
        };
        match self.replay.lock().admit(now.wall, timestamp, iv) {
            Ok(()) => {}
            Err(Replay::Repeated) => {
                self.repeated.add(1);
                return Ok(Verdict::Consumed(None));
            }
            Err(Replay::TooOld) => {
                return refused(
                    "encrypted more than 10 s ago: the nodes' clocks differ, it was under way for too long, or somebody replays it",
                );
            }
            Err(Replay::TooNew) => return refused("encrypted more than 10 s in the future: the nodes' clocks differ"),
        }
        message.body = body.into();
        Ok(Verdict::Pass(message))
    }
}

#[cfg(test)]
mod tests;
