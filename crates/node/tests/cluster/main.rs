//! Whole nodes in one thread: what a session lives through, and what it must not.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by where it stops")]

mod interceptors;
mod keeper;
mod peers;
mod settings;
mod standing;
mod support;
mod takeover;

use std::time::Duration;

use outlive_node::{Delivery, SessionRef, User};
use outlive_serial::Value;
use outlive_session::{SessionEvent, SessionId, SessionMessage};

use support::Cluster;

fn pair(options: u32) -> Cluster {
    let mut cluster = Cluster::new(options);
    cluster.start(1);
    cluster.settle();
    cluster.start(2);
    cluster.settle();
    cluster
}

fn number(value: i32) -> Vec<(String, Value)> {
    vec![("n".into(), Value::integer(value))]
}

/// The story that the project tells: see the README.
#[test]
fn the_nine_steps() {
    let mut cluster = Cluster::new(6);
    cluster.start(1);
    cluster.settle();
    assert!(cluster.context(1).is_ready(), "alone, there is nobody to ask");
    cluster.start(2);
    cluster.settle();
    assert!(cluster.context(2).is_ready());
    assert_eq!((cluster.node(1).view().peers.len(), cluster.node(2).view().peers.len()), (1, 1));

    let session = cluster.create(1);
    session.set("n", Value::integer(1)).unwrap();
    session.set_user(Some(User::new("alice", ["user"]))).unwrap();
    cluster.change_id(1, &session);
    cluster.complete(1, &session);
    cluster.deliver();
    let id = session.id();

    cluster.kill(1);
    let there = cluster.find(2, &id).expect("B has it");
    assert_eq!(there.user().map(|user| user.name).as_deref(), Some("alice"));
    assert_eq!(there.attributes(), number(1));
    assert!(there.id().ends_with(".node2"), "the suffix is the serving node's: {}", there.id());
    assert_eq!(there.created(), session.created());
    cluster.complete(2, &there);
    let id = there.id();
    cluster.settle();

    cluster.start(1);
    cluster.settle();
    let here = cluster.find(1, &id).expect("A took it from B");
    assert_eq!((here.attributes(), here.user()), (number(1), there.user()));
    cluster.context(1).invalidate(cluster.now, &here);
    cluster.complete(1, &here);
    cluster.deliver();
    assert!(cluster.find(2, &id).is_none());
    assert_eq!((cluster.context(1).len(), cluster.context(2).len()), (0, 0));

    let second = cluster.create(2);
    cluster.complete(2, &second);
    cluster.deliver();
    let id = second.id();
    let here = cluster.find(1, &id).expect("A has what B made");
    here.set_max_inactive(2).unwrap();
    cluster.complete(1, &here);
    cluster.pass(Duration::from_secs(4));
    assert!(cluster.holds(1, &id).is_none() && cluster.holds(2, &id).is_none(), "idle too long, on both");
}

/// The others stood still or were cut off when it began, and so did not answer.
#[test]
fn a_node_that_was_alone_when_it_began_gives_and_takes_when_it_meets_the_others() {
    for is_static in [false, true] {
        let mut cluster = Cluster::new(6);
        cluster.static_members = is_static.then(|| vec![1, 2, 3]);
        for port in [1, 2] {
            cluster.start(port);
            cluster.settle();
        }
        let before = cluster.create(1);
        before.set("n", Value::integer(1)).unwrap();
        cluster.complete(1, &before);
        cluster.deliver();
        cluster.cut = vec![(1, 3), (3, 1), (2, 3), (3, 2)];
        cluster.start(3);
        cluster.settle();
        assert!(cluster.context(3).is_ready(), "it cannot wait for ever");
        let meanwhile = cluster.create(3);
        meanwhile.set("n", Value::integer(3)).unwrap();
        cluster.complete(3, &meanwhile);
        cluster.cut.clear();
        cluster.pass(Duration::from_secs(10));
        for port in [1, 2, 3] {
            assert_eq!(cluster.holds(port, &before.id()), Some(number(1)), "node {port}, static: {is_static}");
            assert_eq!(cluster.holds(port, &meanwhile.id()), Some(number(3)), "node {port}, static: {is_static}");
        }
    }
}

