use super::super::Verdict;
use super::super::encrypt::{Algorithm, Encrypt};
use super::super::gzip::Gzip;
use super::super::order::Order;
use super::super::testing::{Pair, at, message, sender, why};
use super::*;
use std::prelude::v1::*;

fn pair() -> Pair {
    Pair::new(vec![Box::new(Fragmentation { max_size: 4, ..Fragmentation::default() })])
}

fn named(id: u8, body: &[u8]) -> Message {
    Message { id: UniqueId([id; 16]), ..message(body) }
}

fn piece(id: u8, content: &[u8], index: i32, count: i32) -> Message {
    named(id, &[content, &index.to_be_bytes(), &count.to_be_bytes(), &[1]].concat())
}

fn refusal(pair: &mut Pair, message: Message) -> &'static str {
    why(pair.receive(at(0), message).remove(0))
}

#[test]
fn messages_are_cut_and_put_together() {
    let mut pair = pair();
    assert_eq!(pair.send(at(0), named(1, b"1234")), [named(1, b"1234\0")]);
    assert_eq!(pair.send(at(0), named(1, b"")), [named(1, b"\0")]);
    let pieces = pair.send(at(0), named(2, b"123456789"));
    assert_eq!(pieces, [piece(2, b"1234", 0, 3), piece(2, b"5678", 1, 3), piece(2, b"9", 2, 3)]);
    // In any order, some twice, another message between them.
    let mut hear = |number: usize| pair.bodies(at(0), pieces[number].clone()).concat();
    assert_eq!((hear(2), hear(0), hear(2), hear(0)), Default::default());
    assert_eq!(pair.bodies(at(0), named(3, b"now\0")), ["now"]);
    assert_eq!(pair.bodies(at(0), pieces[1].clone()), ["123456789"]);
    assert_eq!(pair.up.held_bytes(), 0);
}

#[test]
fn pieces_of_several_messages_do_not_mix() {
    let mut pair = pair();
    for id in [1, 2, 3] {
        assert!(pair.bodies(at(0), piece(id, &[b'a' + id], 0, 2)).is_empty());
    }
    for id in [3, 1, 2] {
        assert_eq!(pair.bodies(at(0), piece(id, b"!", 1, 2)), [format!("{}!", char::from(b'a' + id))]);
    }
}

#[test]
fn bombs_cost_what_was_sent() {
    let mut pair = pair();
    // Two thousand million pieces are announced: a Tomcat makes an array for them.
    assert!(pair.bodies(at(0), piece(1, b"x", 0, i32::MAX)).is_empty());
    assert!(pair.up.held_bytes() < 1000);
    // Messages that never become whole: bounded in number,
    for id in 1..OPEN_MAX as u32 {
        let id = UniqueId(u128::from(id << 8).to_be_bytes());
        assert!(pair.receive(at(0), Message { id, ..piece(0, b"", 0, 2) }).is_empty());
    }
    assert_eq!(refusal(&mut pair, piece(2, b"x", 0, 2)), "pieces of too many messages at once");
    assert!(pair.bodies(at(0), piece(1, b"y", 1, i32::MAX)).is_empty(), "those that are open go on");
    // and in bytes, those of empty pieces too.
    let mut pair = self::pair();
    pair.room = 1000 * OVERHEAD;
    let refused = (0..5000).filter(|index| pair.receive(at(0), piece(1, b"", *index, 5000)).len() == 1).count();
    assert_eq!(refused, 4);
    assert!(pair.up.held_bytes() <= pair.room);
    let large = "a message in pieces that is larger than what is taken";
    assert_eq!(refusal(&mut pair, piece(2, &[0; 200_000], 0, 2)), large);
}

#[test]
fn pieces_are_not_kept_for_ever() {
    let mut pair = pair();
    assert!(pair.bodies(at(0), piece(1, b"a", 0, 3)).is_empty());
    assert!(pair.bodies(at(59_000), piece(1, b"b", 1, 3)).is_empty());
    assert!(pair.bodies(at(59_000), piece(2, b"a", 0, 2)).is_empty());
    assert!(pair.up.overdue(&pair.stack, at(60_000), &sender()).is_empty());
    assert!(pair.bodies(at(60_000), piece(1, b"c", 2, 3)).is_empty(), "60 s after the first piece");
    assert_eq!(pair.bodies(at(60_000), piece(2, b"b", 1, 2)), ["ab"]);
    assert!(pair.up.release(&pair.stack, at(60_000), &sender()).is_empty());
    assert_eq!(pair.up.held_bytes(), 0);
}

