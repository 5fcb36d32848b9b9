use super::*;
use crate::interceptor::static_membership::{START, STOP};
use expect_test::expect;

fn rig(reachable: &[u8], refused: &[u8]) -> (Rig, String) {
    Rig::of_static(None, reachable, refused)
}

fn control(rig: &mut Rig, node: u8, message: ControlMessage) -> String {
    rig.input(Input::Control { from: &configured(node).member(), message })
}

#[test]
fn texts_are_tomcats() {
    assert_eq!((START.len(), STOP.len()), (36, 32));
}

// Source: Tomcat StaticMembershipInterceptor.start, TcpPingInterceptor.
#[test]
fn all_are_probed_and_told_at_the_start() {
    let (rig, log) = rig(&[2], &[3]);
    check(
        log,
        expect![[r#"
        0 probe 2: answered
        0 probe 3: refused
        0 view 1: [2]
        0 to 2: Local StaticMember Notification Data
        0 settled
    "#]],
    );
    let record = Member::decode(rig.group.local_record()).unwrap();
    assert_eq!(record.alive_ms, 1_700_000_000_000, "as a Tomcat's static member: since 1970");
    assert_eq!(record.id.unique_id.to_string(), "000000000000000000000fa00a000001");
}

#[test]
fn settled_when_each_first_probe_is_answered() {
    let (mut rig, log) = rig(&[], &[]);
    assert_eq!(log, "0 probe 2\n0 probe 3\n");
    assert_eq!(rig.probed(configured(2).id(), false), "");
    check(
        rig.probed(configured(3).id(), true),
        expect![[r#"
        0 view 1: [3]
        0 to 3: Local StaticMember Notification Data
        0 settled
    "#]],
    );
}

#[test]
fn alone_is_settled_at_once() {
    let config = GroupConfig { membership: Membership::of_static(vec![configured(1)]), ..GroupConfig::default() };
    let group = GroupCore::new(config, configured(1).member());
    let mut rig = Rig { group, ms: 0, reachable: vec![], refused: vec![] };
    assert_eq!(rig.input(Input::Start), "0 settled\n");
}

#[test]
fn absent_members_are_looked_for_each_second_and_present_ones_each_heartbeat() {
    let (mut rig, _) = rig(&[2], &[3]);
    check(
        rig.wait(2_000),
        expect![[r#"
        1000 probe 3: refused
        2000 probe 3: refused
    "#]],
    );
    rig.refused.clear();
    rig.reachable = vec![2, 3];
    check(
        rig.wait(6_000),
        expect![[r#"
        3000 probe 3: answered
        3000 view 2: [2 3]
        3000 to 3: Local StaticMember Notification Data
        5000 probe 2: answered
        5000 probe 3: answered
    "#]],
    );
    rig.reachable = vec![3];
    rig.refused = vec![2];
    check(
        rig.wait(11_500),
        expect![[r#"
        10000 probe 2: refused
        10000 probe 3: answered
        10000 view 3: [3]
        11000 probe 2: refused
    "#]],
    );
}

#[test]
fn a_failed_send_finds_a_dead_member_at_once() {
    let (mut rig, _) = rig(&[2], &[3]);
    rig.refused = vec![2, 3];
    rig.reachable.clear();
    check(
        rig.input(Input::SendFailed { member: configured(2).id() }),
        expect![[r#"
        0 probe 2: refused
        0 view 2: []
    "#]],
    );
    check(
        rig.wait(1_000),
        expect![[r#"
        1000 probe 2: refused
        1000 probe 3: refused
    "#]],
    );
}

#[test]
fn a_start_message_is_verified_at_once() {
    let (mut rig, _) = rig(&[2], &[3]);
    rig.reachable = vec![2, 3];
    rig.refused.clear();
    rig.ms = 100;
    check(
        control(&mut rig, 3, ControlMessage::StaticStart),
        expect![[r#"
        100 probe 3: answered
        100 view 2: [2 3]
        100 to 3: Local StaticMember Notification Data
    "#]],
    );
    assert_eq!(control(&mut rig, 3, ControlMessage::StaticStart), "", "known already");
    assert_eq!(control(&mut rig, 9, ControlMessage::StaticStart), "", "not configured");
    assert_eq!(control(&mut rig, 2, ControlMessage::Probe) + &control(&mut rig, 2, ControlMessage::Ping), "");
    let stranger = member(MemberId { unique_id: UniqueId([9; 16]), ..configured(2).id() }, 5);
    assert_eq!(rig.input(Input::Control { from: &stranger, message: ControlMessage::StaticStop }), "");
}

/// Who leaves still accepts connections for a moment: it is not taken back in that time, unless it says that it starts.
#[test]
fn a_stop_message_removes_at_once() {
    let (mut rig, _) = rig(&[2, 3], &[]);
    rig.ms = 100;
    check(
        control(&mut rig, 2, ControlMessage::StaticStop),
        expect![[r#"
        100 view 3: [3]
    "#]],
    );
    check(
        rig.wait(5_050),
        expect![[r#"
        5000 probe 3: answered
    "#]],
    );
    check(
        control(&mut rig, 2, ControlMessage::StaticStart),
        expect![[r#"
        5050 probe 2: answered
        5050 view 4: [2 3]
        5050 to 2: Local StaticMember Notification Data
    "#]],
    );
}

#[test]
fn a_stopped_member_is_looked_for_again_after_a_heartbeat() {
    let (mut rig, _) = rig(&[2, 3], &[]);
    rig.ms = 100;
    control(&mut rig, 2, ControlMessage::StaticStop);
    rig.refused = vec![2];
    rig.reachable = vec![3];
    check(
        rig.wait(7_000),
        expect![[r#"
        5000 probe 3: answered
        6000 probe 2: refused
        7000 probe 2: refused
    "#]],
    );
}

#[test]
fn the_kind_of_peer_is_learnt_from_its_messages_and_forgotten_when_it_goes() {
    let (mut rig, _) = rig(&[2], &[3]);
    let mark = Mark { version: 1, abilities: Abilities::PIPELINING, boot: [7; 8], health_port: 0 };
    let marked = Member { payload: mark.append_to(b""), ..configured(2).member() };
    check(
        rig.input(Input::Heard { member: &marked }),
        expect![[r#"
        0 view 2: [2]
    "#]],
    );
    assert!(rig.group.view().members[0].peer().can(Abilities::PIPELINING));
    assert_eq!(rig.input(Input::Heard { member: &marked }), "", "no news");
    let stranger = Member { payload: mark.append_to(b""), ..configured(9).member() };
    assert_eq!(rig.input(Input::Heard { member: &stranger }), "", "never adds");

    rig.reachable = vec![];
    rig.refused = vec![2, 3];
    rig.input(Input::SendFailed { member: configured(2).id() });
    rig.reachable = vec![2];
    rig.refused = vec![3];
    check(
        rig.wait(1_000),
        expect![[r#"
        1000 probe 2: answered
        1000 probe 3: refused
        1000 view 4: [2]
        1000 to 2: Local StaticMember Notification Data
    "#]],
    );
    assert_eq!(rig.group.view().members[0].peer(), crate::PeerKind::Tomcat);
}

#[test]
fn multicast_datagrams_are_not_listened_to() {
    let (mut rig, _) = rig(&[2], &[3]);
    let goodbye = Member { command: Bytes::from_static(SHUTDOWN), ..configured(2).member() };
    assert_eq!(rig.beat(&goodbye) + &rig.beat(&member(id(7), 5)), "");
}

#[test]
fn stop_tells_the_members() {
    let (mut rig, _) = rig(&[2, 3], &[]);
    check(
        rig.input(Input::Stop),
        expect![[r#"
        0 to 2: Local StaticMember Shutdown Data
        0 to 3: Local StaticMember Shutdown Data
        0 stopped
    "#]],
    );
}

/// As a platform names them: none in the configuration, some before the start, others later.
#[test]
fn members_that_come_and_go_are_looked_for_and_forgotten() {
    let config =
        GroupConfig { membership: Membership::of_static(Vec::new()), members_change: true, ..GroupConfig::default() };
    let group = GroupCore::new(config, configured(1).member());
    let mut rig = Rig { group, ms: 0, reachable: vec![2, 3], refused: vec![] };
    assert_eq!(rig.input(Input::Members { members: &[1, 2].map(configured) }), "", "nothing before the start");
    check(
        rig.input(Input::Start),
        expect![[r#"
        0 probe 2: answered
        0 view 1: [2]
        0 settled
    "#]],
    );
    check(
        rig.input(Input::Members { members: &[1, 2, 3].map(configured) }),
        expect![[r#"
        0 probe 3: answered
        0 view 2: [2 3]
    "#]],
    );
    let mark = Mark { version: 1, abilities: Abilities::PIPELINING, boot: [7; 8], health_port: 0 };
    let ours = Member { payload: mark.append_to(b""), ..configured(3).member() };
    rig.input(Input::Heard { member: &ours });
    check(
        rig.input(Input::Members { members: &[1, 3].map(configured) }),
        expect![[r#"
        0 view 4: [3]
    "#]],
    );
    assert_eq!(rig.input(Input::Members { members: &[3, 1].map(configured) }), "", "no news");
    let other = StaticMember { unique_id: UniqueId([9; 16]), ..configured(3) };
    assert_eq!(
        rig.input(Input::Members { members: &[other] }),
        "0 view 5: []\n0 probe 3/9\n",
        "another pod at the same address"
    );
    let back = rig.input(Input::Members { members: &[3].map(configured) });
    assert_eq!(back, "0 probe 3: answered\n0 view 6: [3]\n");
    rig.input(Input::Heard { member: &ours });
    check(
        rig.input(Input::Stop),
        expect![[r#"
        0 to 3: Local StaticMember Shutdown Data
        0 stopped
    "#]],
    );
}