/// A second node that starts takes the state, and has none to give.
#[test]
fn the_first_node_asks_the_second_for_nothing() {
    let cluster = pair(6);
    assert_eq!(cluster.node(2).view().peers[0].counters.received.get(), 2, "the state, and its end");
}

#[test]
fn a_synchronous_request_waits_for_its_peers_and_an_asynchronous_one_does_not() {
    for (options, waits) in [(6, true), (8, false), (14, false), (2, true)] {
        let mut cluster = pair(options);
        let session = cluster.create(1);
        let delivery = cluster.complete(1, &session);
        let Delivery::Await(confirmed) = delivery else {
            assert!(!waits && matches!(delivery, Delivery::Queued), "options {options}");
            continue;
        };
        assert!(waits, "options {options}");
        assert!(!confirmed.is_complete());
        cluster.deliver();
        assert!(confirmed.is_complete());
    }
}

#[test]
fn a_request_waits_for_its_changes_although_another_has_sent_them() {
    let mut cluster = pair(6);
    let session = cluster.create(1);
    cluster.complete(1, &session);
    cluster.deliver();
    session.set("first", Value::integer(1)).unwrap();
    session.set("second", Value::integer(2)).unwrap();
    let Delivery::Await(first) = cluster.complete(1, &session) else { panic!("it has sent both") };
    let Delivery::Await(second) = cluster.complete(1, &session) else { panic!("its change is not confirmed") };
    assert!(!second.is_complete());
    cluster.deliver();
    assert!(first.is_complete() && second.is_complete());
    assert!(matches!(cluster.complete(1, &session), Delivery::Nothing), "nothing is left to wait for");
}

#[test]
fn a_question_for_the_state_is_answered_when_a_full_lane_has_room() {
    let mut cluster = Cluster::new(8);
    cluster.lane_bytes_max = 4096;
    cluster.start(1);
    cluster.settle();
    let session = cluster.create(1);
    cluster.complete(1, &session);
    cluster.start(2);
    cluster.settle();
    let received = |cluster: &Cluster| cluster.node(2).view().peers[0].counters.received.get();
    let before = received(&cluster);
    cluster.cut = vec![(1, 2)];
    // As much as the lane takes, and nothing that it does not: else a repair would follow.
    let message = SessionMessage::of_context(SessionEvent::GetAll, support::CONTEXT, cluster.now.wall).encode();
    session.set("large", Value::bytes(&[7; 10_000])).unwrap();
    assert!(matches!(cluster.complete(1, &session), Delivery::Queued));
    let frame = cluster.frame(2, &message);
    cluster.hand_over(2, 1, frame);
    cluster.cut.clear();
    cluster.deliver();
    assert_eq!(received(&cluster) - before, 3, "the change, the state, and its end");
}

#[test]
fn nobody_waits_for_a_peer_that_has_gone() {
    let mut cluster = pair(6);
    let session = cluster.create(1);
    let Delivery::Await(confirmed) = cluster.complete(1, &session) else { panic!("a peer is there") };
    cluster.kill(2);
    cluster.deliver();
    assert!(confirmed.is_complete());
    assert!(matches!(cluster.complete(1, &session), Delivery::Nothing));
}

/// Source: Tomcat keys sessions by the whole id, so two nodes asked at once each make a session of their own.
#[test]
fn one_cookie_on_two_nodes_is_one_session() {
    let mut cluster = pair(6);
    let session = cluster.create(1);
    cluster.complete(1, &session);
    cluster.deliver();
    let id = session.id();
    let (here, there) = (cluster.find(1, &id).unwrap(), cluster.find(2, &id).unwrap());
    here.set("a", Value::integer(1)).unwrap();
    there.set("b", Value::integer(2)).unwrap();
    cluster.complete(1, &here);
    cluster.complete(2, &there);
    cluster.deliver();
    let both: Vec<_> = vec![("a".to_owned(), Value::integer(1)), ("b".to_owned(), Value::integer(2))];
    assert_eq!(cluster.holds(1, &id), Some(both.clone()));
    assert_eq!(cluster.holds(2, &id), Some(both));
}

