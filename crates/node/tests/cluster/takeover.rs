//! A client comes to a Tomcat before what its last request changed. The Tomcat then has the session under another id than the one
//! that the change names, and drops it: so it is told again.
//!
//! Source: Tomcat `DeltaManager.handleSESSION_DELTA`, `handleSESSION_EXPIRED`, `JvmRouteBinderValve`.

use std::time::Duration;

use outlive_node::{SessionRef, User};
use outlive_serial::{Limits, Value};
use outlive_session::{Action, DeltaRequest, SessionEvent, SessionId, SessionMessage};

use crate::number;
use crate::support::{CONTEXT, Cluster};

const TOMCAT: u16 = 2;

/// A node beside a Tomcat that has the session, which was quiet for a while; with what goes to the Tomcat held up from now on.
fn held_up(options: u32) -> (Cluster, SessionRef) {
    let mut cluster = Cluster::new(options);
    cluster.start(1);
    cluster.start_tomcat(TOMCAT, Duration::from_secs(1));
    cluster.settle();
    let session = cluster.create(1);
    session.set("before", Value::integer(1)).unwrap();
    cluster.complete(1, &session);
    cluster.deliver();
    cluster.pass(Duration::from_secs(1));
    let other = cluster.create(1);
    cluster.complete(1, &other);
    cluster.pass(Duration::from_secs(1));
    cluster.tomcats.get_mut(&TOMCAT).unwrap().inbox.clear();
    cluster.cut.push((1, TOMCAT));
    (cluster, session)
}

fn id(session: &SessionRef) -> SessionId {
    SessionId::parse(&session.id()).unwrap()
}

/// The Tomcat's word that it has given its route to the session `old`. What is held up reaches it behind that.
fn taken_over(cluster: &mut Cluster, old: &SessionId) -> SessionId {
    let new = old.with_route("tomcat");
    cluster.says(TOMCAT, 1, &SessionMessage::of_new_id(CONTEXT, old, &new, cluster.now.wall));
    cluster.cut.clear();
    cluster.deliver();
    new
}

/// The Tomcat's word that a request is over, which has changed this.
fn request_over(cluster: &mut Cluster, id: &SessionId, actions: Vec<Action<'static>>) {
    let delta = DeltaRequest { session_id: id.as_str().into(), record_all_actions: false, actions };
    let (payload, at) = (delta.encode().unwrap(), cluster.now.wall);
    let message = SessionMessage::of_session(SessionEvent::Delta, CONTEXT, id, at, at).with_payload(payload);
    cluster.says(TOMCAT, 1, &message);
}