#[test]
fn what_is_no_piece_is_refused() {
    let mut pair = pair();
    assert_eq!(refusal(&mut pair, named(1, b"")), "a message without a trailer");
    for (index, count) in [(0, 0), (1, 1), (-1, 2), (0, -1), (i32::MAX, i32::MIN)] {
        assert_eq!(refusal(&mut pair, piece(1, b"x", index, count)), "neither a whole message nor a piece of one");
    }
    assert_eq!(refusal(&mut pair, named(1, &[0, 0, 0, 1, 1])), "neither a whole message nor a piece of one");
    assert!(pair.receive(at(0), piece(1, b"x", 0, 2)).is_empty());
    assert_eq!(refusal(&mut pair, piece(1, b"x", 1, 3)), "pieces of one message that disagree on their number");
    // As Java reads a boolean: anything but 0 is one.
    assert!(pair.receive(at(0), named(2, &[b'x', 0, 0, 0, 0, 0, 0, 0, 2, 7])).is_empty());
}

/// All that change bytes, in each order that is legal, with messages large and small, to two members at once.
#[test]
fn stacks_in_any_legal_order() {
    let key = "000102030405060708090a0b0c0d0e0f".parse().unwrap();
    let make = |name: char| -> Box<dyn Interceptor> {
        match name {
            'g' => Box::new(Gzip::default()),
            'e' => Box::new(Encrypt::new(Algorithm::AesGcm, &key, [1; 32])),
            'f' => Box::new(Fragmentation { max_size: 100, ..Fragmentation::default() }),
            _ => Box::new(Order::default()),
        }
    };
    for order in ["gefo", "gfeo", "egfo", "efgo", "fego", "fgeo", "gef", "fe", "ef", "eo", "go", "fo"] {
        let node = || Pair::new(order.chars().map(make).collect());
        let (one, mut other) = (node(), node());
        for (number, length) in [0, 1, 99, 100, 101, 5000].into_iter().enumerate() {
            let body: String = (0..length).map(|i| char::from(b'a' + (i * i % 23) as u8)).collect();
            let shared = one.stack.send(at(0), named(number as u8, body.as_bytes()));
            // Both senders' parts belong to the node that sends; each receiver has a window for repetitions of its own.
            for (member, receiver) in [(0, &mut node()), (1, &mut other)] {
                if member == 0 {
                    // One that has just begun expects number 1, and waits for it otherwise.
                    receiver.down = one.stack.member_stack();
                }
                let frames = receiver.down.send(&one.stack, at(0), shared.clone());
                let arrivals: Vec<_> = frames.into_iter().flat_map(|frame| receiver.receive(at(0), frame)).collect();
                let [Ok(Verdict::Pass(whole))] = &arrivals[..] else { panic!("{order} {length}: {arrivals:?}") };
                assert_eq!((&whole.body[..], whole.options.0), (body.as_bytes(), 0), "{order} {length}");
            }
        }
        assert_eq!(other.up.held_bytes(), 0);
    }
}

/// Whatever comes, nothing panics, and no more is kept than there is room for.
#[test]
fn damaged_frames_are_refused_or_make_sense() {
    let mut dice = crate::message_ids::MessageIds::new(UniqueId([3; 16]));
    let key = "000102030405060708090a0b0c0d0e0f".parse().unwrap();
    for pieces_first in [true, false] {
        let pieces = Box::new(Fragmentation { max_size: 40, ..Fragmentation::default() });
        let encrypt = Box::new(Encrypt::new(Algorithm::AesCbc, &key, [1; 32]));
        let (gzip, order) = (Box::new(Gzip { compression_min_size: 20 }), Box::new(Order::default()));
        let mut pair = Pair::new(match pieces_first {
            true => vec![pieces, gzip, encrypt, order],
            false => vec![gzip, encrypt, pieces, order],
        });
        pair.room = 20_000;
        let (mut refused, mut passed) = (0, 0);
        for round in 0..300_u64 {
            let UniqueId([kind, a, b, c, length, ..]) = dice.next();
            for mut frame in pair.send(at(round), named(c, &vec![b'x'; usize::from(length) * 4])) {
                let mut body = frame.body.to_vec();
                let place = usize::from(u16::from_be_bytes([a, b])) % body.len();
                match kind % 12 {
                    0 => body[place] ^= c,
                    1 => body.truncate(place),
                    2 => body[place..].iter_mut().zip([0x7f, 0xff, 0xff, c]).for_each(|(old, new)| *old = new),
                    3 => frame.options.0 ^= 0x100,
                    _ => {}
                }
                frame.body = body.into();
                for arrival in pair.receive(at(round), frame) {
                    *(if arrival.is_ok() { &mut passed } else { &mut refused }) += 1;
                }
                assert!(pair.up.held_bytes() <= pair.room);
            }
            if round % 100 == 0 {
                pair.up.overdue(&pair.stack, at(round), &sender());
            }
        }
        assert!(refused > 50 && passed > 50, "{refused} refused, {passed} passed");
    }
}
