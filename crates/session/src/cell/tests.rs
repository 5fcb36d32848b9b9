use std::string::ToString;
use std::vec;

use outlive_serial::Limits;
use outlive_tribes_proto::time::Monotonic;

use super::*;

const HERE: Writer = Writer(1);
const THERE: Writer = Writer(2);

fn at(seconds: u64) -> Now {
    Now {
        monotonic: Monotonic(Duration::from_secs(1000 + seconds)),
        wall: UnixMillis(1_700_000_000_000 + 1000 * seconds as i64),
    }
}

fn id(text: &str) -> SessionId {
    SessionId::parse(text).unwrap()
}

fn session() -> SessionCell {
    SessionCell::create(at(0), id("AA.node1"), 1800)
}

fn events(outgoing: &[Outgoing]) -> Vec<SessionEvent> {
    outgoing.iter().map(|outgoing| outgoing.event).collect()
}

/// The hybrid time that the message states. Its frame states the wall clock's.
fn stamp_of(outgoing: &Outgoing) -> i64 {
    SessionMessage::decode(&outgoing.body, &Limits::default()).unwrap().timestamp.unwrap().0
}

fn delta_of(outgoing: &Outgoing) -> DeltaRequest<'static> {
    let message = SessionMessage::decode(&outgoing.body, &Limits::default()).unwrap();
    DeltaRequest::decode(message.payload.as_deref().unwrap(), &Limits::default()).unwrap()
}

fn tomcat(stated: i64) -> Origin {
    Origin { writer: Writer(7), stated, hybrid: false }
}

fn ours(stated: i64) -> Origin {
    Origin { writer: THERE, stated, hybrid: true }
}

