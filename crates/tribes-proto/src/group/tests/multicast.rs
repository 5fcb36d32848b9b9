use super::*;
use expect_test::expect;

/// Announcements as [ms, alive time].
fn announcements(rig: &mut Rig, until: u64) -> Vec<(u64, i64)> {
    let mut seen = Vec::new();
    while let Some(Monotonic(at)) = rig.group.next_deadline()
        && at <= Duration::from_millis(until)
    {
        rig.ms = at.as_millis() as u64;
        rig.group.handle(rig.now(), Input::Deadline).unwrap();
        while let Some(output) = rig.group.poll_output() {
            if let Output::Multicast(record) = output {
                assert_eq!(rig.group.local_record(), &record);
                assert_eq!(rig.group.local().encode(), record);
                seen.push((rig.ms, Member::decode(&record).unwrap().alive_ms));
            }
        }
    }
    rig.ms = until;
    seen
}

// Source: Tomcat McastServiceImpl.start, McastServiceImpl.SenderThread.
#[test]
fn listens_then_announces_itself_twice_then_regularly() {
    let (mut rig, started) = Rig::start(GroupConfig::default());
    assert_eq!(started, "");
    assert_eq!(Member::decode(rig.group.local_record()).unwrap().alive_ms, 0);
    assert_eq!(announcements(&mut rig, 2_100), [(1000, 1000), (1002, 1002), (1502, 1502), (2002, 2002)]);
}

#[test]
fn a_late_deadline_announces_once() {
    let mut rig = Rig::multicast();
    rig.ms = 9_000;
    rig.input(Input::Deadline);
    assert_eq!(rig.group.local().alive_ms, 9_000);
    assert!(rig.group.next_deadline().unwrap() > rig.now().monotonic);
}

#[test]
fn the_alive_time_can_be_held_back() {
    let mut rig = Rig::multicast();
    assert_eq!(announcements(&mut rig, 2_100), [(1002, 1002), (1502, 1502), (2002, 2002)]);
    let since = rig.now().monotonic;
    rig.input(Input::Announce { since });
    assert_eq!(announcements(&mut rig, 3_100), [(2502, 402), (3002, 902)]);
    rig.input(Input::Announce { since: Monotonic(Duration::from_secs(3600)) });
    assert_eq!(announcements(&mut rig, 3_600), [(3502, 0)]);
}