fn set(name: &'static str, value: i32) -> Action<'static> {
    Action::SetAttribute(name.into(), Value::integer(value))
}

/// What the Tomcat was told that it can take, of a session that it has under this id.
fn taken(cluster: &Cluster, id: &SessionId) -> Vec<(SessionEvent, Vec<Action<'static>>)> {
    let mut known = id.as_str().to_owned();
    let mut taken = Vec::new();
    for body in &cluster.tomcats[&TOMCAT].inbox {
        let message = SessionMessage::decode(body, &Limits::default()).unwrap();
        if message.session_id != known {
            continue;
        }
        let payload = message.payload.unwrap_or_default();
        if message.event == SessionEvent::ChangeId {
            known = String::from_utf8(payload[8..].to_vec()).unwrap();
        }
        let delta = (message.event == SessionEvent::Delta).then(|| DeltaRequest::decode(&payload, &Limits::default()));
        taken.push((message.event, delta.map_or_else(Vec::new, |delta| delta.unwrap().actions)));
    }
    taken
}

#[test]
fn a_change_that_meets_a_takeover_is_told_again() {
    let (mut cluster, session) = held_up(8);
    cluster.set(1, &session.id(), "n", 7);
    let old = id(&session);
    let new = taken_over(&mut cluster, &old);
    assert_eq!(taken(&cluster, &new), [], "not while the Tomcat's request is under way");
    for _ in 0..3 {
        request_over(&mut cluster, &new, vec![Action::IsNew(false)]);
        assert_eq!(taken(&cluster, &new), [], "nor between two that follow each other closely");
    }
    cluster.pass(Duration::from_millis(50));
    assert_eq!(taken(&cluster, &new), [(SessionEvent::Delta, vec![set("n", 7)])], "and nothing that it has anyhow");
    cluster.pass(Duration::from_secs(5));
    assert_eq!(taken(&cluster, &new).len(), 1, "once");
}

#[test]
fn what_the_tomcat_has_changed_since_is_not_told_again() {
    let (mut cluster, session) = held_up(8);
    session.set("gone", Value::integer(3)).unwrap();
    cluster.set(1, &session.id(), "n", 7);
    session.remove("gone").unwrap();
    session.set_user(Some(User::new("alice", ["user"]))).unwrap();
    cluster.complete(1, &session);
    let new = taken_over(&mut cluster, &id(&session));
    request_over(&mut cluster, &new, vec![set("n", 8)]);
    cluster.pass(Duration::from_millis(50));
    let told = taken(&cluster, &new);
    let [(SessionEvent::Delta, actions)] = &told[..] else { panic!("{told:?}") };
    let [Action::AuthType(Some(_)), Action::Principal { set: true, .. }, Action::RemoveAttribute(name)] = &actions[..]
    else {
        panic!("{actions:?}")
    };
    assert_eq!(name, "gone");
    assert_eq!(session.attributes(), [("before".into(), Value::integer(1)), ("n".into(), Value::integer(8))]);
}

#[test]
fn a_tomcat_that_tells_of_no_request_is_waited_for_a_second() {
    let (mut cluster, session) = held_up(8);
    cluster.set(1, &session.id(), "n", 7);
    let new = taken_over(&mut cluster, &id(&session));
    cluster.pass(Duration::from_millis(900));
    assert_eq!(taken(&cluster, &new), []);
    cluster.pass(Duration::from_millis(150));
    assert_eq!(taken(&cluster, &new), [(SessionEvent::Delta, vec![set("n", 7)])]);
}

#[test]
fn a_session_that_never_pauses_is_told_behind_a_request() {
    let (mut cluster, session) = held_up(8);
    cluster.set(1, &session.id(), "n", 7);
    let new = taken_over(&mut cluster, &id(&session));
    let mut requests = 0;
    while taken(&cluster, &new).is_empty() {
        cluster.now.monotonic.0 += Duration::from_millis(10);
        cluster.now.wall.0 += 10;
        request_over(&mut cluster, &new, vec![Action::IsNew(false)]);
        let node = cluster.node(1);
        if node.deadline() <= cluster.now.monotonic {
            node.deadline_reached(cluster.now);
            cluster.deliver();
        }
        requests += 1;
    }
    assert_eq!(requests, 50);
}

/// Its thread that tells of the new id may be slower than the one that acknowledges.
#[test]
fn a_change_that_was_acknowledged_behind_a_takeover_is_told_again() {
    let (mut cluster, session) = held_up(8);
    let old = id(&session);
    let new = old.with_route("tomcat");
    let word = SessionMessage::of_new_id(CONTEXT, &old, &new, cluster.now.wall);
    cluster.pass(Duration::from_millis(50));
    cluster.set(1, &session.id(), "n", 7);
    cluster.cut.clear();
    cluster.deliver();
    cluster.pass(Duration::from_millis(500));
    cluster.tomcats.get_mut(&TOMCAT).unwrap().clock_ahead_ms = -500;
    cluster.says(TOMCAT, 1, &word);
    cluster.pass(Duration::from_secs(2));
    assert_eq!(taken(&cluster, &new), [(SessionEvent::Delta, vec![set("n", 7)])]);
}

#[test]
fn a_change_that_was_acknowledged_before_a_takeover_is_not_told_again() {
    let (mut cluster, session) = held_up(8);
    cluster.cut.clear();
    cluster.set(1, &session.id(), "n", 7);
    cluster.pass(Duration::from_millis(50));
    let new = taken_over(&mut cluster, &id(&session));
    cluster.pass(Duration::from_secs(2));
    assert_eq!(taken(&cluster, &new), []);
}

#[test]
fn where_answers_wait_only_what_is_not_acknowledged_is_told_again() {
    for (held, again) in [(false, 0), (true, 1)] {
        let (mut cluster, session) = held_up(6);
        if !held {
            cluster.cut.clear();
        }
        cluster.set(1, &session.id(), "n", 7);
        let new = taken_over(&mut cluster, &id(&session));
        cluster.pass(Duration::from_secs(2));
        assert_eq!(taken(&cluster, &new).len(), again, "held up: {held}");
    }
}

/// Its answer was behind the acknowledgement, so the client may have changed it elsewhere since: that would be overwritten.
#[test]
fn another_sessions_message_under_way_brings_no_acknowledged_change_back() {
    let (mut cluster, session) = held_up(6);
    cluster.cut.clear();
    cluster.set(1, &session.id(), "n", 7);
    cluster.deliver();
    cluster.cut.push((1, TOMCAT));
    let other = cluster.create(1);
    cluster.complete(1, &other);
    let new = taken_over(&mut cluster, &id(&session));
    cluster.pass(Duration::from_secs(2));
    assert_eq!(taken(&cluster, &new), []);
}

#[test]
fn an_end_that_meets_a_takeover_is_told_again_and_nothing_is_revived() {
    let (mut cluster, session) = held_up(8);
    let old = id(&session);
    cluster.context(1).invalidate(cluster.now, &session);
    cluster.complete(1, &session);
    let new = taken_over(&mut cluster, &old);
    request_over(&mut cluster, &new, vec![set("n", 8)]);
    assert_eq!(taken(&cluster, &new), [(SessionEvent::Expired, vec![])]);
    cluster.pass(Duration::from_secs(2));
    assert!(cluster.holds(1, old.as_str()).is_none());
}

#[test]
fn a_new_id_that_meets_a_takeover_under_the_one_before_is_told_again() {
    let (mut cluster, session) = held_up(8);
    let old = id(&session);
    session.set_user(Some(User::new("alice", ["user"]))).unwrap();
    cluster.change_id(1, &session);
    cluster.complete(1, &session);
    let theirs = taken_over(&mut cluster, &old);
    cluster.pass(Duration::from_secs(2));
    let told = taken(&cluster, &theirs);
    let events: Vec<_> = told.iter().map(|(event, _)| *event).collect();
    assert_eq!(events, [SessionEvent::ChangeId, SessionEvent::Delta]);
    assert!(matches!(told[1].1[..], [Action::AuthType(_), Action::Principal { set: true, .. }]));
    assert!(cluster.find(1, theirs.as_str()).is_none(), "clients have lost the id before");
}

/// Another Tomcat may hear of the new id before it hears of the session.
#[test]
fn other_tomcats_are_told_the_new_id_first() {
    const OTHER: u16 = 3;
    let (mut cluster, session) = held_up(8);
    cluster.start_tomcat(OTHER, Duration::from_secs(1));
    cluster.settle();
    cluster.set(1, &session.id(), "n", 7);
    let old = id(&session);
    cluster.tomcats.get_mut(&OTHER).unwrap().inbox.clear();
    taken_over(&mut cluster, &old);
    cluster.pass(Duration::from_secs(2));
    assert_eq!(
        cluster.heard_by(OTHER).into_iter().map(|(event, _)| event).collect::<Vec<_>>(),
        [SessionEvent::ChangeId, SessionEvent::Delta]
    );
}

/// One of ours knows a session by its base: it takes what names the id before.
#[test]
fn one_of_ours_is_told_nothing_again() {
    let mut cluster = Cluster::new(8);
    cluster.start(1);
    cluster.settle();
    cluster.start(3);
    cluster.settle();
    let session = cluster.create(1);
    cluster.complete(1, &session);
    cluster.deliver();
    let old = session.id();
    let received = |cluster: &Cluster| cluster.node(3).view().peers[0].counters.received.get();
    cluster.cut.push((1, 3));
    let before = received(&cluster);
    cluster.set(1, &old, "n", 7);
    let there = cluster.find(3, &old).unwrap();
    cluster.complete(3, &there);
    cluster.deliver();
    cluster.cut.clear();
    cluster.pass(Duration::from_secs(2));
    assert_eq!(cluster.holds(3, &old), Some(number(7)));
    assert_eq!(received(&cluster) - before, 1);
}
