use super::*;
use crate::wire::peer::{Abilities, Mark};
use std::prelude::v1::*;

/// The example of the record's description: every field set.
fn example() -> Member {
    let unique_id = UniqueId(core::array::from_fn(|i| 0x10 + i as u8));
    Member {
        alive_ms: 4660,
        domain: Bytes::from_static(b"dc1"),
        payload: Bytes::from_static(&[1, 2]),
        ..Member::new(MemberId { host: [127, 0, 0, 1].into(), port: 4000, unique_id })
    }
}

fn record() -> Vec<u8> {
    [
        &b"TRIBES-B\x01\x00"[..],
        &[0, 0, 0, 0x3a],
        &[0, 0, 0, 0, 0, 0, 0x12, 0x34],
        &[0, 0, 0x0f, 0xa0],
        &[0xff; 8],
        &[4, 127, 0, 0, 1],
        &[0; 4],
        b"\x00\x00\x00\x03dc1",
        &core::array::from_fn::<u8, 16, _>(|i| 0x10 + i as u8),
        &[0, 0, 0, 2, 1, 2],
        b"TRIBES-E\x01\x00",
    ]
    .concat()
}

fn decode(bytes: &[u8]) -> Result<Member, DecodeError> {
    Member::decode(&Bytes::copy_from_slice(bytes))
}

#[test]
fn every_field_has_its_place() {
    assert_eq!(record().len(), 82);
    assert_eq!(decode(&record()), Ok(example()));
    assert_eq!(example().encode(), record());
    assert_eq!(example().encoded_length(), 82);
    assert_eq!(Member::new(example().id).encode().len(), 77);
}

#[test]
fn ipv6_members_have_16_bytes_of_host() {
    let id = MemberId { host: "2001:db8::1".parse().unwrap(), port: 65535, unique_id: UniqueId([7; 16]) };
    let member = Member::new(id);
    assert_eq!(member.encode().len(), 89);
    assert_eq!(Member::decode(&member.encode()), Ok(member));
}

#[test]
fn leaving_is_a_command() {
    let leaving = Member { command: Bytes::from_static(SHUTDOWN), ..example() };
    assert!(leaving.is_shutting_down() && !example().is_shutting_down());
    assert_eq!(Member::decode(&leaving.encode()), Ok(leaving));
}

#[test]
fn the_payload_tells_the_kind_of_peer() {
    assert_eq!(example().peer(), PeerKind::Tomcat);
    let mark = Mark { version: 1, abilities: Abilities::PIPELINING, boot: [9; 8], health_port: 0 };
    let ours = Member { payload: mark.append_to(b"rack=7"), ..example() };
    assert_eq!(
        ours.peer(),
        PeerKind::Outlive { version: 1, abilities: Abilities::PIPELINING, boot: [9; 8], health_port: 0 }
    );
}

#[test]
fn bytes_behind_the_end_are_left_alone() {
    let bytes = Bytes::from([&record()[..], b"more"].concat());
    assert_eq!(Member::decode_prefix(&bytes), Ok((example(), 82)));
}

#[test]
fn bytes_between_payload_and_end_are_left_alone() {
    let mut bytes = record();
    bytes.splice(72..72, *b"new");
    bytes[13] += 3;
    assert_eq!(decode(&bytes), Ok(example()));
}

#[test]
fn truncated_at_every_byte_is_an_error() {
    for length in 0..82 {
        let error = decode(&record()[..length]).unwrap_err();
        assert!(error.offset <= length, "{error}");
    }
}

#[test]
fn broken_fields_are_named() {
    let with = |at: usize, bytes: &[u8]| {
        let mut record = record();
        record[at..at + bytes.len()].copy_from_slice(bytes);
        decode(&record).unwrap_err()
    };
    let error = |offset, expected| DecodeError { offset, expected };
    let huge = i32::MAX.to_be_bytes();
    let negative = (-1_i32).to_be_bytes();
    for wrong in [&huge, &negative, &[0, 0, 0, 0], &[0, 0, 0, 8]] {
        assert_eq!(with(10, wrong), error(10, "the member record's length"));
    }
    assert_eq!(with(0, b"X"), error(0, "a member record (TRIBES-B 1 0)"));
    assert_eq!(with(13, &[0x39]), error(71, "the member record's end (TRIBES-E 1 0)"));
    assert_eq!(with(72, b"X"), error(72, "the member record's end (TRIBES-E 1 0)"));
    assert_eq!(with(22, &[0, 1, 0, 0]), error(22, "a TCP port from 0 to 65535"));
    assert_eq!(with(22, &negative), error(22, "a TCP port from 0 to 65535"));
    for length in [0, 3, 5, 0x80, 0xff] {
        assert_eq!(with(34, &[length]), error(34, "a host of 4 or 16 bytes"));
    }
    for wrong in [huge, negative] {
        assert_eq!(with(39, &wrong), error(39, "a command that fits into the record"));
        assert_eq!(with(43, &wrong), error(43, "a domain that fits into the record"));
        assert_eq!(with(66, &wrong), error(66, "a payload that fits into the record"));
    }
    assert_eq!(with(69, &[3]), error(66, "a payload that fits into the record"));
}

#[test]
fn every_changed_byte_is_an_error_or_another_member() {
    for at in 0..82 {
        for bit in 0..8 {
            let mut bytes = record();
            bytes[at] ^= 1 << bit;
            assert_ne!(decode(&bytes), Ok(example()), "byte {at}, bit {bit}");
        }
    }
}
