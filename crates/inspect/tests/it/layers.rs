//! What interceptors did, undone: every stack that Tomcat allows, told and guessed.

use std::io::Write;

use aes_gcm::aead::Aead;
use aes_gcm::{Aes128Gcm, KeyInit};
use expect_test::{Expect, expect};
use flate2::Compression;
use flate2::write::GzEncoder;
use outlive_inspect::{Content, Layer, Record, Settings, Stack};
use outlive_serial::ObjectOutput;

use crate::support::{frame, in_pieces, lines, records};

const KEY: &str = "000102030405060708090a0b0c0d0e0f";

/// A text as a Java object.
fn java(text: &str) -> Vec<u8> {
    let mut output = ObjectOutput::new();
    output.write_string_object(text);
    output.finish()
}

fn gzipped(message: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(message).unwrap();
    encoder.finish().unwrap()
}

/// As a Tomcat of 10.1.56 and later encrypts a message of time 5.
fn encrypted(message: &[u8]) -> Vec<u8> {
    let key: [u8; 16] = std::array::from_fn(|at| at as u8);
    let plain = [&5_i64.to_be_bytes()[..], message].concat();
    let sealed = Aes128Gcm::new(&key.into()).encrypt(&[7; 12].into(), &plain[..]).unwrap();
    [&[7; 12][..], &sealed].concat()
}

fn ordered(message: &[u8], number: i32) -> Vec<u8> {
    [message, &number.to_be_bytes()].concat()
}

/// In parts of so many bytes.
fn fragmented(message: &[u8], size: usize) -> Vec<Vec<u8>> {
    if message.len() <= size {
        return vec![[message, &[0]].concat()];
    }
    let count = message.len().div_ceil(size) as i32;
    let parts = message.chunks(size).zip(0_i32..);
    parts.map(|(part, index)| [part, &index.to_be_bytes(), &count.to_be_bytes(), &[1]].concat()).collect()
}

/// What a stack makes of a message: the frames of its parts. Order numbers begin at `number`.
fn written(stack: &[Layer], id: u8, message: &[u8], part: usize, number: i32) -> Vec<Vec<u8>> {
    let (mut parts, mut options) = (vec![message.to_vec()], 0);
    for layer in stack {
        parts = match layer {
            Layer::Gzip => {
                options |= 0x100;
                parts.iter().map(|part| gzipped(part)).collect()
            }
            Layer::Encrypt => parts.iter().map(|part| encrypted(part)).collect(),
            Layer::Fragment => parts.iter().flat_map(|message| fragmented(message, part)).collect(),
            Layer::Order => parts.iter().zip(number..).map(|(part, number)| ordered(part, number)).collect(),
        };
    }
    parts.iter().map(|part| frame(id, options, part)).collect()
}

/// Layers and value of the only record.
fn told(records: &[Record]) -> (Vec<String>, String) {
    let [record] = records else { panic!("{records:?}") };
    let Content::Message(message) = &record.content else { panic!("{record:?}") };
    let json = serde_json::to_value(&message.body).unwrap();
    (message.layers.clone(), json["value"].as_str().unwrap_or_else(|| panic!("{json}")).to_owned())
}

/// All legal stacks: those that change the whole message in any order above, order below. Tomcat itself corrupts others.
fn stacks() -> Vec<Vec<Layer>> {
    use Layer::{Encrypt, Fragment, Gzip, Order};
    let mut upper = vec![vec![]];
    for layer in [Gzip, Encrypt, Fragment] {
        let mut more = upper.clone();
        for stack in &upper {
            for at in 0..=stack.len() {
                let mut stack: Vec<Layer> = stack.clone();
                stack.insert(at, layer);
                more.push(stack);
            }
        }
        upper = more;
    }
    upper.into_iter().flat_map(|stack| [stack.clone(), [stack, vec![Order]].concat()]).collect()
}

