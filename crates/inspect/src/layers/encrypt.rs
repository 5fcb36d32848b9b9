//! EncryptInterceptor: which mode a message was encrypted in shows by trying.

use bytes::Bytes;
use outlive_tribes_proto::interceptor::encrypt::{Algorithm, Decipher, EncryptionKey, TIMESTAMP_LENGTH};

/// One key in every mode.
#[derive(Debug)]
pub(super) struct Decryption {
    gcm: Decipher,
    others: Vec<Decipher>,
}

impl Decryption {
    pub(super) fn new(key: &EncryptionKey) -> Self {
        let others = Algorithm::ALL.into_iter().filter(|algorithm| *algorithm != Algorithm::AesGcm);
        Decryption {
            gcm: Decipher::new(Algorithm::AesGcm, key),
            others: others.map(|algorithm| Decipher::new(algorithm, key)).collect(),
        }
    }

    /// What a message holds; `None`: it was not encrypted with this key. `timestamp` is that of the message around it.
    ///
    /// Since Tomcat 10.1.56 a plaintext begins with the timestamp. Modes other than GCM have nothing else to know it by, so without it they
    /// are refused.
    pub(super) fn decrypt(&self, message: &[u8], timestamp: i64) -> Option<Bytes> {
        let timestamp = timestamp.to_be_bytes();
        if let Some((plain, _)) = self.gcm.open(message) {
            let plain = Bytes::from(plain);
            return Some(if plain.starts_with(&timestamp) { plain.slice(TIMESTAMP_LENGTH..) } else { plain });
        }
        let plain = self.others.iter().filter_map(|decipher| Some(Bytes::from(decipher.open(message)?.0)));
        plain.into_iter().find(|plain| plain.starts_with(&timestamp)).map(|plain| plain.slice(TIMESTAMP_LENGTH..))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use outlive_tribes_proto::UniqueId;
    use outlive_tribes_proto::interceptor::encrypt::Encrypt;
    use outlive_tribes_proto::interceptor::{Interceptor, Message};
    use outlive_tribes_proto::time::{Monotonic, Now, UnixMillis};
    use outlive_tribes_proto::wire::send_options::SendOptions;

    const KEYS: [&str; 2] = ["000102030405060708090a0b0c0d0e0f1011121314151617", "cafebabedeadbeefbeefcafecafebabe"];

    fn sealed(algorithm: Algorithm, key: &EncryptionKey) -> Bytes {
        let wall = UnixMillis(5);
        let now = Now { monotonic: Monotonic::default(), wall };
        let (options, id, body) = (SendOptions::NONE, UniqueId::default(), Bytes::from_static(b"hello"));
        Encrypt::new(algorithm, key, [3; 32]).send(now, Message { options, timestamp: wall, id, body }).body
    }

    #[test]
    fn every_mode_is_found_by_the_key_and_the_time() {
        let [key, other] = KEYS.map(|text| text.parse().unwrap());
        for algorithm in Algorithm::ALL {
            let message = sealed(algorithm, &key);
            assert_eq!(Decryption::new(&key).decrypt(&message, 5).as_deref(), Some(&b"hello"[..]), "{algorithm}");
            assert_eq!(Decryption::new(&other).decrypt(&message, 5), None, "{algorithm}");
            if algorithm != Algorithm::AesGcm {
                assert_eq!(Decryption::new(&key).decrypt(&message, 6), None, "{algorithm}");
            }
            assert_eq!(Decryption::new(&key).decrypt(&message[..message.len() - 1], 5), None, "{algorithm}");
        }
    }

    /// Source: Tomcat before 10.1.56.
    #[test]
    fn gcm_needs_no_time() {
        let key = KEYS[0].parse().unwrap();
        let message = sealed(Algorithm::AesGcm, &key);
        let plain = Decryption::new(&key).decrypt(&message, 6);
        assert_eq!(plain.as_deref(), Some(&b"\0\0\0\0\0\0\0\x05hello"[..]));
    }
}
