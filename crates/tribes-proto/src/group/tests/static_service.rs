use super::*;
use crate::membership::static_service::{MemberClass, MemberMessage, StaticService, Word};
use crate::rpc::Rpc;
use expect_test::expect;

const ID: &[u8] = b"Catalina-Channel-StaticMembership";

/// With Tomcat's times, but for the pings.
fn rig(reachable: &[u8], refused: &[u8]) -> (Rig, String) {
    let service = StaticService {
        membership_id: Bytes::from_static(ID),
        expiration_time: Duration::from_secs(5),
        answer_limit: Duration::from_secs(3),
        ping_every: Duration::from_secs(2),
    };
    Rig::of_static(Some(service), reachable, refused)
}

fn says(rig: &mut Rig, node: u8, word: Word, asks: bool) -> String {
    let (membership_id, uuid) = (Bytes::from_static(ID), Bytes::from_static(b"0123456789abcdef"));
    let message = MemberMessage { word, membership_id, class: MemberClass::default() };
    let from = configured(node).id();
    rig.input(Input::Service { from, message: &message, request: asks.then_some(&uuid) })
}

/// A message of this service as a line.
pub(super) fn told(message: &Bytes) -> String {
    match Rpc::decode(message).unwrap() {
        Some(Rpc::Message(rpc)) => {
            assert_eq!(rpc.rpc_id, ID);
            let message = MemberMessage::decode_body(&rpc).unwrap();
            assert_eq!(message.membership_id, ID);
            format!("{:?}, {}", message.word, if rpc.reply { "an answer" } else { "a question" })
        }
        _ => {
            let text = String::from_utf8_lossy(message);
            assert!(text.contains("BABY-ALEX"));
            format!("{:?}", MemberMessage::decode_alone(message).unwrap().word)
        }
    }
}

// Source: Tomcat StaticMembershipProvider.start, heartbeat.
#[test]
fn members_are_told_of_the_start_and_pinged() {
    let (mut rig, log) = rig(&[2], &[3]);
    check(
        log,
        expect![[r#"
        0 probe 2: answered
        0 probe 3: refused
        0 view 1: [2]
        0 tells 2: Start, a question
    "#]],
    );
    assert_eq!(says(&mut rig, 2, Word::Start, false), "0 settled\n");
    check(
        rig.wait(4_000),
        expect![[r#"
        1000 probe 3: refused
        2000 tells 2: Ping, a question
        2000 probe 3: refused
        3000 probe 3: refused
        4000 tells 2: Ping, a question
        4000 probe 3: refused
    "#]],
    );
}

#[test]
fn the_start_does_not_wait_for_ever() {
    let (mut rig, _) = rig(&[2, 3], &[]);
    says(&mut rig, 2, Word::Start, false);
    let log = rig.wait(3_500);
    assert!(log.contains("3000 settled\n"), "{log}");
}

/// It says so itself, and a word of ours on its way there would keep the answer back.
#[test]
fn nothing_is_said_to_a_member_that_comes_later_before_the_next_ping() {
    let (mut rig, _) = rig(&[2], &[3]);
    says(&mut rig, 2, Word::Start, false);
    rig.refused.clear();
    rig.reachable = vec![2, 3];
    assert_eq!(rig.wait(1_500), "1000 probe 3: answered\n1000 view 2: [2 3]\n");
    assert_eq!(says(&mut rig, 3, Word::Start, true), "1500 tells 3: Start, an answer\n");
    assert_eq!(rig.wait(2_500), "2000 tells 2: Ping, a question\n2000 tells 3: Ping, a question\n");
}

#[test]
fn who_asks_is_answered() {
    let (mut rig, _) = rig(&[2], &[3]);
    assert_eq!(says(&mut rig, 2, Word::Ping, true), "0 tells 2: Ping, an answer\n0 settled\n");
    assert_eq!(says(&mut rig, 2, Word::Start, true), "0 tells 2: Start, an answer\n");
    assert_eq!(says(&mut rig, 3, Word::Start, true), "", "it is no member yet");
}

/// As a member that announces itself no more: its connections tell whether it is gone.
#[test]
fn a_silent_member_is_suspect_and_gone_if_it_takes_no_connection() {
    let (mut rig, _) = rig(&[2, 3], &[]);
    rig.wait(4_000);
    says(&mut rig, 3, Word::Ping, false);
    check(
        rig.wait(5_500),
        expect![[r#"
        5000 probe 2: answered
        5000 probe 3: answered
        5001 probe 2: answered
    "#]],
    );
    assert_eq!(rig.group.suspects(), [configured(2).id()]);
    says(&mut rig, 2, Word::Ping, false);
    assert_eq!(rig.group.suspects(), []);
    rig.refused = vec![3];
    rig.reachable = vec![2];
    check(
        rig.wait(9_500),
        expect![[r#"
        6000 tells 2: Ping, a question
        6000 tells 3: Ping, a question
        8000 tells 2: Ping, a question
        8000 tells 3: Ping, a question
        9001 probe 3: refused
        9001 view 3: [2]
    "#]],
    );
}

#[test]
fn a_stop_is_believed_and_said() {
    let (mut rig, _) = rig(&[2, 3], &[]);
    assert_eq!(says(&mut rig, 3, Word::Stop, false), "0 view 3: [2]\n");
    check(
        rig.input(Input::Stop),
        expect![[r#"
        0 tells 2: Stop
        0 stopped
    "#]],
    );
}
