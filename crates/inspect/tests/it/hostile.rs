//! Damaged and ill-meant bytes: an end in proportion to them, and never a panic.

use outlive_inspect::{Format, Record, Settings};
use outlive_serial::{ObjectOutput, Value};
use outlive_session::{SessionEvent, SessionMessage};
use outlive_tribes_proto::time::UnixMillis;

use crate::support::{captures, frame, in_pieces, records, settings_of};

/// How long all lines are together.
fn printed(records: &[Record]) -> usize {
    records.iter().map(|record| serde_json::to_vec(record).unwrap().len()).sum()
}

/// Bytes are shown in two digits, records with their keys.
fn check(bytes: &[u8], settings: Settings) -> usize {
    let records = in_pieces(bytes, usize::MAX, settings);
    let printed = printed(&records);
    assert!(records.iter().map(|record| record.offset).is_sorted(), "{records:?}");
    assert!(printed <= 40 * bytes.len() + 4096, "{printed} bytes printed of {}", bytes.len());
    records.iter().filter(|record| record.is_error()).count()
}

#[test]
fn every_capture_cut_anywhere() {
    for (path, bytes) in captures() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        // At each byte of the shorter files, and some of the longer ones.
        let step = bytes.len().div_ceil(600);
        for cut in (1..bytes.len()).step_by(step) {
            check(&bytes[..cut], settings_of(&name));
            check(&bytes[cut..], settings_of(&name));
        }
    }
}

#[test]
fn every_capture_with_bytes_changed() {
    let mut state = 7_u64;
    let mut dice = || {
        // xorshift64
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let formats = [None, Some(Format::Tcp), Some(Format::Datagrams), Some(Format::Session), Some(Format::Sessions)];
    let (mut rounds, mut faulty) = (0, 0);
    for (path, bytes) in captures() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        for round in 0..400 {
            let mut damaged = bytes.clone();
            for _ in 0..=dice() % 3 {
                let at = dice() as usize % damaged.len();
                match dice() % 4 {
                    0 => damaged[at] ^= 1 << (dice() % 8),
                    1 => damaged[at] = dice() as u8,
                    2 => damaged[at..].iter_mut().zip([0x7f, 0xff, 0xff, 0xff]).for_each(|(old, new)| *old = new),
                    _ => _ = damaged.remove(at),
                }
                if damaged.is_empty() {
                    damaged.push(0);
                }
            }
            let format = formats[round % formats.len()];
            faulty += usize::from(check(&damaged, Settings { format, ..settings_of(&name) }) > 0);
            rounds += 1;
        }
    }
    assert!(faulty > rounds / 2, "{faulty} of {rounds} were told to be damaged");
}

/// A state transfer or a delta with such a payload.
fn message(event: SessionEvent, payload: Vec<u8>) -> Vec<u8> {
    SessionMessage::of_context(event, "/app", UnixMillis(1)).with_payload(payload).encode().to_vec()
}

/// Arrays that hold the one inside of them twice: a few hundred bytes that would print as more than any disk holds.
#[test]
fn what_is_shared_is_not_shown_without_end() {
    const DEPTH: u32 = 60;
    let mut bytes = b"\xac\xed\0\x05ur\0\x13[Ljava.lang.Object;\x90\xceX\x9f\x10s)l\x02\0\0xp\0\0\0\x02".to_vec();
    // Handle 0 is the class; each array takes the next one, and is named again by the array around it.
    for _ in 1..DEPTH {
        bytes.extend_from_slice(b"uq\0~\0\0\0\0\0\x02");
    }
    bytes.extend_from_slice(b"pp");
    for level in (2..=DEPTH).rev() {
        bytes.push(b'q');
        bytes.extend_from_slice(&(0x7e_0000 + level).to_be_bytes());
    }
    let records = records(&frame(1, 0, &bytes));
    assert!(records.len() == 2 && records[1].is_error(), "what was cut is told");
    assert!(printed(&records) < 64 << 20, "{}", printed(&records));
}

/// One list under a hundred thousand names.
#[test]
fn one_object_under_many_names() {
    const NAMES: i32 = 100_000;
    let mut output = ObjectOutput::new();
    output.write_utf("AB").unwrap();
    output.write_bool(false);
    output.write_i32(NAMES);
    let head = |output: &mut ObjectOutput| {
        output.write_i32(0);
        output.write_i32(0);
        output.write_utf("k").unwrap();
        output.write_bool(true);
    };
    head(&mut output);
    output.write_value(&Value::array_list((0..2000).map(|_| Value::null())));
    let mut payload = output.finish();
    // As Java writes it again: handle 0 is its class, 1 the list.
    for _ in 1..NAMES {
        payload.extend_from_slice(b"\x77\x0c\0\0\0\0\0\0\0\0\0\x01k\x01\x71\0\x7e\0\x01");
    }
    let records = records(&frame(1, 0, &message(SessionEvent::Delta, payload)));
    assert!(records.len() == 2 && records[1].is_error(), "what was cut is told");
    assert!(printed(&records) < 64 << 20, "{}", printed(&records));
}

#[test]
fn claims_of_length_take_no_memory() {
    for bytes in [
        &b"FLT2002\x03\xff\xff\xff"[..],
        b"TRIBES-B\x01\0\0\0\xff\0",
        b"\xac\xed\0\x05ur\0\x02[B\xac\xf3\x17\xf8\x06\x08T\xe0\x02\0\0xp\x7f\xff\xff\xff",
        b"\xac\xed\0\x05sr\0\x11java.lang.Integer\x12\xe2\xa0\xa4\xf7\x81\x878\x02\0\x01I\0\x05valuexr\0\x10java.lang.Number\x86\xac\x95\x1d\x0b\x94\xe0\x8b\x02\0\0xp\x00\xff\xff\xff",
    ] {
        let records = records(bytes);
        assert!(records.len() == 1 && records[0].is_error(), "{records:?}");
    }
}

/// 64 MiB of zeros in 64 KiB of gzip data, and one byte more.
#[test]
fn gzip_data_that_hold_too_much_are_refused() {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let block = vec![0; 1 << 20];
    (0..64).for_each(|_| encoder.write_all(&block).unwrap());
    encoder.write_all(&[0]).unwrap();
    let records = records(&frame(1, 0x100, &encoder.finish().unwrap()));
    assert_eq!(serde_json::to_value(&records[0]).unwrap()["layers"], serde_json::Value::Null);
    assert!(printed(&records) < 1 << 20);
}
