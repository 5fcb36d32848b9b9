use super::*;

fn datagram(rig: &mut Rig, bytes: &[u8]) -> (String, Result<(), PeerFault>) {
    rig.try_input(Input::Datagram { from: from(66), bytes })
}

#[test]
fn bad_datagrams_are_named_and_ignored() {
    let mut rig = Rig::multicast();
    let record = member(id(2), 5).encode();
    let mut bad: Vec<Vec<u8>> = (0..record.len()).map(|length| record[..length].to_vec()).collect();
    bad.push(b"garbage".to_vec());
    bad.push(vec![0; 65_535]);
    bad.push([&b"TRIBES-B\x01\x00\x7f\xff\xff\xff"[..], &record[14..]].concat());
    for bytes in bad {
        let (log, result) = datagram(&mut rig, &bytes);
        assert_eq!(log, "");
        assert!(matches!(result, Err(PeerFault::Datagram { .. })), "{result:?}");
    }
    assert_eq!(datagram(&mut rig, &record), ("1000 probe 2\n".into(), Ok(())), "no pause after them");
}

#[test]
fn messages_by_multicast_are_for_the_shell() {
    let mut rig = Rig::multicast();
    assert_eq!(datagram(&mut rig, b"FLT2002\0\0\0\x02hiTLF2003"), (String::new(), Ok(())));
}

#[test]
fn large_records_are_not_kept() {
    let mut rig = Rig::multicast();
    let large = Member { payload: Bytes::from(vec![0; 9_000]), ..member(id(2), 5) };
    let (log, result) = datagram(&mut rig, &large.encode());
    assert_eq!(log, "");
    assert!(result.unwrap_err().to_string().contains("at byte 8192"));
}

#[test]
fn own_datagrams_come_back_and_mean_nothing() {
    let mut rig = Rig::multicast();
    let own = rig.group.local_record().clone();
    assert_eq!(datagram(&mut rig, &own), (String::new(), Ok(())));
    let goodbye = Member { command: Bytes::from_static(SHUTDOWN), ..member(id(1), 5) };
    assert_eq!(datagram(&mut rig, &goodbye.encode()), (String::new(), Ok(())));
}

#[test]
fn another_node_with_our_address_is_no_member() {
    let mut rig = Rig::multicast();
    let clone = incarnation(1, 66);
    let fault = PeerFault::AddressClash { from: from(66), member: clone };
    assert_eq!(datagram(&mut rig, &member(clone, 5).encode()), (String::new(), Err(fault)));
    // What is left of our own last life says goodbye.
    let goodbye = Member { command: Bytes::from_static(SHUTDOWN), ..member(clone, 5) };
    assert_eq!(datagram(&mut rig, &goodbye.encode()), (String::new(), Ok(())));
}

#[test]
fn members_that_nobody_can_reach_are_refused() {
    let mut rig = Rig::multicast();
    let no_port = MemberId { port: 0, ..id(2) };
    let fault = PeerFault::UnusableAddress { from: from(66), member: no_port };
    assert_eq!(datagram(&mut rig, &member(no_port, 5).encode()), (String::new(), Err(fault)));
    let no_host = MemberId { host: [0, 0, 0, 0].into(), ..id(2) };
    assert!(datagram(&mut rig, &member(no_host, 5).encode()).1.is_err());
}

