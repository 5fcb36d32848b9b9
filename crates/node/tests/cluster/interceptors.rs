//! Nodes whose messages pass interceptors.

use std::time::Duration;

use bytes::Bytes;
use outlive_node::{Load, Reply, SessionRef};
use outlive_serial::Value;
use outlive_session::{SessionEvent, SessionId, SessionMessage};
use outlive_tribes_proto::interceptor::Interceptor;
use outlive_tribes_proto::interceptor::domain_filter::DomainFilter;
use outlive_tribes_proto::interceptor::encrypt::{Algorithm, Encrypt};
use outlive_tribes_proto::interceptor::fragmentation::Fragmentation;
use outlive_tribes_proto::interceptor::gzip::Gzip;
use outlive_tribes_proto::interceptor::order::Order;

use super::number;
use super::support::{CONTEXT, Cluster, Interceptors};

fn encrypt(start: u8, algorithm: Algorithm) -> Box<dyn Interceptor> {
    let key = "000102030405060708090a0b0c0d0e0f".parse().unwrap();
    Box::new(Encrypt::new(algorithm, &key, [start; 32]))
}

fn all(start: u8) -> Vec<Box<dyn Interceptor>> {
    let pieces = Fragmentation { max_size: 100, ..Fragmentation::default() };
    vec![Box::new(Gzip::default()), encrypt(start, Algorithm::AesGcm), Box::new(pieces), Box::new(Order::default())]
}

fn with(interceptors: Interceptors, nodes: u16) -> Cluster {
    let mut cluster = Cluster::new(8);
    cluster.interceptors = interceptors;
    for port in 1..=nodes {
        cluster.start(port);
        cluster.settle();
    }
    cluster
}

/// A new session with n = 7.
fn set_new(cluster: &mut Cluster, port: u16) -> SessionRef {
    let session = cluster.create(port);
    session.set("n", Value::integer(7)).unwrap();
    cluster.complete(port, &session);
    cluster.deliver();
    session
}

/// Takes what lies in the lane to `to` as the frames that it becomes.
fn taken(cluster: &mut Cluster, from: u16, to: u16) -> Vec<Bytes> {
    let peer = cluster.node(from).view().peers.iter().find(|peer| peer.id().port == to).cloned().unwrap();
    let mut frames = Vec::new();
    while let Some(parcel) = peer.lane().take() {
        peer.lane().release(outlive_sync::Weight::weight(&parcel));
        let Load::Letter(letter) = parcel.load else { panic!("a donation") };
        frames.extend(cluster.frames_of(from, to, letter));
    }
    frames
}

#[test]
fn sessions_live_on_through_a_whole_stack() {
    let mut cluster = with(all, 3);
    let session = cluster.create(1);
    session.set("large", Value::string(&"grows ".repeat(1000))).unwrap();
    session.set("n", Value::integer(0)).unwrap();
    cluster.complete(1, &session);
    cluster.deliver();
    for (value, port) in [(1, 2), (2, 3), (3, 1)] {
        cluster.set(port, &session.id(), "n", value);
    }
    cluster.kill(1);
    // A node that joins gets the state through the stack, too.
    cluster.start(4);
    cluster.settle();
    for port in [2, 3, 4] {
        let held = cluster.holds(port, &session.id()).unwrap();
        assert!(held.len() == 2 && held[1] == number(3)[0], "{port}: {held:?}");
        assert_eq!(cluster.node(port).refused(), 0);
    }
}

#[test]
fn a_plain_message_reaches_no_decoder_of_a_node_with_a_key() {
    let stacks: [Interceptors; 2] =
        [|start| vec![encrypt(start, Algorithm::AesGcm)], |start| vec![encrypt(start, Algorithm::AesCbc)]];
    for stack in stacks {
        let mut cluster = with(stack, 2);
        let id = SessionId::generate([5; 16], "node1");
        let now = cluster.now.wall;
        let message = SessionMessage::of_session(SessionEvent::Created, CONTEXT, &id, now, now);
        let frame = cluster.frame(1, &message.encode());
        // Confirmed, as by a Tomcat: whoever tries learns nothing.
        assert_eq!(cluster.hand_over(1, 2, frame), Reply::Ack);
        assert_eq!((cluster.node(2).refused(), cluster.context(2).len()), (1, 0));
        set_new(&mut cluster, 1);
        assert_eq!((cluster.node(2).refused(), cluster.context(2).len()), (1, 1), "what is encrypted passes");
    }
}