fn delta(actions: Vec<Action<'static>>) -> DeltaRequest<'static> {
    DeltaRequest { session_id: "AA.node1".into(), record_all_actions: false, actions }
}

fn set(name: &'static str, value: i32) -> Action<'static> {
    Action::SetAttribute(name.into(), Value::integer(value))
}

#[test]
fn the_first_request_tells_creation_and_content() {
    let mut cell = session();
    cell.set_attribute("n", Value::integer(1)).unwrap();
    let outgoing = cell.complete(at(0), "localhost#/app", HERE, true);
    assert_eq!(events(&outgoing), [SessionEvent::Created, SessionEvent::Delta]);
    let delta = delta_of(&outgoing[1]);
    assert_eq!(delta.session_id, "AA.node1");
    assert_eq!(delta.actions, [Action::IsNew(true), Action::MaxInactive(1800), set("n", 1)]);
    assert!(cell.complete(at(0), "localhost#/app", HERE, true).is_empty(), "told once");
}

#[test]
fn a_change_is_sent_once_and_an_unchanged_session_is_not() {
    let mut cell = session();
    cell.complete(at(0), "c", HERE, true);
    cell.set_attribute("n", Value::integer(1)).unwrap();
    cell.set_attribute("n", Value::integer(2)).unwrap();
    cell.remove_attribute("never").unwrap();
    let outgoing = cell.complete(at(1), "c", HERE, true);
    assert_eq!(events(&outgoing), [SessionEvent::Delta]);
    assert_eq!(delta_of(&outgoing[0]).actions, [set("n", 2)]);
    assert!(cell.complete(at(1), "c", HERE, true).is_empty());
}

#[test]
fn without_peers_nothing_is_sent_and_nothing_is_owed() {
    let mut cell = session();
    cell.set_attribute("n", Value::integer(1)).unwrap();
    assert!(cell.complete(at(0), "c", HERE, false).is_empty());
    assert!(cell.complete(at(1), "c", HERE, true).is_empty(), "whoever comes takes the state");
}

#[test]
fn an_access_is_told_at_most_twenty_times_in_each_idle_time() {
    let mut cell = session();
    cell.complete(at(0), "c", HERE, true);
    assert!(cell.complete(at(89), "c", HERE, true).is_empty());
    assert_eq!(events(&cell.complete(at(90), "c", HERE, true)), [SessionEvent::Accessed]);
    assert!(cell.complete(at(91), "c", HERE, true).is_empty());
}

#[test]
fn the_first_access_after_another_node_served_is_always_told() {
    let mut cell = session();
    cell.complete(at(0), "c", HERE, true);
    cell.accessed_elsewhere(at(1));
    assert_eq!(cell.role(), Role::Backup);
    assert_eq!(events(&cell.complete(at(2), "c", HERE, true)), [SessionEvent::Accessed]);
    assert_eq!(cell.role(), Role::Primary);
}

#[test]
fn the_primary_ends_it_after_the_idle_time_and_replicas_drop_it_after_twice_that() {
    let mut cell = session();
    cell.complete(at(0), "c", HERE, true);
    assert_eq!(cell.expiry(at(1799)), Expiry::Alive);
    assert_eq!(cell.expiry(at(1800)), Expiry::Expire);
    cell.accessed_elsewhere(at(0));
    assert_eq!(cell.expiry(at(3599)), Expiry::Alive);
    assert_eq!(cell.expiry(at(3600)), Expiry::Drop);
    cell.set_max_inactive(0).unwrap();
    assert_eq!(cell.expiry(at(1_000_000)), Expiry::Alive);
}

/// Source: Tomcat `DeltaSession.deserializeAndExecuteDeltaRequest` throws the local changes away.
#[test]
fn changes_made_here_survive_a_delta_from_elsewhere() {
    let mut cell = session();
    cell.complete(at(0), "c", HERE, true);
    cell.set_attribute("mine", Value::integer(1)).unwrap();
    cell.set_attribute("both", Value::integer(1)).unwrap();
    let theirs = at(1).wall.0 + 60_000;
    cell.apply(at(1), delta(vec![set("both", 2), set("theirs", 2)]), ours(theirs));
    assert_eq!(cell.attribute("mine"), Some(&Value::integer(1)));
    assert_eq!(cell.attribute("both"), Some(&Value::integer(1)), "written later, by what this node knows");
    assert_eq!(cell.attribute("theirs"), Some(&Value::integer(2)));
    let outgoing = cell.complete(at(1), "c", HERE, true);
    assert_eq!(delta_of(&outgoing[0]).actions, [set("both", 1), set("mine", 1)]);
    assert!(stamp_of(&outgoing[0]) > theirs, "the stamp is past everything seen");
}

#[test]
fn two_of_ours_agree_whatever_the_order_of_arrival() {
    let first = (delta(vec![set("n", 1)]), Origin { writer: Writer(5), stated: 10, hybrid: true });
    let second = (delta(vec![set("n", 2)]), Origin { writer: Writer(6), stated: 10, hybrid: true });
    let run = |order: [&(DeltaRequest<'static>, Origin); 2]| {
        let mut cell = session();
        for (delta, origin) in order {
            cell.apply(at(1), delta.clone(), *origin);
        }
        cell.attribute("n").cloned()
    };
    assert_eq!(run([&first, &second]), run([&second, &first]));
}

#[test]
fn a_removal_is_not_undone_by_an_older_write() {
    let mut cell = session();
    cell.apply(at(1), delta(vec![set("n", 1)]), tomcat(10));
    cell.apply(at(1), delta(vec![Action::RemoveAttribute("n".into())]), tomcat(20));
    let applied = cell.apply(at(1), delta(vec![set("n", 1)]), tomcat(15));
    assert_eq!(applied.stale, 1);
    assert_eq!(cell.attribute("n"), None);
}

#[test]
fn a_login_elsewhere_and_a_logout_elsewhere() {
    let mut cell = session();
    let login =
        Action::Principal { value: Some(Principal::new(User::new("alice", ["user"])).value().clone()), set: true };
    cell.apply(at(1), delta(vec![Action::AuthType(Some(Value::string("FORM"))), login]), tomcat(10));
    assert_eq!(cell.user().unwrap().name, "alice");
    let logout = Action::Principal { value: None, set: false };
    cell.apply(at(1), delta(vec![Action::AuthType(None), logout]), tomcat(11));
    assert_eq!(cell.user(), None);
}

#[test]
fn a_new_id_before_anybody_was_told_is_nobodys_business() {
    let mut cell = session();
    assert!(cell.change_id(at(0), "c", id("BB.node1")).is_none());
    let outgoing = cell.complete(at(0), "c", HERE, true);
    assert_eq!(delta_of(&outgoing[1]).session_id, "BB.node1");
    let changed = cell.change_id(at(1), "c", id("CC.node1")).unwrap();
    let message = SessionMessage::decode(&changed.body, &Limits::default()).unwrap();
    assert_eq!((message.event, &*message.session_id), (SessionEvent::ChangeId, "BB.node1"));
}

#[test]
fn an_ended_session_takes_nothing_and_says_so_once() {
    let mut cell = session();
    cell.complete(at(0), "c", HERE, true);
    assert_eq!(cell.end(at(1), "c").unwrap().event, SessionEvent::Expired);
    assert!(cell.end(at(1), "c").is_none());
    assert_eq!(cell.set_attribute("n", Value::integer(1)), Err(SetError::Ended));
    assert!(cell.complete(at(1), "c", HERE, true).is_empty());
}

#[test]
fn a_whole_session_arrives_whole() {
    let mut cell = session();
    cell.set_attribute("n", Value::integer(1)).unwrap();
    cell.set_user(Some(User::new("bob", ["user", "admin"]))).unwrap();
    cell.complete(at(0), "c", HERE, true);
    let mut writer = crate::StateWriter::new(1);
    writer.push(&cell.to_state(at(0), false));
    let payload = writer.finish();
    let state = crate::StateReader::new(&payload, &Limits::default()).unwrap().next().unwrap().unwrap();
    let origin = Origin { writer: HERE, stated: state.version, hybrid: true };
    let there = SessionCell::from_state(at(5), id(&state.id.to_string()), state, None, origin, Duration::from_secs(5));
    assert_eq!(there.attribute("n"), Some(&Value::integer(1)));
    assert_eq!(there.user().unwrap().roles, ["admin", "user"]);
    assert_eq!(there.created(), cell.created());
    assert_eq!(there.role(), Role::Backup);
    assert_eq!(there.expiry(at(3599)), Expiry::Alive);
    assert_eq!(there.expiry(at(3600)), Expiry::Drop, "the idle time goes on where it was");
    assert_eq!(cell.to_state(at(0), true).version, 0, "as a Tomcat writes it");
}

#[test]
fn a_state_neither_overwrites_newer_writes_nor_keeps_what_was_removed() {
    let mut cell = session();
    cell.apply(at(1), delta(vec![set("newer", 2), set("n", 2)]), ours(20));
    cell.apply(at(1), delta(vec![set("gone", 1)]), ours(5));
    let mut state = session().to_state(at(0), false);
    state.attributes = vec![("newer".to_string(), Value::integer(1)), ("added".to_string(), Value::integer(1))];
    cell.merge(at(1), state, None, Origin { writer: Writer(3), stated: 10, hybrid: true }, Duration::ZERO);
    let names: Vec<&str> = cell.attributes().map(|(name, _)| name).collect();
    assert_eq!(names, ["added", "n", "newer"]);
    assert_eq!(cell.attribute("newer"), Some(&Value::integer(2)));
}

#[test]
fn a_write_after_a_tomcats_is_newer_on_every_node() {
    let (mut here, mut there) = (session(), session());
    for cell in [&mut here, &mut there] {
        cell.apply(at(1), delta(vec![set("n", 1)]), ours(at(500).wall.0));
        cell.apply(at(1), delta(vec![set("n", 2)]), tomcat(at(1).wall.0));
    }
    here.set_attribute("n", Value::integer(3)).unwrap();
    let outgoing = here.complete(at(2), "c", HERE, true);
    let sent = delta_of(outgoing.last().unwrap());
    let stated = stamp_of(outgoing.last().unwrap());
    assert_eq!(there.apply(at(2), sent, Origin { writer: HERE, stated, hybrid: true }).stale, 0);
    assert_eq!(there.attribute("n"), Some(&Value::integer(3)));
}

#[test]
fn a_copy_that_missed_a_takeover_learns_of_it_by_a_state() {
    let mut cell = session();
    cell.complete(at(0), "c", HERE, true);
    assert_eq!(cell.role(), Role::Primary);
    let mut state = cell.to_state(at(0), false);
    state.id = "AA.node2".to_string();
    cell.merge(at(1000), state, None, ours(at(1000).wall.0), Duration::from_secs(1));
    assert_eq!((cell.role(), cell.id().as_str()), (Role::Backup, "AA.node2"));
    assert_eq!(cell.expiry(at(1800)), Expiry::Alive);
}

#[test]
fn a_name_that_java_cannot_write_is_refused_when_it_is_set() {
    let mut cell = session();
    let name = "\u{1f600}".repeat(16_000);
    assert_eq!(cell.set_attribute(&name, Value::integer(1)), Err(SetError::NameTooLong));
}

#[test]
fn the_memory_of_removed_names_is_bounded() {
    let mut cell = session();
    for n in 0..1000 {
        let name: Cow<'static, str> = std::format!("n{n}").into();
        cell.apply(at(1), delta(vec![Action::SetAttribute(name.clone(), Value::integer(1))]), ours(2 * n));
        cell.apply(at(1), delta(vec![Action::RemoveAttribute(name)]), ours(2 * n + 1));
    }
    assert_eq!(cell.attributes().count(), 0);
    assert!(cell.attributes.remembered() <= 65, "{} names", cell.attributes.remembered());
}

#[test]
fn what_stays_on_this_node_is_neither_sent_nor_stored_and_gives_way_to_a_peers_value() {
    let mut cell = session();
    cell.set_attribute("cache", Value::integer(1)).unwrap();
    cell.complete(at(0), "c", HERE, true);
    assert_eq!(cell.set_local_attribute("cache", Value::integer(2)), Ok(Some(Value::integer(1))));
    cell.set_local_attribute("a", Value::string("here")).unwrap();
    let sent = cell.complete(at(1), "c", HERE, true);
    let actions = delta_of(&sent[0]).actions;
    assert_eq!(actions, [Action::RemoveAttribute("cache".into())], "the value that was sent is out of date");
    assert_eq!(cell.to_state(at(1), false).attributes, []);
    assert_eq!(cell.stored(at(1)).state.attributes, []);
    let here = [("a", &Value::string("here")), ("cache", &Value::integer(2))];
    assert_eq!(cell.attributes().collect::<Vec<_>>(), here);
    let back = cell.pack().unwrap().unpack().unwrap();
    assert_eq!(back.attributes().collect::<Vec<_>>(), here, "also after a rest");

    let theirs = DeltaRequest {
        session_id: "AA.node1".into(),
        record_all_actions: false,
        actions: vec![Action::SetAttribute("cache".into(), Value::integer(3))],
    };
    cell.apply(at(2), theirs, Origin { writer: THERE, stated: at(2).wall.0, hybrid: true });
    assert_eq!(cell.attribute("cache"), Some(&Value::integer(3)));
    assert_eq!(cell.remove_attribute("a"), Ok(Some(Value::string("here"))));
    assert_eq!(cell.attribute("a"), None);
}
