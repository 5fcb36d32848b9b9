use super::super::testing::{Pair, at, message, passed, sender, why};
use super::*;
use bytes::Bytes;
use std::prelude::v1::*;

fn pair(order: Order) -> Pair {
    Pair::new(vec![Box::new(order)])
}

fn numbered(number: i32) -> Message {
    message(&[format!("{number}").as_bytes(), &number.to_be_bytes()].concat())
}

#[test]
fn numbers_begin_with_one_and_go_up() {
    let mut pair = pair(Order::default());
    for number in 1..4_u8 {
        let sent = pair.send(at(0), message(b"hi"));
        assert_eq!(sent, [message(&[b'h', b'i', 0, 0, 0, number])]);
        assert_eq!(pair.bodies(at(0), sent[0].clone()), ["hi"]);
    }
}

#[test]
fn what_comes_early_waits_for_what_is_missing() {
    let mut pair = pair(Order::default());
    let mut hear = |number| pair.bodies(at(0), numbered(number)).join(" ");
    assert_eq!((hear(2), hear(4), hear(3)), (String::new(), String::new(), String::new()));
    assert_eq!((hear(1), hear(6), hear(5)), ("1 2 3 4".into(), String::new(), "5 6".into()));
    // Repetitions are delivered, as a Tomcat does; the layer above takes them without harm.
    assert_eq!((hear(2), hear(6), hear(7)), ("2".into(), "6".into(), "7".into()));
    // One that waits and comes again waits once.
    assert_eq!((hear(9), hear(9), hear(8)), (String::new(), String::new(), "8 9".into()));
}

#[test]
fn nobody_waits_for_ever() {
    let mut pair = pair(Order::default());
    for (ms, number) in [(0, 3), (1000, 5), (2500, 6)] {
        assert!(pair.bodies(at(ms), numbered(number)).is_empty());
    }
    let mut overdue = |ms| passed(pair.up.overdue(&pair.stack, at(ms), &sender())).join(" ");
    assert_eq!((overdue(2999), overdue(3000), overdue(3999)), (String::new(), "3".into(), String::new()));
    // What follows the one whose time has come goes with it.
    assert_eq!(overdue(4000), "5 6");
    assert_eq!(pair.bodies(at(4000), numbered(4)), ["4"], "late, and delivered all the same");
    assert_eq!(pair.bodies(at(4000), numbered(7)), ["7"]);
}

#[test]
fn what_has_expired_can_be_dropped() {
    let mut pair = pair(Order { forward_expired: false, ..Order::default() });
    assert!(pair.bodies(at(0), numbered(3)).is_empty() && pair.bodies(at(0), numbered(4)).is_empty());
    assert_eq!(passed(pair.up.overdue(&pair.stack, at(3000), &sender())), ["4"], "3 is dropped, 4 is next then");
    assert_eq!(pair.bodies(at(3000), numbered(5)), ["5"]);
}

#[test]
fn a_member_that_leaves_leaves_what_waited() {
    let mut pair = pair(Order::default());
    assert!(pair.bodies(at(0), numbered(9)).is_empty() && pair.bodies(at(0), numbered(5)).is_empty());
    assert_eq!(passed(pair.up.release(&pair.stack, at(0), &sender())), ["5", "9"]);
    assert_eq!(pair.up.held_bytes(), 0);
}

#[test]
fn the_queue_is_bounded_in_messages_and_bytes() {
    let mut few = pair(Order { max_queue: 3, ..Order::default() });
    let heard: Vec<String> = (2..7).flat_map(|number| few.bodies(at(0), numbered(2 * number))).collect();
    assert_eq!(heard, ["4", "6"], "the oldest do not wait any longer");

    let mut small = pair(Order::default());
    small.room = 10 * OVERHEAD;
    let heard: usize = (1..1000).map(|number| small.bodies(at(0), numbered(2 * number)).len()).sum();
    assert!(heard > 980 && small.up.held_bytes() <= small.room);
    // One that is larger than all the room is not kept at all.
    let large = message(&[&[b'x'; 10_000][..], &5000_i32.to_be_bytes()].concat());
    assert!(small.receive(at(0), large).len() > 1);
    assert_eq!(small.up.held_bytes(), 0);
}

#[test]
fn numbers_wrap() {
    let mut pair = pair(Order::default());
    // The first two are far ahead of 1, and go when there is no room for them.
    pair.room = 0;
    let heard: Vec<String> =
        [i32::MAX - 1, i32::MAX].into_iter().flat_map(|number| pair.bodies(at(0), numbered(number))).collect();
    assert_eq!(heard.len(), 2);
    pair.room = 1 << 20;
    assert!(pair.bodies(at(0), numbered(i32::MIN + 2)).is_empty());
    assert!(pair.bodies(at(0), numbered(i32::MIN + 1)).is_empty());
    let heard = pair.bodies(at(0), numbered(i32::MIN));
    assert_eq!(heard, [i32::MIN, i32::MIN + 1, i32::MIN + 2].map(|number| number.to_string()));
}

#[test]
fn a_message_without_a_number_is_refused() {
    let mut pair = pair(Order::default());
    for body in [&b""[..], &[0, 0, 1]] {
        let arrivals = pair.receive(at(0), message(body));
        assert_eq!(why(arrivals.into_iter().next().unwrap()), "a message without a number");
    }
    assert_eq!(pair.receive(at(0), Message { body: Bytes::from_static(&[0, 0, 0, 1]), ..Message::default() }).len(), 1);
}