#[test]
fn every_stack_is_undone_told_or_guessed() {
    let text = "text that is long enough for a few parts ".repeat(3);
    let stacks = stacks();
    assert_eq!(stacks.len(), 32);
    for stack in stacks {
        for part in [20, 100_000] {
            let frames = written(&stack, 1, &java(&text), part, 1).concat();
            for told_stack in [Some(Stack::new(stack.iter().copied())), None] {
                let settings =
                    Settings { interceptors: told_stack, key: Some(KEY.parse().unwrap()), ..Settings::default() };
                let (layers, value) = told(&in_pieces(&frames, usize::MAX, settings.clone()));
                assert_eq!(value, text, "{settings:?}");
                let names: Vec<_> = layers.iter().map(|layer| layer.split(' ').next().unwrap().to_owned()).collect();
                let want: Vec<_> = stack.iter().map(|layer| format!("{layer:?}").to_lowercase()).collect();
                assert_eq!(names, want, "{settings:?}");
            }
        }
    }
}

/// 256 ends with a zero byte, as an unfragmented message does; 1792 with what would be the number 7 and that byte.
#[test]
fn order_numbers_may_look_like_fragments() {
    for number in [1, 255, 256, 257, 512, 1792, 65_536, 16_777_216, i32::MAX - 1] {
        let frames = written(&[Layer::Order], 1, &java("x"), 100, number).concat();
        assert_eq!(told(&records(&frames)), (vec![format!("order {number}")], "x".into()));
    }
    // The one before decides where both would do.
    let stack = [Layer::Fragment, Layer::Order];
    let frames =
        (1791..1794).flat_map(|number| written(&stack, 1, &java("x"), 100, number)).collect::<Vec<_>>().concat();
    let lines = lines(&records(&frames));
    for number in 1791..1794 {
        assert!(lines.contains(&format!("\"layers\":[\"fragment 1/1\",\"order {number}\"]")), "{lines}");
    }
}

/// Between our own nodes a state has stamps behind its Java object.
#[test]
fn what_our_nodes_write_behind_an_object_is_no_layer() {
    let message = [&java("x")[..], b"stamps\0\0\0\x06OLS1"].concat();
    for stack in
        [&[][..], &[Layer::Order], &[Layer::Fragment, Layer::Order], &[Layer::Gzip, Layer::Order, Layer::Fragment]]
    {
        for part in [20, 100_000] {
            let (layers, value) = told(&records(&written(stack, 1, &message, part, 1).concat()));
            assert_eq!((layers.len(), value.as_str()), (stack.len(), "x"), "{stack:?}: {layers:?}");
        }
    }
}

/// What a Tomcat with order above fragment sends to its second and third member has bytes too much behind the message.
///
/// Source: Tomcat `OrderInterceptor.sendMessage`, `FragmentationInterceptor.sendMessage`.
#[test]
fn bytes_that_a_tomcat_leaves_behind_are_passed_over() {
    for stack in [&[Layer::Gzip, Layer::Order, Layer::Fragment][..], &[Layer::Order, Layer::Fragment]] {
        for strays in 1..=2 {
            let (message, options) = match stack[0] {
                Layer::Gzip => (gzipped(&java("x")), 0x100),
                _ => (java("x"), 0),
            };
            let message = [message, vec![0; strays]].concat();
            let frames = fragmented(&ordered(&message, 1), 100_000)
                .iter()
                .flat_map(|part| frame(1, options, part))
                .collect::<Vec<_>>();
            let given = Settings { interceptors: Some(Stack::new(stack.iter().copied())), ..Settings::default() };
            let want: Vec<_> =
                ["gzip", "order 1", "fragment 1/1"][3 - stack.len()..].iter().map(|name| (*name).to_owned()).collect();
            for settings in [Settings::default(), given] {
                assert_eq!(told(&in_pieces(&frames, usize::MAX, settings)), (want.clone(), "x".into()));
            }
        }
    }
    let frames = fragmented(&[gzipped(&java("x")), vec![0]].concat(), 100_000);
    assert!(records(&frame(1, 0x100, &frames[0]))[1].is_error(), "elsewhere nothing leaves such bytes");
}

#[test]
fn parts_are_told_once_at_the_last() {
    let mut parts = fragmented(&java("a text of some length"), 10);
    assert_eq!(parts.len(), 3);
    parts.swap(1, 2);
    let frames: Vec<u8> = parts.iter().flat_map(|part| frame(1, 0, part)).collect();
    let records = records(&frames);
    let (layers, value) = told(&records);
    assert_eq!((layers, value.as_str()), (vec!["fragment 2/3".into()], "a text of some length"));
    assert_eq!(records[0].offset + records[0].length, frames.len() as u64);
}

