//! What Tomcats with interceptors sent, to a node of ours with the same ones, and with others.

use bytes::Bytes;
use outlive_tribes_proto::interceptor::encrypt::{Algorithm, Encrypt};
use outlive_tribes_proto::interceptor::fragmentation::Fragmentation;
use outlive_tribes_proto::interceptor::gzip::{COMPRESSED, Gzip};
use outlive_tribes_proto::interceptor::order::Order;
use outlive_tribes_proto::interceptor::{Interceptor, InterceptorStack, Message, Verdict};
use outlive_tribes_proto::time::Now;

use crate::replay::{refused, replayed};
use crate::scenario::{Scenario, scenarios, scenarios_with_interceptors};

/// The interceptor that a scenario's Tomcats had, as its options say.
fn interceptor(scenario: &Scenario) -> Box<dyn Interceptor> {
    let options: Vec<&str> =
        scenario.facts["options"].as_array().unwrap().iter().filter_map(|option| option.as_str()).collect();
    match options[..] {
        [_, _, "--encrypt", key] => Box::new(Encrypt::new(Algorithm::AesGcm, &key.parse().unwrap(), [1; 32])),
        [_, _, "--interceptors", "gzip"] => Box::new(Gzip::default()),
        [_, _, "--interceptors", "fragment"] => Box::new(Fragmentation { max_size: 1024, ..Fragmentation::default() }),
        [_, _, "--interceptors", "order"] => Box::new(Order::default()),
        _ => panic!("{}: {options:?}", scenario.name),
    }
}

fn stack(scenario: &Scenario) -> InterceptorStack {
    InterceptorStack::above_group(vec![interceptor(scenario)], false).unwrap()
}

#[test]
fn a_listener_with_the_same_interceptor_comes_to_hold_what_clients_were_told() {
    let compared: Vec<(String, usize)> = scenarios_with_interceptors()
        .iter()
        .map(|scenario| (scenario.name.clone(), replayed(scenario, stack(scenario))))
        .collect();
    assert!(compared.iter().all(|(_, number)| *number > 0), "{compared:?}");
}

/// Encrypted with another key, or not at all; or encrypted for a node that does not decrypt: nothing is understood, and nothing of it
/// gets as far as a session.
#[test]
fn what_was_encrypted_otherwise_is_refused() {
    let with_key = |key: &str| {
        let encrypt = Encrypt::new(Algorithm::AesGcm, &key.parse().unwrap(), [1; 32]);
        InterceptorStack::above_group(vec![Box::new(encrypt)], false).unwrap()
    };
    let mut seen = 0;
    for scenario in scenarios_with_interceptors().iter().chain(&scenarios()) {
        let messages = scenario.messages();
        let probes =
            messages.iter().filter(|message| message.data.message.starts_with(&[0x4f, 0xa7, 0x73, 0x48])).count();
        let (refused, held) = refused(scenario, with_key("00000000000000000000000000000000"));
        assert_eq!((refused, held), ((messages.len() - probes) as u64, 0), "{}", scenario.name);
        seen += refused;
    }
    assert!(seen > 300, "{seen}");
}

/// What a Tomcat's interceptor made is undone, and made again to the same bytes.
#[test]
fn pieces_and_numbers_are_made_to_the_same_bytes() {
    let (mut pieces, mut numbered) = (0, 0);
    for scenario in scenarios_with_interceptors() {
        let stack = stack(&scenario);
        if !stack.works_per_member() {
            continue;
        }
        for sender in ["a", "b"] {
            let (mut up, mut down) = (stack.member_stack(), stack.member_stack());
            let mut passed = Vec::new();
            for message in scenario.messages().into_iter().filter(|message| message.sender == sender) {
                let source = message.data.source().unwrap();
                let message = Message::from(message.data);
                let Ok(Verdict::Pass(message)) = stack.receive(Now::default(), &source, message, usize::MAX) else {
                    continue;
                };
                passed.push(message.clone());
                for arrival in up.receive(&stack, Now::default(), &source, message, usize::MAX) {
                    let Ok(Verdict::Pass(whole)) = arrival else { panic!("{}: {arrival:?}", scenario.name) };
                    let again = down.send(&stack, Now::default(), whole);
                    assert_eq!(again, std::mem::take(&mut passed), "{}", scenario.name);
                    pieces += usize::from(again.len() > 1);
                    numbered += usize::from(scenario.name.starts_with("order"));
                }
            }
            assert!(passed.is_empty() && up.held_bytes() == 0);
        }
    }
    assert_eq!((pieces, numbered), (1, 8));
}

/// Two deflaters need not agree on the bytes, only on what they inflate to.
#[test]
fn compressed_messages_are_compressed_again() {
    let gzip = Gzip::default();
    let mut seen = 0;
    for scenario in scenarios_with_interceptors().iter().filter(|scenario| scenario.name.starts_with("gzip")) {
        for message in scenario.messages() {
            let source = message.data.source().unwrap();
            let message = Message::from(message.data);
            if !message.options.contains(COMPRESSED) {
                continue;
            }
            let inflate = |message| match gzip.receive(Now::default(), &source, message, usize::MAX) {
                Ok(Verdict::Pass(message)) => message,
                end => panic!("{end:?}"),
            };
            let compressed: Bytes = message.body.clone();
            let whole = inflate(message);
            let again = gzip.send(Now::default(), whole.clone());
            assert_eq!(again.body[..10], compressed[..10], "the header");
            assert_eq!(again.body[again.body.len() - 8..], compressed[compressed.len() - 8..], "checksum and length");
            assert_eq!(inflate(again), whole);
            seen += 1;
        }
    }
    assert!(seen >= 7, "{seen}");
}
