//! What a node can tell of its peers: what they lost on the way, what they sent that cannot be taken, and what time they have.

use std::sync::Arc;
use std::time::Duration;

use outlive_node::{Losses, Peer};
use outlive_serial::ObjectOutput;
use outlive_session::{SessionEvent, SessionId, SessionMessage};
use outlive_tribes_proto::Abilities;
use outlive_tribes_proto::wire::peer::Mark;

use crate::number;
use crate::support::{CONTEXT, Cluster};

const TOMCAT: u16 = 2;

const HEALTH_PORT: u16 = 9000;

fn beside_a_tomcat() -> Cluster {
    let mut cluster = Cluster::new(6);
    cluster.start(1);
    cluster.start_tomcat(TOMCAT, Duration::from_secs(1));
    cluster.settle();
    assert!(cluster.context(1).is_ready());
    cluster
}

fn tomcat(cluster: &Cluster) -> Arc<Peer> {
    Arc::clone(&cluster.node(1).view().peers[0])
}

fn id(number: u8) -> SessionId {
    SessionId::generate([number; 16], "tomcat")
}

fn created(cluster: &mut Cluster, number: u8) {
    let at = cluster.now.wall;
    let id = id(number);
    cluster.says(TOMCAT, 1, &SessionMessage::of_session(SessionEvent::Created, CONTEXT, &id, at, at));
}

/// A delta that sets attributes to these objects, each the bytes of one.
fn delta(cluster: &mut Cluster, number: u8, values: &[(&str, &[u8])]) {
    let id = id(number);
    let mut payload = ObjectOutput::new();
    payload.write_utf(id.as_str()).unwrap();
    payload.write_bool(false);
    payload.write_i32(values.len() as i32);
    let mut payload = payload.finish();
    for (name, value) in values {
        let mut head = ObjectOutput::new();
        head.write_i32(0);
        head.write_i32(0);
        head.write_utf(name).unwrap();
        head.write_bool(true);
        payload.extend_from_slice(&head.finish()[4..]);
        payload.extend_from_slice(value);
    }
    let at = cluster.now.wall;
    let message = SessionMessage::of_session(SessionEvent::Delta, CONTEXT, &id, at, at).with_payload(payload);
    cluster.says(TOMCAT, 1, &message);
}

/// Its descriptor is the first thing of a delta that gets a handle.
fn integer(value: i32) -> Vec<u8> {
    let mut out = ObjectOutput::new();
    out.write_integer_object(value);
    out.finish().split_off(4)
}

/// Object arrays inside each other, deeper than any reader should follow.
fn deep() -> Vec<u8> {
    let level = b"\x75\x72\0\x13[Ljava.lang.Object;\x90\xce\x58\x9f\x10\x73\x29\x6c\x02\0\0\x78\x70\0\0\0\x01";
    [&level.repeat(1000)[..], &[0x70]].concat()
}

/// Anybody can announce a member with an address for its health; it counts when a message of that member has come through the interceptors.
/// Nodes of ours see to that, also where there is no session yet.
#[test]
fn the_health_of_a_member_is_told_once_it_was_heard() {
    let mut cluster = Cluster::new(6);
    cluster.health_port = HEALTH_PORT;
    (1..=3).for_each(|port| cluster.start(port));
    cluster.settle();
    let told = |cluster: &Cluster, by: u16| -> Vec<(u16, Option<u16>)> {
        let view = cluster.node(by).view();
        let mut told: Vec<_> =
            view.peers.iter().map(|peer| (peer.id().port, peer.health().map(|at| at.port()))).collect();
        told.sort_unstable();
        told
    };
    assert_eq!(told(&cluster, 1), [(2, Some(HEALTH_PORT)), (3, Some(HEALTH_PORT))]);
    assert_eq!(told(&cluster, 3), [(1, Some(HEALTH_PORT)), (2, Some(HEALTH_PORT))]);

    cluster.start_tomcat(4, Duration::from_secs(1));
    let mark = Mark { version: 2, abilities: Abilities::default(), boot: [4; 8], health_port: HEALTH_PORT };
    cluster.claims(4, mark.append_to(b""));
    cluster.settle();
    assert_eq!(told(&cluster, 1).last(), Some(&(4, None)), "it has only been announced");
    let at = cluster.now.wall;
    cluster.says(4, 1, &SessionMessage::of_session(SessionEvent::Created, CONTEXT, &id(9), at, at));
    assert_eq!(told(&cluster, 1).last(), Some(&(4, Some(HEALTH_PORT))));
}