/// A message that never becomes whole is told where that shows: at the end, behind all that came after its parts.
#[test]
fn what_never_becomes_whole_is_told_in_the_order_of_the_bytes() {
    let part = &fragmented(&java("a text of some length"), 10)[0];
    let frames = [frame(1, 0, part), frame(2, 0, &java("x")), frame(3, 0, part), frame(4, 0, &java("y"))].concat();
    let records = records(&frames);
    assert_eq!(records.iter().map(Record::kind).collect::<Vec<_>>(), ["message", "message", "error", "error"]);
    assert!(records.iter().map(|record| record.offset).is_sorted(), "{records:?}");
    assert_eq!((records[3].offset, records[3].length), (frames.len() as u64, 0));
}

fn check(frames: &[u8], settings: Settings, expected: Expect) {
    expected.assert_eq(&lines(&in_pieces(frames, usize::MAX, settings)));
}

#[test]
fn what_cannot_be_undone_is_said() {
    let told = |stack: &str| Settings { interceptors: Some(stack.parse().unwrap()), ..Settings::default() };
    let parts: Vec<u8> = fragmented(&java("a text of some length"), 10)[1..].concat();
    let parts = [&parts[..19], &parts[19..]].map(|part| frame(2, 0, part)).concat();
    check(
        &parts,
        Settings::default(),
        expect![[r#"
            {"kind":"error","offset":306,"length":0,"error":"expected all 3 parts of message 02020202020202020202020202020202, found 2 from byte 0 on: without 1"}
        "#]],
    );
    check(
        &frame(1, 0, b"abc"),
        told("order"),
        expect![[r#"
        {"kind":"message","offset":0,"length":138,"options":0,"id":"01010101010101010101010101010101","body":{"type":"bytes","hex":"616263"}}
        {"kind":"error","offset":0,"length":138,"error":"expected a number behind the message, found the end of the bytes"}
    "#]],
    );
    check(
        &frame(1, 0x100, b"abc"),
        told("gzip"),
        expect![[r#"
        {"kind":"message","offset":0,"length":138,"options":256,"id":"01010101010101010101010101010101","body":{"type":"bytes","hex":"616263"}}
        {"kind":"error","offset":0,"length":138,"error":"expected gzip data, found 616263"}
    "#]],
    );
    check(
        &frame(1, 0, b"abc"),
        told("fragment"),
        expect![[r#"
        {"kind":"message","offset":0,"length":138,"options":0,"id":"01010101010101010101010101010101","body":{"type":"bytes","hex":"616263"}}
        {"kind":"error","offset":0,"length":138,"error":"expected 00 or 01 behind a fragment, found 63"}
    "#]],
    );
    let with_key = Settings { key: Some(KEY.parse().unwrap()), ..told("encrypt") };
    check(
        &frame(1, 0, b"abc"),
        with_key,
        expect![[r#"
            {"kind":"message","offset":0,"length":138,"options":0,"id":"01010101010101010101010101010101","layers":["encrypt"],"body":{"type":"bytes","hex":"616263"}}
            {"kind":"error","offset":0,"length":138,"error":"expected a message encrypted with this key, found 616263"}
        "#]],
    );
    check(
        &frame(1, 0, b"abc"),
        told("gzip,encrypt"),
        expect![[r#"
        {"kind":"message","offset":0,"length":138,"options":0,"id":"01010101010101010101010101010101","layers":["encrypt"],"body":{"type":"bytes","hex":"616263"}}
    "#]],
    );
}

/// Probes and the words of static members pass no interceptor.
#[test]
fn what_passes_by_the_interceptors_is_left_alone() {
    let settings =
        || Settings { interceptors: Some("encrypt,gzip,fragment,order".parse().unwrap()), ..Settings::default() };
    check(
        &frame(1, 0, b"Local StaticMember Shutdown Data"),
        settings(),
        expect![[r#"
        {"kind":"message","offset":0,"length":167,"options":0,"id":"01010101010101010101010101010101","body":{"type":"bytes","hex":"4c6f63616c205374617469634d656d6265722053687574646f776e2044617461"}}
    "#]],
    );
}