#[test]
fn a_conflict_ends_alike_on_both_nodes() {
    let mut cluster = pair(8);
    let session = cluster.create(1);
    cluster.complete(1, &session);
    cluster.deliver();
    let id = session.id();
    for (port, value) in [(1, 1), (2, 2)] {
        let session = cluster.find(port, &id).unwrap();
        session.set("n", Value::integer(value)).unwrap();
        cluster.complete(port, &session);
    }
    cluster.deliver();
    assert_eq!(cluster.holds(1, &id), cluster.holds(2, &id));
}

#[test]
fn what_has_ended_is_not_revived_by_a_write_that_comes_late() {
    let mut cluster = pair(8);
    let session = cluster.create(1);
    cluster.complete(1, &session);
    cluster.deliver();
    let id = session.id();
    cluster.cut = vec![(1, 2), (2, 1)];
    let there = cluster.find(2, &id).unwrap();
    there.set("n", Value::integer(1)).unwrap();
    cluster.complete(2, &there);
    let here = cluster.find(1, &id).unwrap();
    cluster.context(1).invalidate(cluster.now, &here);
    cluster.complete(1, &here);
    cluster.cut.clear();
    cluster.deliver();
    assert!(cluster.find(1, &id).is_none() && cluster.find(2, &id).is_none());
}

/// A link is down for so long that both drop the other, and comes back.
#[test]
fn nodes_that_were_cut_off_from_each_other_tell_what_they_missed() {
    let mut cluster = pair(6);
    let old = cluster.create(1);
    cluster.complete(1, &old);
    cluster.deliver();
    let old = old.id();

    cluster.cut = vec![(1, 2), (2, 1)];
    cluster.pass(Duration::from_secs(10));
    assert!(cluster.node(1).view().peers.is_empty() && cluster.node(2).view().peers.is_empty());
    cluster.set(1, &old, "n", 1);
    cluster.pass(Duration::from_millis(50));
    cluster.set(2, &old, "n", 2);
    cluster.set(2, &old, "other", 3);
    let new = cluster.create(1);
    cluster.complete(1, &new);
    cluster.set(1, &new.id(), "begun", 4);
    assert!(cluster.holds(2, &new.id()).is_none());

    cluster.cut.clear();
    cluster.settle();
    let newest = vec![("n".to_owned(), Value::integer(2)), ("other".to_owned(), Value::integer(3))];
    for port in [1, 2] {
        assert_eq!(cluster.holds(port, &old).as_ref(), Some(&newest), "at {port}");
        assert_eq!(cluster.holds(port, &new.id()), Some(vec![("begun".to_owned(), Value::integer(4))]), "at {port}");
    }
}

#[test]
fn an_old_id_is_worth_nothing_to_a_client() {
    let mut cluster = pair(6);
    let session = cluster.create(1);
    cluster.complete(1, &session);
    cluster.deliver();
    let old = session.id();
    cluster.change_id(1, &session);
    cluster.complete(1, &session);
    cluster.deliver();
    for port in [1, 2] {
        assert!(cluster.find(port, &old).is_none());
        assert!(cluster.find(port, &session.id()).is_some());
    }
    assert_eq!(cluster.context(2).len(), 1);
}

#[test]
fn two_nodes_that_start_together_do_not_wait_for_each_other() {
    let mut cluster = Cluster::new(8);
    cluster.start(1);
    cluster.start(2);
    cluster.settle();
    assert!(cluster.context(1).is_ready() && cluster.context(2).is_ready());
    assert_eq!(cluster.node(1).view().peers.len(), 1);
}

#[test]
fn when_the_donor_goes_the_next_one_is_asked() {
    let mut cluster = pair(6);
    let session = cluster.create(1);
    cluster.complete(1, &session);
    cluster.deliver();
    // The oldest cannot be heard by the third, whose question it never gets.
    cluster.start(3);
    cluster.cut = vec![(3, 1)];
    cluster.pass(Duration::from_millis(1500));
    cluster.kill(1);
    cluster.cut.clear();
    cluster.settle();
    assert!(cluster.context(3).is_ready());
    assert!(cluster.find(3, &session.id()).is_some());
}

#[test]
fn what_is_written_while_a_node_joins_reaches_it() {
    let mut cluster = Cluster::new(8);
    cluster.start(1);
    cluster.settle();
    let session = cluster.create(1);
    cluster.complete(1, &session);
    cluster.start(2);
    for step in 0..60 {
        cluster.set(1, &session.id(), "n", step);
        cluster.pass(Duration::from_millis(50));
    }
    assert!(cluster.context(2).is_ready());
    assert_eq!(cluster.holds(2, &session.id()), Some(number(59)));
}