#[test]
fn a_flood_of_strangers_is_bounded_and_passes() {
    let mut rig = Rig::multicast();
    rig.reachable = vec![2];
    rig.beat(&member(id(2), 1_000));
    let (mut probes, mut refused) = (0, 0);
    for stranger in 0..5_000_u32 {
        let host = (0x0b00_0000 + stranger).to_be_bytes().into();
        let id = MemberId { host, port: 4000, unique_id: UniqueId([9; 16]) };
        let (log, result) = datagram(&mut rig, &member(id, 5).encode());
        probes += log.lines().count();
        refused += usize::from(matches!(result, Err(PeerFault::TooManyMembers { limit: 1_000, .. })));
    }
    assert_eq!((probes, refused), (64, 4_001));
    // The member is still heard, its restart finds room, and is probed as soon as an answer comes.
    rig.reachable = vec![2, 20];
    assert_eq!(rig.beat(&member(id(2), 1_500)), "");
    assert_eq!(rig.beat(&member(incarnation(2, 20), 5)), "1000 view 2: []\n");
    assert_eq!(rig.group.unreached().len(), 1_000);
    assert_eq!(rig.probed(id(9), false), "1000 probe 2/20: answered\n1000 view 3: [2/20]\n1000 probe 64/9\n");
    // The strangers fall silent and are forgotten.
    rig.wait_with(4_500, &[(incarnation(2, 20), 0)]);
    assert_eq!(rig.group.view().members.len(), 1);
    assert_eq!(rig.group.unreached(), []);
}

#[test]
fn one_host_cannot_fill_the_table() {
    let mut rig = Rig::multicast();
    let refused = (1..=1_000).filter(|port| {
        let id = MemberId { port: *port, ..id(66) };
        let (_, result) = datagram(&mut rig, &member(id, 5).encode());
        matches!(result, Err(PeerFault::TooManyMembers { limit: 64, .. }))
    });
    assert_eq!(refused.count(), 936);
    let (_, result) = datagram(&mut rig, &member(id(2), 5).encode());
    assert_eq!((result, rig.group.unreached().len()), (Ok(()), 65), "another host has room");
    let restarted = MemberId { port: 7, ..incarnation(66, 1) };
    assert_eq!(datagram(&mut rig, &member(restarted, 5).encode()).1, Ok(()), "and so has a restart");
    assert_eq!(rig.group.unreached().len(), 65);
}

/// New ids at one address, each replacing the one before.
#[test]
fn a_flood_of_incarnations_is_bounded() {
    let mut rig = Rig::multicast();
    let mut probes = 0;
    for unique in 0..3_000_u32 {
        let mut bytes = [0; 16];
        bytes[..4].copy_from_slice(&unique.to_be_bytes());
        let id = MemberId { unique_id: UniqueId(bytes), ..id(2) };
        let (log, result) = datagram(&mut rig, &member(id, 5).encode());
        assert_eq!((result, rig.group.unreached().len()), (Ok(()), 1));
        probes += log.lines().count();
    }
    assert_eq!(probes, 64);
}

#[test]
fn random_inputs_keep_the_invariants() {
    for seed in 0..200 {
        let mut ids = MessageIds::new(UniqueId([seed; 16]));
        let mut rig = Rig::multicast();
        for _ in 0..300 {
            let [what, node, unique, alive, step, ..] = ids.next().0;
            let (node, unique) = (2 + node % 3, 2 + unique % 3);
            let id = incarnation(node, unique);
            rig.ms += u64::from(step) * 10;
            let command = Bytes::from_static(if what % 8 == 0 { SHUTDOWN } else { b"" });
            let beat = Member { command, ..member(id, i64::from(alive) * 1_000) }.encode();
            let input = match what % 8 {
                0..=3 => Input::Datagram { from: from(node), bytes: &beat },
                4 | 5 => Input::ProbeResult { member: id, alive: alive % 2 == 0 },
                6 => Input::SendFailed { member: id },
                _ => Input::Deadline,
            };
            let before = rig.group.view();
            let (log, result) = rig.try_input(input);
            assert_eq!(result, Ok(()));
            let after = rig.group.view();
            assert_eq!(after.number - before.number, log.matches("view").count() as u64);
            let mut addresses: Vec<_> = after.members.iter().map(|member| member.id.address()).collect();
            addresses.sort_unstable();
            addresses.dedup();
            assert_eq!(addresses.len(), after.members.len(), "one member an address");
            assert!(rig.group.suspects().iter().all(|id| after.contains(id)));
            assert!(rig.group.unreached().iter().all(|id| !after.contains(id)));
            assert!(rig.group.next_deadline().unwrap() > rig.now().monotonic);
        }
    }
}
