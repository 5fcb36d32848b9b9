//! Bytes that are neither frames nor records, and the way on behind them.

use expect_test::{Expect, expect};
use outlive_inspect::{Format, Settings};
use outlive_tribes_proto::wire::frame::{ACK, FAIL_ACK};

use crate::support::{frame, in_pieces, lines, sender};

fn check(bytes: &[u8], format: Option<Format>, expected: Expect) {
    let settings = || Settings { format, ..Settings::default() };
    let whole = in_pieces(bytes, usize::MAX, settings());
    assert_eq!(in_pieces(bytes, 1, settings()), whole, "one byte at a time");
    expected.assert_eq(&lines(&whole));
}

#[test]
fn a_connection_from_its_middle() {
    let bytes = [&frame(1, 0, b"cut")[50..], &ACK, &FAIL_ACK].concat();
    check(
        &bytes,
        None,
        expect![[r#"
            {"kind":"error","offset":0,"length":88,"error":"expected the frame header FLT2002, found 4245532d42010000…"}
            {"kind":"ack","offset":88,"length":21}
            {"kind":"fail-ack","offset":109,"length":21}
        "#]],
    );
}

#[test]
fn garbage_between_frames() {
    let bytes = [&ACK[..], b"FLT2002\0\0\0\x03abcTLF", b"FLT2002\xff\xff\xff\xff", b"FLT2002\x7f\0\0\0", &ACK].concat();
    check(
        &bytes,
        None,
        expect![[r#"
        {"kind":"ack","offset":0,"length":21}
        {"kind":"error","offset":21,"length":39,"error":"expected the frame trailer TLF2003, found 464c5432303032ff…"}
        {"kind":"ack","offset":60,"length":21}
    "#]],
    );
}

/// A length that claims more than there is must not hide what follows.
#[test]
fn a_frame_that_never_ends() {
    let bytes = [b"FLT2002\0\x10\0\0", &ACK[..], &ACK].concat();
    check(
        &bytes,
        None,
        expect![[r#"
        {"kind":"error","offset":0,"length":11,"error":"expected the rest of a frame, found the end of the input"}
        {"kind":"ack","offset":11,"length":21}
        {"kind":"ack","offset":32,"length":21}
    "#]],
    );
}

#[test]
fn an_input_that_breaks_off() {
    check(
        &[&ACK[..], &ACK[..20]].concat(),
        None,
        expect![[r#"
        {"kind":"ack","offset":0,"length":21}
        {"kind":"error","offset":21,"length":20,"error":"expected the rest of a frame, found the end of the input"}
    "#]],
    );
    check(&[], None, expect![""]);
    check(
        b"FLT",
        None,
        expect![[r#"
        {"kind":"error","offset":0,"length":3,"error":"expected the rest of a frame, found the end of the input"}
    "#]],
    );
    check(
        b"no such thing",
        None,
        expect![[r#"
        {"kind":"error","offset":0,"length":13,"error":"expected the frame header FLT2002, found 6e6f207375636820…"}
    "#]],
    );
}

#[test]
fn a_frame_whose_content_is_no_message() {
    check(
        b"FLT2002\0\0\0\x04abcdTLF2003",
        None,
        expect![[r#"
        {"kind":"error","offset":0,"length":22,"error":"in a frame, at byte 4: expected timestamp, found the end of the bytes"}
    "#]],
    );
    let mut bytes = frame(1, 0, b"x");
    let at = bytes.windows(8).position(|window| window == b"TRIBES-B").unwrap();
    bytes[at] = b'?';
    check(
        &[bytes, ACK.to_vec()].concat(),
        None,
        expect![[r#"
        {"kind":"error","offset":0,"length":136,"error":"in the record of a message's sender, at byte 0: expected a member record (TRIBES-B 1 0), found 3f52494245532d42…"}
        {"kind":"ack","offset":136,"length":21}
    "#]],
    );
}

/// A pcap file is said to be one, and the frames in its packets are not looked for.
#[test]
fn a_file_of_packets() {
    let pcap = [b"\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\x04\0\x71\0\0\0", &ACK[..], &ACK].concat();
    let pcapng = b"\n\r\r\n\0\0\0\x1c\x1a\x2b\x3c\x4d\0\x01\0\0".to_vec();
    for (bytes, kind) in [(pcap, "found a pcap file"), (pcapng, "found a pcapng file")] {
        for format in [None, Some(Format::Tcp), Some(Format::Datagrams), Some(Format::Session)] {
            for size in [1, usize::MAX] {
                let records = in_pieces(&bytes, size, Settings { format, ..Settings::default() });
                let [record] = &records[..] else { panic!("{records:?}") };
                let text = lines(&records);
                assert_eq!((record.kind(), record.offset, record.length), ("error", 0, 4));
                assert!(text.contains(kind) && text.contains("tcpflow -r FILE -o flows"), "{text}");
            }
        }
    }
}

/// A multicast group carries frames as well, where messages are sent with the option MULTICAST.
#[test]
fn datagrams_of_either_kind() {
    let record = sender().encode();
    let bytes = [&record[10..], &record, &frame(1, 0x41, b"x"), &record[..30], &record, b"T"].concat();
    check(
        &bytes,
        Some(Format::Datagrams),
        expect![[r#"
            {"kind":"error","offset":0,"length":67,"error":"expected the frame header FLT2002, found 0000003500000000…"}
            {"kind":"member","offset":67,"length":77,"host":"10.0.0.1","port":4000,"securePort":-1,"udpPort":-1,"domain":"","uniqueId":"01010101010101010101010101010101","alive":0,"command":"","payload":""}
            {"kind":"message","offset":144,"length":136,"options":65,"id":"01010101010101010101010101010101","body":{"type":"bytes","hex":"78"}}
            {"kind":"error","offset":280,"length":30,"error":"expected the end of a member record (TRIBES-E 1 0), found 0001000000000000…"}
            {"kind":"member","offset":310,"length":77,"host":"10.0.0.1","port":4000,"securePort":-1,"udpPort":-1,"domain":"","uniqueId":"01010101010101010101010101010101","alive":0,"command":"","payload":""}
            {"kind":"error","offset":387,"length":1,"error":"expected the rest of a member record, found the end of the input"}
        "#]],
    );
}
