//! Stacks of our own interceptors, in every order: what is guessed is what wrote the bytes.

use bytes::Bytes;
use outlive_inspect::{Content, EncryptionKey, Layer, Settings, Stack};
use outlive_serial::ObjectOutput;
use outlive_tribes_proto::UniqueId;
use outlive_tribes_proto::interceptor::encrypt::{Algorithm, Encrypt};
use outlive_tribes_proto::interceptor::fragmentation::Fragmentation;
use outlive_tribes_proto::interceptor::gzip::Gzip;
use outlive_tribes_proto::interceptor::order::Order;
use outlive_tribes_proto::interceptor::{Interceptor, InterceptorStack, MemberStack, Message};
use outlive_tribes_proto::time::{Monotonic, Now, UnixMillis};
use outlive_tribes_proto::wire::channel_data::ChannelData;
use outlive_tribes_proto::wire::send_options::SendOptions;

use crate::support::{in_pieces, sender};

const LAYERS: [Layer; 4] = [Layer::Gzip, Layer::Fragment, Layer::Order, Layer::Encrypt];

fn key() -> EncryptionKey {
    "000102030405060708090a0b0c0d0e0f".parse().unwrap()
}

/// Every order of every choice of layers, the topmost first.
fn stacks() -> Vec<Vec<Layer>> {
    let mut stacks = vec![vec![]];
    let mut from = 0;
    while from < stacks.len() {
        for layer in LAYERS {
            if !stacks[from].contains(&layer) {
                stacks.push([&stacks[from][..], &[layer]].concat());
            }
        }
        from += 1;
    }
    stacks
}

fn interceptor(layer: Layer, part: usize, algorithm: Algorithm) -> Box<dyn Interceptor> {
    match layer {
        Layer::Gzip => Box::new(Gzip::default()),
        Layer::Fragment => Box::new(Fragmentation { max_size: part, ..Fragmentation::default() }),
        Layer::Order => Box::new(Order::default()),
        Layer::Encrypt => Box::new(Encrypt::new(algorithm, &key(), [9; 32])),
    }
}

/// The way down to one member.
struct Descent(InterceptorStack, MemberStack);

impl Descent {
    fn new(layers: &[Layer], part: usize, algorithm: Algorithm) -> Self {
        let interceptors = layers.iter().map(|layer| interceptor(*layer, part, algorithm)).collect();
        let stack = InterceptorStack::new(interceptors).unwrap();
        let member = stack.member_stack();
        Descent(stack, member)
    }

    /// The frames that a message becomes.
    fn frames(&mut self, number: u8, body: Bytes) -> Vec<u8> {
        let wall = UnixMillis(1_700_000_000_000 + i64::from(number));
        let now = Now { monotonic: Monotonic::default(), wall };
        let id = UniqueId([number; 16]);
        let Descent(stack, member) = self;
        let message = stack.send(now, Message { options: SendOptions(6), timestamp: wall, id, body });
        let messages = member.send(stack, now, message);
        let frame = |Message { options, timestamp, id, body }| {
            ChannelData { options, timestamp, id, source_record: sender().encode(), message: body }.encode().unwrap()
        };
        messages.into_iter().flat_map(frame).collect()
    }
}

/// A text that no compression makes short, as a Java object.
fn text(number: u8) -> String {
    let mut state = u64::from(number) + 1;
    let mut letter = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'a' + (state >> 59) as u8 % 26)
    };
    (0..300).map(|_| letter()).collect()
}

fn java(text: &str) -> Bytes {
    let mut output = ObjectOutput::new();
    output.write_string_object(text);
    output.finish().into()
}

fn check(layers: &[Layer], parts: &[usize], algorithm: Algorithm) {
    let mut bytes = Vec::new();
    // Each size has a descent of its own, so that numbers begin anew as they do with each connection.
    for (at, part) in parts.iter().enumerate() {
        let mut descent = Descent::new(layers, *part, algorithm);
        (0..6).for_each(|number| bytes.extend(descent.frames(at as u8 * 6 + number, java(&text(number)))));
    }
    let settings = Settings { key: Some(key()), ..Settings::default() };
    let told = Settings { interceptors: Some(Stack::new(layers.iter().copied())), ..settings.clone() };
    let records = in_pieces(&bytes, usize::MAX, settings);
    assert_eq!(records, in_pieces(&bytes, usize::MAX, told), "{layers:?} in parts of {parts:?}");
    assert_eq!(records.len(), 6 * parts.len(), "{layers:?} in parts of {parts:?}");
    for (record, number) in records.iter().zip((0..6).cycle()) {
        let Content::Message(message) = &record.content else { panic!("{layers:?}: {record:?}") };
        let names: Vec<_> = message.layers.iter().map(|layer| layer.split(' ').next().unwrap()).collect();
        let want: Vec<_> = layers.iter().map(|layer| format!("{layer:?}").to_lowercase()).collect();
        assert_eq!(names, want, "in parts of {parts:?}");
        assert_eq!(serde_json::to_value(&message.body).unwrap()["value"], text(number), "{layers:?}");
    }
}

#[test]
fn every_order_of_every_choice_is_guessed() {
    let stacks = stacks();
    assert_eq!(stacks.len(), 65);
    for layers in stacks {
        for parts in [&[100_000][..], &[100], &[100_000, 100], &[100, 100_000]] {
            check(&layers, parts, Algorithm::AesGcm);
        }
        check(&layers, &[100_000, 100], Algorithm::AesCbc);
    }
}

/// A wrong key is said, and so is none: whatever stands above and below, no message becomes bytes without a word.
#[test]
fn what_is_encrypted_is_never_bytes_without_a_word() {
    let wrong = "ff".repeat(16).parse().ok();
    for layers in stacks().into_iter().filter(|layers| layers.contains(&Layer::Encrypt)) {
        for part in [100_000, 100] {
            let bytes = Descent::new(&layers, part, Algorithm::AesGcm).frames(1, java(&text(1)));
            for key in [None, wrong.clone()] {
                let is_wrong = key.is_some();
                let records = in_pieces(&bytes, usize::MAX, Settings { key, ..Settings::default() });
                for record in &records {
                    let Content::Message(message) = &record.content else { continue };
                    assert_eq!(message.layers[0], "encrypt", "{layers:?} in parts of {part}");
                }
                let messages = records.iter().filter(|record| record.kind() == "message").count();
                assert_eq!(records.len() - messages, if is_wrong { messages } else { 0 }, "{layers:?}: {records:?}");
            }
        }
    }
}
