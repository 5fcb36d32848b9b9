use super::super::testing::{at, message, sender, why};
use super::*;
use crate::time::UnixMillis;
use crate::wire::captured::{captured, frames};
use crate::wire::channel_data::ChannelData;
use crate::wire::frame::Frame;
use std::prelude::v1::*;

const KEYS: [&str; 3] = [
    "cafebabedeadbeefbeefcafecafebabe",
    "000102030405060708090a0b0c0d0e0f1011121314151617",
    "000102030405060708090A0B0C0D0E0F101112131415161718191a1b1c1d1e1f",
];

const ALGORITHMS: [Algorithm; 4] = [Algorithm::AesGcm, Algorithm::AesCbc, Algorithm::AesCfb, Algorithm::AesOfb];

/// What is said of all that does not decrypt.
const REFUSAL: &str = "not encrypted with this node's key and algorithm";

fn encrypt(algorithm: Algorithm, key: &str) -> Encrypt {
    Encrypt::new(algorithm, &key.parse().unwrap(), [7; 32])
}

/// A message as it comes out again when it was encrypted then.
fn sealed(now: Now, body: &[u8]) -> Message {
    Message { timestamp: now.wall, ..message(body) }
}

fn receive(encrypt: &Encrypt, now: Now, message: Message) -> Result<Verdict, PeerFault> {
    encrypt.receive(now, &sender(), message, usize::MAX)
}

#[test]
fn each_algorithm_with_each_key() {
    for algorithm in ALGORITHMS {
        for key in KEYS {
            let (here, there) = (encrypt(algorithm, key), encrypt(algorithm, key));
            for length in [0, 1, 7, 8, 9, 15, 16, 17, 1000] {
                let plain = message(&vec![b'x'; length]);
                let sent = here.send(at(0), plain.clone());
                let grown = sent.body.len() - length;
                match algorithm {
                    Algorithm::AesGcm => assert_eq!(grown, 12 + 8 + 16),
                    _ => assert_eq!((sent.body.len() % 16, (16 + 8 + 1..=16 + 8 + 16).contains(&grown)), (0, true)),
                }
                assert_ne!(sent.body, here.send(at(0), plain.clone()).body, "each time another IV");
                let passed = receive(&there, at(0), sent);
                assert_eq!(passed, Ok(Verdict::Pass(sealed(at(0), &plain.body))), "{algorithm} {length}");
            }
        }
    }
}

/// What a Tomcat encrypted is understood, and encrypted again to the same bytes with the IV that it drew.
#[test]
fn a_tomcats_messages_are_read_and_written() {
    let mut seen = 0;
    let here = encrypt(Algorithm::AesGcm, KEYS[0]);
    for frame in frames(&captured("encrypt.tcp.bin")[0].1) {
        let Frame::Message(body) = frame else { panic!("an ack") };
        let data = ChannelData::decode(&body).unwrap();
        let (timestamp, plain, iv) = here.open(&data.message).unwrap_or_else(|| panic!("{data:?}"));
        assert_eq!((timestamp, &plain[..4]), (data.timestamp.0, &b"\xac\xed\0\x05"[..]));
        let mut again = [iv, &timestamp.to_be_bytes(), &plain].concat();
        here.decipher.cipher().seal(&mut again);
        assert_eq!(again, data.message);
        let now = Now { wall: UnixMillis(timestamp + 1), ..at(0) };
        let passed = receive(&here, now, data.clone().into());
        assert!(matches!(passed, Ok(Verdict::Pass(message)) if message.body == plain));
        assert_eq!(receive(&here, now, data.into()), Ok(Verdict::Consumed(None)), "a replay");
        seen += 1;
    }
    assert_eq!((seen, here.repeated()), (6, 6));
}