#[test]
fn twelve_hundred_sessions_come_in_blocks() {
    let mut cluster = Cluster::new(6);
    cluster.start(1);
    cluster.settle();
    for index in 0..1200_u128 {
        let session = cluster.context(1).create(cluster.now, index.to_be_bytes());
        session.set("n", Value::integer(7)).unwrap();
        cluster.complete(1, &session);
    }
    cluster.start(2);
    cluster.settle();
    assert_eq!(cluster.context(2).len(), 1200);
    assert!(cluster.context(2).sessions().iter().all(|session| session.attributes() == number(7)));
}

#[test]
fn a_read_is_told_often_enough_to_keep_the_copies_alive() {
    let mut cluster = pair(6);
    let session = cluster.create(1);
    cluster.complete(1, &session);
    cluster.deliver();
    let id = session.id();
    for _ in 0..10 {
        cluster.pass(Duration::from_secs(600));
        let session = cluster.find(1, &id).expect("it was never idle for long");
        cluster.complete(1, &session);
        cluster.deliver();
    }
    assert!(cluster.holds(2, &id).is_some());
    cluster.pass(Duration::from_secs(1900));
    assert!(cluster.holds(1, &id).is_none() && cluster.holds(2, &id).is_none());
}

#[test]
fn what_does_not_fit_into_a_lane_is_sent_whole_later() {
    let mut cluster = Cluster::new(8);
    cluster.lane_bytes_max = 4096;
    cluster.start(1);
    cluster.settle();
    cluster.start(2);
    cluster.settle();
    cluster.cut = vec![(1, 2)];
    let sessions: Vec<_> = (0..50)
        .map(|value| {
            let session = cluster.create(1);
            session.set("n", Value::integer(value)).unwrap();
            cluster.complete(1, &session);
            session
        })
        .collect();
    let ended = &sessions[49];
    cluster.context(1).invalidate(cluster.now, ended);
    // The first ones had room in the lane, and are known by their first ids there.
    cluster.change_id(1, &sessions[0]);
    cluster.complete(1, &sessions[0]);
    let peer = cluster.node(1).view().peers[0].clone();
    assert!(peer.counters.overflowed.get() > 40 && peer.dirty_len() > 40, "{peer:?}");
    assert!(peer.lane().bytes() <= 4096);
    cluster.cut.clear();
    cluster.deliver();
    assert_eq!(peer.dirty_len(), 0);
    for (value, session) in (0..49).zip(&sessions) {
        assert_eq!(cluster.holds(2, &session.id()), Some(number(value)));
    }
    assert_eq!(cluster.holds(2, &ended.id()), None);
    assert_eq!(cluster.context(2).len(), 49);
}

#[test]
fn what_does_not_fit_into_a_lane_twice_is_not_forgotten() {
    let mut cluster = Cluster::new(8);
    cluster.lane_bytes_max = 20_000;
    cluster.start(1);
    cluster.settle();
    cluster.start(2);
    cluster.settle();
    let sessions: Vec<_> = (0..100)
        .map(|_| {
            let session = cluster.create(1);
            cluster.complete(1, &session);
            cluster.deliver();
            session
        })
        .collect();
    assert_eq!(cluster.context(2).len(), 100);
    cluster.cut = vec![(1, 2)];
    for session in &sessions {
        cluster.context(1).invalidate(cluster.now, session);
        cluster.complete(1, session);
    }
    assert!(cluster.node(1).view().peers[0].dirty_len() > 50);
    cluster.cut.clear();
    cluster.deliver();
    assert_eq!(cluster.context(2).len(), 0, "all that ended here have ended there");
}

/// Static members stand in no order of age, so nodes that start together ask each other first.
#[test]
fn nodes_that_know_nothing_are_no_source_of_the_state() {
    let mut cluster = Cluster::new(6);
    cluster.static_members = Some(vec![1, 2, 3]);
    cluster.start(3);
    cluster.settle();
    let session = cluster.create(3);
    cluster.complete(3, &session);
    cluster.start(1);
    cluster.start(2);
    cluster.pass(Duration::from_secs(10));
    assert_eq!([1, 2, 3].map(|port| cluster.context(port).len()), [1, 1, 1]);
}