/// Source: a Tomcat with options 8 sends from ten threads, and drops what it cannot send.
#[test]
fn a_change_whose_session_never_comes_is_counted() {
    let mut cluster = beside_a_tomcat();
    delta(&mut cluster, 1, &[("n", &integer(1))]);
    delta(&mut cluster, 2, &[("n", &integer(2))]);
    created(&mut cluster, 2);
    let peer = tomcat(&cluster);
    assert_eq!(peer.counters.early.get(), 2);
    assert_eq!(cluster.holds(1, id(2).as_str()), Some(number(2)), "the one that was only early is applied");
    assert_eq!(peer.losses(), Losses::default());
    cluster.pass(Duration::from_secs(12));
    assert_eq!(peer.losses(), Losses { orphaned: 1, ..Losses::default() });
    assert!(cluster.holds(1, id(1).as_str()).is_none());
}

#[test]
fn changes_that_are_overtaken_or_of_the_same_millisecond_are_counted() {
    let mut cluster = beside_a_tomcat();
    created(&mut cluster, 1);
    delta(&mut cluster, 1, &[("n", &integer(1))]);
    delta(&mut cluster, 1, &[("n", &integer(1))]);
    assert_eq!(tomcat(&cluster).losses(), Losses::default(), "the same value again is no question");
    delta(&mut cluster, 1, &[("n", &integer(2))]);
    assert_eq!(tomcat(&cluster).losses(), Losses { tied: 1, ..Losses::default() });
    cluster.now.wall.0 -= 5;
    delta(&mut cluster, 1, &[("n", &integer(3))]);
    assert_eq!(tomcat(&cluster).losses(), Losses { tied: 1, stale: 1, ..Losses::default() });
    assert_eq!(cluster.holds(1, id(1).as_str()), Some(number(2)));
}

#[test]
fn a_hostile_value_is_kept_here_and_given_to_nobody() {
    let mut cluster = beside_a_tomcat();
    created(&mut cluster, 1);
    delta(&mut cluster, 1, &[("n", &integer(1)), ("deep", &deep()), ("broken", b"\xff\xff")]);
    assert_eq!(tomcat(&cluster).losses().unreadable, 2);
    assert_eq!(cluster.holds(1, id(1).as_str()), Some(number(1)));
    let session = cluster.context(1).sessions().remove(0);
    let kept: Vec<_> = session.quarantined().into_iter().map(|(name, refused)| (name, refused.bytes)).collect();
    assert_eq!(kept, [("deep".to_owned(), deep())]);

    cluster.start(3);
    cluster.settle();
    assert_eq!(cluster.holds(3, id(1).as_str()), Some(number(1)));
    assert!(cluster.context(3).sessions().remove(0).quarantined().is_empty());
    cluster.tomcats.get_mut(&TOMCAT).unwrap().inbox.clear();
    cluster.set(1, id(1).as_str(), "m", 5);
    cluster.says(TOMCAT, 1, &SessionMessage::of_context(SessionEvent::GetAll, CONTEXT, cluster.now.wall));
    let hostile = b"[Ljava.lang.Object;";
    let inbox = &cluster.tomcats[&TOMCAT].inbox;
    assert!(inbox.len() >= 3 && inbox.iter().all(|body| !body.windows(hostile.len()).any(|bytes| bytes == hostile)));
}

#[test]
fn a_clock_that_is_wrong_is_measured_by_what_its_node_sends() {
    let mut cluster = beside_a_tomcat();
    assert_eq!(tomcat(&cluster).clock_ahead_ms(), None, "a heartbeat has no time of day");
    created(&mut cluster, 1);
    assert_eq!(tomcat(&cluster).clock_ahead_ms(), Some(0));
    cluster.pass(Duration::from_secs(70));
    for ahead in [-5_000, 5_000] {
        cluster.tomcats.get_mut(&TOMCAT).unwrap().clock_ahead_ms = ahead;
        created(&mut cluster, 2);
        assert_eq!(tomcat(&cluster).clock_ahead_ms(), Some(ahead));
        cluster.pass(Duration::from_secs(100));
        assert_eq!(tomcat(&cluster).clock_ahead_ms(), None, "that is too long ago");
    }
}

/// A node of ours stamps its writes past every stamp that it has seen. Its clock is not wrong by that.
#[test]
fn a_late_stamp_makes_no_clock_look_wrong() {
    let mut cluster = Cluster::new(6);
    cluster.start(1);
    cluster.settle();
    cluster.start(3);
    cluster.settle();
    let session = cluster.create(1);
    cluster.complete(1, &session);
    cluster.deliver();
    // Written under a clock that was an hour ahead, and has been set right since.
    cluster.now.wall.0 += 3_600_000;
    cluster.set(1, &session.id(), "n", 1);
    cluster.now.wall.0 -= 3_600_000;
    cluster.pass(Duration::from_secs(100));
    cluster.set(3, &session.id(), "n", 2);
    assert_eq!(cluster.node(1).view().peers[0].clock_ahead_ms(), Some(0));
    assert_eq!(cluster.holds(1, &session.id()), Some(number(2)));
}