#[test]
fn settled_waits_for_the_probes_under_way() {
    let (mut rig, _) = Rig::start(GroupConfig::default());
    rig.ms = 900;
    check(
        rig.beat(&member(id(2), 5_000)),
        expect![[r#"
        900 probe 2
    "#]],
    );
    check(rig.wait(1_200), expect![""]);
    check(
        rig.beat(&member(id(3), 5_000)),
        expect![[r#"
        1200 probe 3
    "#]],
    );
    check(
        rig.probed(id(2), true),
        expect![[r#"
        1200 view 1: [2]
        1200 settled
    "#]],
    );
}

#[test]
fn settled_does_not_wait_for_ever() {
    let (mut rig, _) = Rig::start(GroupConfig::default());
    rig.ms = 900;
    rig.beat(&member(id(2), 5_000));
    check(
        rig.wait(3_500),
        expect![[r#"
        3000 settled
    "#]],
    );
}

#[test]
fn a_new_member_is_probed_before_it_counts() {
    let mut rig = Rig::multicast();
    check(
        rig.beat(&member(id(2), 1_000)),
        expect![[r#"
        1000 probe 2
    "#]],
    );
    check(rig.beat(&member(id(2), 1_002)), expect![""]);
    assert!(rig.group.view().members.is_empty());
    check(
        rig.probed(id(2), true),
        expect![[r#"
        1000 view 1: [2]
    "#]],
    );
    assert!(rig.group.view().contains(&id(2)) && !rig.group.view().contains(&id(3)));
}

#[test]
fn members_are_probed_side_by_side() {
    let mut rig = Rig::multicast();
    assert_eq!(rig.beat(&member(id(2), 10)), "1000 probe 2\n");
    assert_eq!(rig.beat(&member(id(3), 10)), "1000 probe 3\n");
    assert_eq!(rig.probed(id(3), true), "1000 view 1: [3]\n");
    assert_eq!(rig.probed(id(2), true), "1000 view 2: [2 3]\n");
}

#[test]
fn probes_beyond_the_limit_wait_and_members_go_first() {
    let (mut rig, _) = Rig::start(GroupConfig { probes_max: 2, ..GroupConfig::default() });
    rig.reachable = vec![5];
    assert_eq!(rig.beat(&member(id(5), 10)), "0 probe 5: answered\n0 view 1: [5]\n");
    assert_eq!(rig.beat(&member(id(2), 10)), "0 probe 2\n");
    assert_eq!(rig.beat(&member(id(3), 10)), "0 probe 3\n");
    assert_eq!(rig.beat(&member(id(4), 10)), "");
    rig.reachable.clear();
    assert_eq!(rig.input(Input::SendFailed { member: id(5) }), "");
    assert_eq!(rig.probed(id(2), false), "0 probe 5\n");
    assert_eq!(rig.probed(id(3), false), "0 probe 4\n");
}

#[test]
fn the_view_is_ordered_by_age() {
    let mut rig = Rig::multicast();
    rig.reachable = vec![2, 3, 4, 5];
    rig.beat(&member(id(2), 1_000));
    rig.wait_with(60_000, &[(id(2), 0)]);
    rig.beat(&member(id(3), 90_000));
    rig.beat(&member(id(4), 30_000));
    // Several Tomcats announce current epoch milliseconds after a recovery, cloud members a negative time.
    rig.beat(&member(id(5), i64::MIN));
    let view = rig.group.view();
    let ages: Vec<_> = view.members.iter().map(|member| (name(&member.id), member.alive_ms)).collect();
    let expected = [("3", 90_000), ("2", 60_000), ("4", 30_000), ("5", i64::MIN)];
    assert_eq!(ages, expected.map(|(name, alive)| (name.to_string(), alive)));
    assert_eq!(view.oldest().unwrap().id, id(3));
}

#[test]
fn a_reset_alive_time_changes_the_order_but_jitter_does_not() {
    let mut rig = Rig::multicast();
    rig.reachable = vec![2, 3];
    check(
        rig.beat(&member(id(2), 10_000)) + &rig.beat(&member(id(3), 9_900)),
        expect![[r#"
        1000 probe 2: answered
        1000 view 1: [2]
        1000 probe 3: answered
        1000 view 2: [2 3]
    "#]],
    );
    rig.ms = 1_500;
    check(rig.beat(&member(id(3), 10_800)), expect![""]);
    check(rig.beat(&member(id(2), i64::MAX)), expect![""]);
    check(rig.beat(&member(id(3), i64::MAX)), expect![""]);
    check(
        rig.beat(&member(id(2), 3)),
        expect![[r#"
        1500 view 3: [3 2]
    "#]],
    );
    check(rig.beat(&member(id(2), i64::MIN)), expect![""]);
    check(rig.beat(&member(id(2), i64::MAX - 1)), expect![""]);
}

/// A node that holds its alive time back a little each time.
#[test]
fn an_alive_time_that_stands_still_moves_a_member_back() {
    let mut rig = Rig::multicast();
    rig.reachable = vec![2, 3];
    rig.beat(&member(id(2), 300));
    rig.beat(&member(id(3), 0));
    let mut log = String::new();
    for step in 1..=6 {
        rig.ms += 500;
        log.push_str(&rig.beat(&member(id(2), step % 2)));
        log.push_str(&rig.beat(&member(id(3), step * 500)));
    }
    check(
        log,
        expect![[r#"
        2000 view 3: [3 2]
    "#]],
    );
}

#[test]
fn a_changed_payload_is_a_new_view() {
    let mut rig = Rig::multicast();
    rig.reachable = vec![2];
    rig.beat(&member(id(2), 1_000));
    assert_eq!(rig.group.view().members[0].peer(), crate::PeerKind::Tomcat);
    let mark = Mark { version: 1, abilities: Abilities::PIPELINING, boot: [7; 8], health_port: 0 };
    let marked = Member { payload: mark.append_to(b""), ..member(id(2), 1_001) };
    check(
        rig.beat(&marked),
        expect![[r#"
        1000 view 2: [2]
    "#]],
    );
    assert!(rig.group.view().members[0].peer().can(Abilities::PIPELINING));
    // Messages carry an older record than the datagrams: they change nothing here.
    assert_eq!(rig.input(Input::Heard { member: &member(id(2), 1_000) }), "");
    assert!(rig.group.view().members[0].peer().can(Abilities::PIPELINING));
}

// Source: Tomcat McastServiceImpl.memberDataReceived, TcpFailureDetector.memberDisappeared.
#[test]
fn who_says_goodbye_is_gone_at_once() {
    let mut rig = Rig::multicast();
    rig.reachable = vec![2];
    rig.beat(&member(id(2), 1_000));
    let goodbye = Member { command: Bytes::from_static(SHUTDOWN), ..member(id(2), 1_400) };
    check(
        rig.beat(&goodbye),
        expect![[r#"
        1000 view 2: []
    "#]],
    );
    // A heartbeat that was under way, while it still accepts connections; and a goodbye of an unknown one.
    check(rig.beat(&member(id(2), 1_400)), expect![""]);
    let unknown = Member { command: Bytes::from_static(SHUTDOWN), ..member(id(3), 1_400) };
    check(rig.beat(&unknown), expect![""]);
    // A Tomcat that recovers from errors says goodbye, and comes back with the same id.
    rig.wait(2_500);
    check(
        rig.beat(&member(id(2), 1_000)),
        expect![[r#"
        2500 probe 2: answered
        2500 view 3: [2]
    "#]],
    );
}

#[test]
fn goodbye_while_being_probed() {
    let mut rig = Rig::multicast();
    rig.beat(&member(id(2), 1_000));
    let goodbye = Member { command: Bytes::from_static(SHUTDOWN), ..member(id(2), 1_400) };
    assert_eq!(rig.beat(&goodbye) + &rig.probed(id(2), true), "");
}

#[test]
fn a_restarted_member_replaces_its_predecessor_at_once() {
    let mut rig = Rig::multicast();
    rig.reachable = vec![2, 20];
    rig.beat(&member(id(2), 1_000));
    rig.reachable = vec![20];
    check(
        rig.beat(&member(incarnation(2, 20), 1_010)),
        expect![[r#"
        1000 view 2: []
        1000 probe 2/20: answered
        1000 view 3: [2/20]
    "#]],
    );
    // Late datagrams of the dead one change nothing, neither its heartbeats nor its goodbye.
    check(rig.beat(&member(id(2), 1_500)), expect![""]);
    let goodbye = Member { command: Bytes::from_static(SHUTDOWN), ..member(id(2), 1_400) };
    check(rig.beat(&goodbye), expect![""]);
    assert_eq!(rig.group.view().members.len(), 1);
}

#[test]
fn a_crashed_member_is_probed_after_the_drop_time_and_gone() {
    let mut rig = Rig::multicast();
    rig.reachable = vec![2, 3];
    rig.beat(&member(id(2), 1_000));
    rig.beat(&member(id(3), 1_000));
    rig.refused = vec![2];
    rig.reachable = vec![3];
    check(
        rig.wait_with(20_000, &[(id(3), 0)]),
        expect![[r#"
        4001 probe 2: refused
        4001 view 3: [3]
    "#]],
    );
}

#[test]
fn a_silent_member_that_can_be_connected_to_stays_a_suspect() {
    let mut rig = Rig::multicast();
    rig.reachable = vec![2];
    rig.beat(&member(id(2), 1_000));
    check(
        rig.wait(16_000),
        expect![[r#"
        4001 probe 2: answered
        5000 probe 2: answered
        10000 probe 2: answered
        15000 probe 2: answered
    "#]],
    );
    assert_eq!(rig.group.suspects(), [id(2)]);
    assert!(rig.group.view().contains(&id(2)));
    assert_eq!(rig.beat(&member(id(2), 30_000)), "16000 view 2: [2]\n".repeat(0));
    assert_eq!(rig.group.suspects(), []);
    rig.reachable.clear();
    rig.refused = vec![2];
    check(
        rig.wait(30_000),
        expect![[r#"
        19001 probe 2: refused
        19001 view 2: []
    "#]],
    );
}

#[test]
fn a_suspect_that_dies_is_found_by_the_next_heartbeat() {
    let mut rig = Rig::multicast();
    rig.reachable = vec![2];
    rig.beat(&member(id(2), 1_000));
    rig.wait(6_000);
    rig.reachable.clear();
    rig.refused = vec![2];
    check(
        rig.wait(30_000),
        expect![[r#"
        10000 probe 2: refused
        10000 view 2: []
    "#]],
    );
    assert_eq!((rig.group.suspects(), rig.group.unreached()), (vec![], vec![]));
}

#[test]
fn a_failed_send_is_a_reason_to_probe() {
    let mut rig = Rig::multicast();
    rig.reachable = vec![2];
    rig.beat(&member(id(2), 1_000));
    check(
        rig.input(Input::SendFailed { member: id(2) }),
        expect![[r#"
        1000 probe 2: answered
    "#]],
    );
    assert_eq!(rig.group.suspects(), [id(2)]);
    // It is still heard: the next heartbeat's probe clears it.
    check(
        rig.wait_with(5_500, &[(id(2), 0)]),
        expect![[r#"
        5000 probe 2: answered
    "#]],
    );
    assert_eq!(rig.group.suspects(), []);
    check(rig.input(Input::SendFailed { member: id(3) }), expect![""]);
}

/// Heard by multicast, cut off by TCP: gone at once, and looked for with each heartbeat, not with each datagram.
#[test]
fn a_member_declared_dead_that_is_still_heard_is_probed_each_heartbeat() {
    let mut rig = Rig::multicast();
    rig.reachable = vec![2];
    rig.beat(&member(id(2), 1_000));
    rig.reachable.clear();
    rig.refused = vec![2];
    check(
        rig.input(Input::SendFailed { member: id(2) }),
        expect![[r#"
        1000 probe 2: refused
        1000 view 2: []
    "#]],
    );
    check(
        rig.wait_with(12_000, &[(id(2), 0)]),
        expect![[r#"
        5000 probe 2: refused
        10000 probe 2: refused
    "#]],
    );
    assert_eq!(rig.group.unreached(), [id(2)]);
    rig.refused.clear();
    rig.reachable = vec![2];
    check(
        rig.wait_with(16_000, &[(id(2), 0)]),
        expect![[r#"
        15000 probe 2: answered
        15000 view 3: [2]
    "#]],
    );
}

#[test]
fn one_probe_at_a_time_for_a_member() {
    let mut rig = Rig::multicast();
    rig.reachable = vec![2];
    rig.beat(&member(id(2), 1_000));
    rig.reachable.clear();
    assert_eq!(rig.input(Input::SendFailed { member: id(2) }), "1000 probe 2\n");
    assert_eq!(rig.input(Input::SendFailed { member: id(2) }), "");
    assert_eq!(rig.wait(12_000), "");
    assert_eq!(rig.probed(id(2), false), "12000 view 2: []\n");
    assert_eq!(rig.probed(id(2), true), "", "nobody asked");
}

#[test]
fn an_unreachable_stranger_that_falls_silent_is_forgotten() {
    let mut rig = Rig::multicast();
    rig.refused = vec![2];
    assert_eq!(rig.beat(&member(id(2), 1_000)), "1000 probe 2: refused\n");
    assert_eq!(rig.group.unreached(), [id(2)]);
    assert_eq!(rig.wait(20_000), "");
    assert_eq!(rig.group.unreached(), []);
}

/// After a pause of the whole process all members look silent, until their datagrams are read.
#[test]
fn a_pause_of_this_node_changes_no_view() {
    let mut rig = Rig::multicast();
    rig.reachable = vec![2, 3];
    rig.beat(&member(id(2), 1_000));
    rig.beat(&member(id(3), 500));
    rig.ms = 31_000;
    check(
        rig.input(Input::Deadline),
        expect![[r#"
        31000 probe 2: answered
        31000 probe 3: answered
    "#]],
    );
    assert_eq!(rig.beat(&member(id(2), 31_000)) + &rig.beat(&member(id(3), 30_500)), "");
    assert_eq!(rig.group.suspects(), []);
}

#[test]
fn stop_says_goodbye_once() {
    let mut rig = Rig::multicast();
    rig.reachable = vec![2];
    rig.beat(&member(id(2), 1_000));
    rig.ms = 1_234;
    check(
        rig.input(Input::Stop),
        expect![[r#"
        1234 goodbye, alive 1234
        1234 stopped
    "#]],
    );
    assert_eq!(rig.input(Input::Stop) + &rig.beat(&member(id(3), 5)) + &rig.input(Input::Start), "");
    assert_eq!(rig.group.next_deadline(), None);
}

#[test]
fn who_never_spoke_does_not_say_goodbye() {
    let (mut rig, _) = Rig::start(GroupConfig::default());
    rig.ms = 500;
    assert_eq!(rig.input(Input::Stop), "500 stopped\n");
}

#[test]
fn nothing_happens_before_the_start() {
    let mut group = GroupCore::new(GroupConfig::default(), Member::new(id(1)));
    let bytes = member(id(2), 5).encode();
    for input in
        [Input::Deadline, Input::Datagram { from: from(2), bytes: &bytes }, Input::SendFailed { member: id(2) }]
    {
        assert_eq!(group.handle(Now::default(), input), Ok(()));
        assert_eq!((group.poll_output(), group.next_deadline()), (None, None));
    }
}

/// Real nodes: what they announce is enough to see them come and go.
#[test]
fn captured_heartbeats() {
    let mut rig = Rig::multicast();
    rig.ms = 1_001;
    let mut log = String::new();
    for (name, bytes) in captured(".multicast.bin") {
        writeln!(log, "{name}").unwrap();
        let mut rest = bytes.clone();
        while !rest.is_empty() {
            let (member, length) = Member::decode_prefix(&rest).unwrap();
            log.push_str(&rig.input(Input::Datagram { from: from(2), bytes: &rest.split_to(length) }));
            if rig.group.view().members.is_empty() {
                log.push_str(&rig.probed(member.id, true));
            }
        }
    }
    let kept = log.lines().map(|line| line.split('/').next().unwrap()).collect::<Vec<_>>().join("\n");
    check(
        kept,
        expect![[r#"
        domain-payload.multicast.bin
        1001 probe 2
        1001 view 1: [2
        1001 view 2: []
        plain.multicast.bin
        1001 probe 1
        1001 view 3: [1
        1001 view 4: []"#]],
    );
    let Frame::Message(_) = frames(&captured("static-probe.tcp.bin")[0].1).remove(0) else { panic!("an ack") };
}