#[test]
fn a_member_without_the_context_is_no_source_of_its_state() {
    let mut cluster = Cluster::new(6);
    cluster.name = "localhost#/other";
    cluster.start(1);
    cluster.settle();
    cluster.name = support::CONTEXT;
    cluster.start(2);
    cluster.settle();
    let session = cluster.create(2);
    cluster.complete(2, &session);
    cluster.start(3);
    cluster.settle();
    assert_eq!((cluster.context(3).is_ready(), cluster.context(3).len()), (true, 1));
}

/// A peer decides how long a chain of early messages is.
#[test]
fn a_long_chain_of_new_ids_that_come_first_is_followed() {
    const LENGTH: usize = 2_000;
    let mut cluster = pair(6);
    let now = cluster.now.wall;
    let id = |number: usize| SessionId::parse(&format!("a{number}")).unwrap();
    let mut send = |body: &[u8]| {
        let frame = cluster.frame(1, body);
        cluster.hand_over(1, 2, frame);
    };
    for number in 0..LENGTH {
        send(&SessionMessage::of_new_id(support::CONTEXT, &id(number), &id(number + 1), now).encode());
    }
    send(&SessionMessage::of_session(SessionEvent::Created, support::CONTEXT, &id(0), now, now).encode());
    let ids: Vec<_> = cluster.context(2).sessions().iter().map(SessionRef::id).collect();
    assert_eq!(ids, [id(LENGTH).as_str()]);
}

#[test]
fn a_node_that_leaves_in_order_is_gone_at_once() {
    let mut cluster = pair(6);
    cluster.node(2).stop(cluster.now);
    cluster.deliver();
    assert!(cluster.node(1).view().peers.is_empty());
}

/// Found by the simulator: a whole session had one stamp, so its old attributes won over newer ones.
#[test]
fn a_session_sent_whole_undoes_no_later_write() {
    let mut cluster = Cluster::new(8);
    cluster.lane_bytes_max = 1000;
    cluster.start(1);
    cluster.settle();
    cluster.start(2);
    cluster.settle();
    let session = cluster.create(1);
    cluster.complete(1, &session);
    cluster.deliver();
    let id = session.id();

    cluster.cut = vec![(1, 2), (2, 1)];
    let write = |cluster: &mut Cluster, port: u16, name: &str, value: i32| {
        cluster.pass(Duration::from_millis(50));
        let session = cluster.context(port).find(cluster.now, &id).unwrap();
        session.set(name, Value::integer(value)).unwrap();
        cluster.complete(port, &session);
    };
    write(&mut cluster, 1, "n", 1);
    write(&mut cluster, 2, "n", 2);
    write(&mut cluster, 1, "other", 3);
    assert_eq!(cluster.node(1).view().peers[0].dirty_len(), 1, "the last write did not fit, so the session goes whole");
    cluster.cut.clear();
    cluster.deliver();
    let both = vec![("n".to_owned(), Value::integer(2)), ("other".to_owned(), Value::integer(3))];
    assert_eq!(cluster.holds(1, &id), Some(both.clone()));
    assert_eq!(cluster.holds(2, &id), Some(both));
}

/// Found by the simulator: the renamed session came back on the node that had ended it.
#[test]
fn a_session_that_ends_here_while_it_gets_a_new_id_there_has_ended() {
    let mut cluster = pair(8);
    let session = cluster.create(1);
    cluster.complete(1, &session);
    cluster.deliver();
    let id = session.id();

    cluster.cut = vec![(1, 2), (2, 1)];
    cluster.context(1).invalidate(cluster.now, &session);
    cluster.complete(1, &session);
    let there = cluster.context(2).find(cluster.now, &id).unwrap();
    cluster.change_id(2, &there);
    there.set("n", Value::integer(1)).unwrap();
    cluster.complete(2, &there);
    cluster.cut.clear();
    cluster.deliver();
    cluster.pass(Duration::from_secs(12));
    assert_eq!((cluster.context(1).len(), cluster.context(2).len()), (0, 0));
    assert!(cluster.find(1, &there.id()).is_none());
}
