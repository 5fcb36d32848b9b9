use super::*;
use crate::unique_id::MemberId;
use std::prelude::v1::*;

fn sender(alive_ms: i64) -> Member {
    let id = MemberId { host: [127, 0, 0, 1].into(), port: 4001, unique_id: UniqueId([3; 16]) };
    Member { alive_ms, ..Member::new(id) }
}

fn example() -> ChannelData {
    ChannelData {
        options: SendOptions(3),
        timestamp: UnixMillis(1_700_000_000_000),
        id: UniqueId(core::array::from_fn(|i| 0xa0 + i as u8)),
        source_record: sender(5).encode(),
        message: Bytes::from_static(b"hi"),
    }
}

/// The frame's body.
fn body() -> Vec<u8> {
    let frame = example().encode().unwrap();
    frame[HEAD_LENGTH..frame.len() - TAIL.len()].to_vec()
}

fn decode(body: &[u8]) -> Result<ChannelData, DecodeError> {
    ChannelData::decode(&Bytes::copy_from_slice(body))
}

#[test]
fn every_field_has_its_place() {
    let expected = [
        &b"FLT2002\x00\x00\x00\x77"[..],
        &[0, 0, 0, 3],
        &[0, 0, 0x01, 0x8b, 0xcf, 0xe5, 0x68, 0],
        b"\x00\x00\x00\x10\xa0\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xab\xac\xad\xae\xaf",
        b"\x00\x00\x00\x4d",
        &sender(5).encode(),
        b"\x00\x00\x00\x02hiTLF2003",
    ]
    .concat();
    assert_eq!(expected.len(), 137);
    assert_eq!(example().encode(), Ok(Bytes::from(expected)));
    assert_eq!(decode(&body()), Ok(example()));
    assert_eq!(example().source(), Ok(sender(5)));
}

#[test]
fn a_head_a_shared_message_and_the_tail_make_the_frame() {
    let ChannelData { options, timestamp, id, source_record, message } = example();
    let head = encode_head(options, timestamp, id, &source_record, message.len()).unwrap();
    assert_eq!([&head[..], &message, TAIL].concat(), example().encode().unwrap());
}

#[test]
fn what_no_frame_can_hold_is_refused() {
    let ChannelData { options, timestamp, id, source_record, .. } = example();
    for length in [i32::MAX as usize - 116, i32::MAX as usize, usize::MAX] {
        assert_eq!(encode_head(options, timestamp, id, &source_record, length), Err(FrameTooLong { length }));
    }
    assert!(encode_head(options, timestamp, id, &source_record, i32::MAX as usize - 117).is_ok());
}

#[test]
fn truncated_at_every_byte_is_an_error() {
    for length in 0..body().len() {
        let error = decode(&body()[..length]).unwrap_err();
        assert!(error.offset <= length, "{error}");
    }
    assert!(decode(&[&body()[..], b"!"].concat()).is_err());
}

#[test]
fn broken_lengths_are_named() {
    for (at, expected) in [
        (12, "a message id of 16 bytes"),
        (32, "the sender's member record"),
        (113, "a message that fits into the frame"),
    ] {
        for wrong in [i32::MAX, -1, i32::MIN] {
            let mut bytes = body();
            bytes[at..at + 4].copy_from_slice(&wrong.to_be_bytes());
            assert_eq!(decode(&bytes), Err(DecodeError { offset: at, expected }), "{wrong}");
        }
    }
}

#[test]
fn a_record_that_no_datagram_could_carry_is_refused() {
    let long = ChannelData { source_record: Bytes::from(vec![0; RECORD_LIMIT + 1]), ..example() };
    let frame = long.encode().unwrap();
    let error = ChannelData::decode(&frame.slice(HEAD_LENGTH..frame.len() - TAIL.len())).unwrap_err();
    assert_eq!(error.offset, 32);
}

#[test]
fn the_cache_decodes_a_sender_once() {
    let mut cache = SourceCache::new();
    let (first, changed) = cache.resolve(&example()).unwrap();
    assert!(changed && *first == sender(5));
    let (second, changed) = cache.resolve(&example()).unwrap();
    assert!(!changed && Arc::ptr_eq(&first, &second));
    let later = ChannelData { source_record: sender(505).encode(), ..example() };
    let (third, changed) = cache.resolve(&later).unwrap();
    assert!(changed && *third == sender(505));
    let broken = ChannelData { source_record: Bytes::new(), ..example() };
    assert_eq!(cache.resolve(&broken).unwrap_err().offset, 0);
    assert!(!cache.resolve(&later).unwrap().1, "what was remembered stays");
}

#[test]
fn the_sender_is_known_before_its_message_is_whole() {
    let (frame, record) = (example().encode().unwrap(), example().source_record);
    let there = HEAD_LENGTH + 36 + record.len();
    assert!((0..there).all(|length| begun_record(&frame[..length]).is_none()));
    assert!((there..=frame.len()).all(|length| begun_record(&frame[..length]) == Some(&record[..])));
    let long = ChannelData { source_record: Bytes::from(vec![0; RECORD_LIMIT + 1]), ..example() };
    assert_eq!(begun_record(&long.encode().unwrap()), None);
    let mut negative = frame.to_vec();
    negative[HEAD_LENGTH + 32] = 0xff;
    assert_eq!(begun_record(&negative), None);
}