#[test]
fn nothing_passes_but_what_this_key_encrypted() {
    for algorithm in ALGORITHMS {
        let here = encrypt(algorithm, KEYS[0]);
        let refused = |body: &[u8]| why(receive(&here, at(0), message(body)));
        // Plain messages, probes' lengths among them, and all that is too short.
        let java = b"\xac\xed\x00\x05sr\x005org.apache.catalina.ha.session.SessionMessageImpl";
        assert_eq!(refused(java), REFUSAL);
        for length in 0..100 {
            assert_eq!(refused(&vec![0xac; length]), REFUSAL, "{algorithm}: {length} bytes");
        }
        for key in &KEYS[1..] {
            let sent = encrypt(algorithm, key).send(at(0), message(java));
            assert!(receive(&here, at(0), sent).is_err(), "{algorithm}: another key");
        }
        for other in ALGORITHMS.into_iter().filter(|other| *other != algorithm) {
            let sent = encrypt(other, KEYS[0]).send(at(0), message(java));
            assert!(receive(&here, at(0), sent).is_err(), "{algorithm}: sent with {other}");
        }
    }
}

#[test]
fn a_changed_bit_is_told_where_the_algorithm_can() {
    let (here, there) = (encrypt(Algorithm::AesGcm, KEYS[2]), encrypt(Algorithm::AesGcm, KEYS[2]));
    let sent = here.send(at(0), message(b"some message"));
    for bit in 0..sent.body.len() * 8 {
        let mut changed = sent.body.to_vec();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(why(receive(&there, at(0), message(&changed))), REFUSAL, "bit {bit}");
    }
    assert_eq!((here.authenticates(), encrypt(Algorithm::AesCbc, KEYS[2]).authenticates()), (Some(true), Some(false)));
    assert!(receive(&there, at(0), sent).is_ok());
}

#[test]
fn messages_are_taken_once_and_in_time() {
    let (here, there) = (encrypt(Algorithm::AesGcm, KEYS[0]), encrypt(Algorithm::AesGcm, KEYS[0]));
    let sent = here.send(at(0), message(b"now"));
    assert!(why(receive(&there, at(10_001), sent.clone())).starts_with("encrypted more than 10 s ago"));
    let ahead = here.send(at(10_001), message(b"then"));
    assert!(why(receive(&there, at(0), ahead)).starts_with("encrypted more than 10 s in the future"));
    assert_eq!(receive(&there, at(10_000), sent.clone()), Ok(Verdict::Pass(sealed(at(0), b"now"))));
    assert_eq!(receive(&there, at(10_000), sent.clone()), Ok(Verdict::Consumed(None)), "no fault: it was sent again");
    // One that has waited is made new.
    let fresh = here.refresh(at(60_000), sent);
    assert_eq!(receive(&there, at(60_000), fresh), Ok(Verdict::Pass(sealed(at(60_000), b"now"))));
    assert_eq!(here.refresh(at(0), message(b"another's")), message(b"another's"));
}

#[test]
fn keys_and_algorithms_are_read_as_tomcat_reads_them() {
    let fault = |text: &str| text.parse::<EncryptionKey>().unwrap_err();
    assert_eq!((fault("abc"), fault("zz"), fault("é")), (KeyFault::NotHex, KeyFault::NotHex, KeyFault::NotHex));
    assert_eq!((fault(""), fault("00ff")), (KeyFault::Length(0), KeyFault::Length(2)));
    assert_eq!(format!("{:?}", KEYS[1].parse::<EncryptionKey>().unwrap()), "EncryptionKey(192 bits)");
    let shown = format!("{:?}", encrypt(Algorithm::AesGcm, KEYS[0]));
    assert_eq!(shown, "Encrypt { algorithm: AesGcm, .. }");
    for algorithm in ALGORITHMS {
        assert_eq!(algorithm.name().to_lowercase().parse(), Ok(algorithm));
    }
    assert_eq!("AES".parse(), Ok(Algorithm::AesGcm));
    for refused in ["", "AES/ECB/PKCS5Padding", "AES/CTR/NoPadding", "AES/CBC/NoPadding", "AES/GCM/PKCS5Padding", "DES"]
    {
        assert_eq!(refused.parse::<Algorithm>(), Err(UnknownAlgorithm(refused.into())));
    }
}