#[test]
fn a_message_that_waited_for_its_peer_is_encrypted_anew() {
    let mut cluster = with(|start| vec![encrypt(start, Algorithm::AesGcm)], 2);
    cluster.cut = vec![(1, 2)];
    set_new(&mut cluster, 1);
    // The clocks jump, as those of a machine that slept, and nobody was missed.
    cluster.now.wall.0 += 60_000;
    cluster.now.monotonic.0 += Duration::from_millis(1500);
    cluster.cut.clear();
    cluster.deliver();
    assert_eq!((cluster.node(2).refused(), cluster.context(2).len()), (0, 1));
}

#[test]
fn what_overtakes_waits_and_is_let_go_when_nothing_comes() {
    let mut cluster = with(|_| vec![Box::new(Order::default())], 2);
    cluster.cut = vec![(1, 2)];
    let session = set_new(&mut cluster, 1);
    for value in [1, 2] {
        session.set("n", Value::integer(value)).unwrap();
        cluster.complete(1, &session);
    }
    let mut frames = taken(&mut cluster, 1, 2);
    let last = frames.pop().unwrap();
    let hand_over = |cluster: &mut Cluster, frame: Bytes| assert_eq!(cluster.hand_over(1, 2, frame), Reply::Ack);
    hand_over(&mut cluster, last.clone());
    assert_eq!(cluster.context(2).len(), 0, "it waits for those before it");
    for frame in frames {
        hand_over(&mut cluster, frame);
    }
    assert_eq!(cluster.holds(2, &session.id()), Some(number(2)));
    // One is lost; the next is let go after 3 s, although nothing else comes from that member.
    for value in [3, 4] {
        session.set("n", Value::integer(value)).unwrap();
        cluster.complete(1, &session);
    }
    let after = taken(&mut cluster, 1, 2).pop().unwrap();
    hand_over(&mut cluster, after);
    cluster.cut.clear();
    assert_eq!(cluster.holds(2, &session.id()), Some(number(2)));
    cluster.pass(Duration::from_millis(4100));
    assert_eq!(cluster.holds(2, &session.id()), Some(number(4)));
    hand_over(&mut cluster, last);
    assert_eq!(cluster.holds(2, &session.id()), Some(number(4)), "a repetition changes nothing");
}

#[test]
fn a_peer_that_may_have_refused_something_gets_everything_whole() {
    let mut cluster = with(|start| vec![encrypt(start, Algorithm::AesGcm)], 2);
    cluster.cut = vec![(1, 2)];
    let session = set_new(&mut cluster, 1);
    assert!(!taken(&mut cluster, 1, 2).is_empty(), "and lost");
    let peer = cluster.node(1).view().peers[0].clone();
    assert!(!peer.is_behind());
    peer.mark_all_dirty();
    assert!(peer.is_behind());
    cluster.cut.clear();
    cluster.deliver();
    assert_eq!(cluster.holds(2, &session.id()), Some(number(7)));
    assert!(!peer.is_behind());
}

#[test]
fn nodes_of_other_domains_are_no_members() {
    fn filter(start: u8) -> Vec<Box<dyn Interceptor>> {
        // The nodes of these tests have no domain; the second one is told to want another.
        let domain = if start == 2 { Bytes::from_static(b"elsewhere") } else { Bytes::new() };
        vec![Box::new(DomainFilter::new(domain))]
    }
    let cluster = with(filter, 3);
    let members = |port| cluster.node(port).view().ids().iter().map(|id| id.port).collect::<Vec<_>>();
    assert_eq!((members(2), members(3).contains(&1)), (vec![], true));
}
