//! A node that keeps every context of its cluster and is told the name of none.

use std::sync::Arc;
use std::time::Duration;

use outlive_node::Context;
use outlive_serial::Value;
use outlive_session::{
    Action, DeltaRequest, SessionEvent, SessionId, SessionMessage, SessionState, StateReader, StateWriter,
};
use outlive_tribes_proto::time::UnixMillis;

use crate::number;
use crate::support::{CONTEXT, Cluster};

const SHOP: &str = "localhost#/shop";
const KEEPER: u16 = 9;
/// A Tomcat that has been up for long.
const OLD: Duration = Duration::from_secs(3600);

fn id(number: u8) -> SessionId {
    SessionId::generate([number; 16], "tomcat")
}

fn state(number: u8) -> SessionState {
    SessionState {
        created: UnixMillis(1_690_000_000_000),
        last_accessed: UnixMillis(1_690_000_000_000),
        max_inactive: 1800,
        is_new: false,
        is_valid: true,
        this_accessed: UnixMillis(1_700_000_000_000),
        version: 0,
        principal: None,
        id: id(number).as_str().into(),
        note_session_id: None,
        note_request: None,
        attributes: vec![("n".into(), Value::integer(number.into()))],
        listeners: Vec::new(),
        unreadable: Vec::new(),
    }
}

/// What a Tomcat sends of one context for a question: its sessions, and that these were all.
fn tells(cluster: &mut Cluster, tomcat: u16, context: &str, sessions: &[u8]) {
    let mut writer = StateWriter::new(sessions.len());
    sessions.iter().for_each(|number| writer.push(&state(*number)));
    let at = cluster.now.wall;
    let data = SessionMessage::of_context(SessionEvent::AllData, context, at).with_payload(writer.finish());
    cluster.says(tomcat, KEEPER, &data);
    cluster.says(tomcat, KEEPER, &SessionMessage::of_context(SessionEvent::TransferComplete, context, at));
}

fn kept(cluster: &Cluster, name: &str) -> Option<Arc<Context>> {
    cluster.node(KEEPER).contexts().iter().find(|context| context.name() == name).cloned()
}

fn held(cluster: &Cluster, name: &str) -> Vec<String> {
    let context = kept(cluster, name).unwrap_or_else(|| panic!("{name} is not open"));
    let mut ids: Vec<String> = context.sessions().iter().map(|session| session.id()).collect();
    ids.sort();
    ids
}

fn every_context() -> (SessionEvent, Option<String>) {
    (SessionEvent::GetAll, None)
}

fn delta(context: &'static str, number: u8, value: i32, at: UnixMillis) -> SessionMessage<'static> {
    let id = id(number);
    let actions = vec![Action::SetAttribute("n".into(), Value::integer(value))];
    let request = DeltaRequest { session_id: id.as_str().into(), record_all_actions: false, actions };
    let mut message = SessionMessage::of_session(SessionEvent::Delta, context, &id, at, at);
    message.session_id = id.as_str().to_owned().into();
    SessionMessage { unique_id: "".into(), ..message.with_payload(request.encode().unwrap()) }.into_static()
}

/// A message that borrows nothing.
trait IntoStatic {
    fn into_static(self) -> SessionMessage<'static>;
}

impl IntoStatic for SessionMessage<'_> {
    fn into_static(self) -> SessionMessage<'static> {
        SessionMessage {
            event: self.event,
            timestamp: self.timestamp,
            context: self.context.map(|text| text.into_owned().into()),
            payload: self.payload.map(|bytes| bytes.into_owned().into()),
            session_id: self.session_id.into_owned().into(),
            unique_id: self.unique_id.into_owned().into(),
        }
    }
}

/// A keeper beside one Tomcat that has been asked and has not acknowledged yet.
fn asking() -> Cluster {
    let mut cluster = Cluster::new(6);
    cluster.start_tomcat(1, OLD);
    cluster.tomcats.get_mut(&1).unwrap().answers_later = true;
    cluster.start_keeper(KEEPER);
    cluster.settle();
    assert_eq!(cluster.heard_by(1), [every_context()]);
    cluster
}

#[test]
fn a_keeper_without_peers_holds_all_that_there_is() {
    let mut cluster = Cluster::new(6);
    cluster.start_keeper(KEEPER);
    assert!(!cluster.node(KEEPER).holds_state());
    cluster.settle();
    assert!(cluster.node(KEEPER).holds_state() && cluster.node(KEEPER).contexts().is_empty());
}

/// Source: Tomcat `ClusterSessionListener.messageReceived`: each manager answers a question without a name under its own.
#[test]
fn a_tomcats_contexts_are_found_by_a_question_without_a_name() {
    let mut cluster = asking();
    tells(&mut cluster, 1, CONTEXT, &[1, 2]);
    tells(&mut cluster, 1, SHOP, &[3]);
    assert!(!cluster.node(KEEPER).holds_state(), "it may have more contexts");
    cluster.acknowledge(1);
    assert!(cluster.node(KEEPER).holds_state());
    assert_eq!(held(&cluster, CONTEXT), [id(1), id(2)].map(|id| id.to_string()));
    assert_eq!(held(&cluster, SHOP), [id(3).to_string()]);
    assert_eq!(kept(&cluster, SHOP).unwrap().path(), "/shop");
    assert_eq!(cluster.heard_by(1), [every_context()], "nothing else was asked or said");
}

/// What overtook the last word of an answer is found by the acknowledgement.
#[test]
fn a_tomcats_last_word_may_be_lost() {
    let mut cluster = asking();
    let mut writer = StateWriter::new(1);
    writer.push(&state(1));
    let data = SessionMessage::of_context(SessionEvent::AllData, CONTEXT, cluster.now.wall);
    cluster.says(1, KEEPER, &data.with_payload(writer.finish()));
    assert!(!kept(&cluster, CONTEXT).unwrap().is_ready());
    cluster.acknowledge(1);
    assert!(cluster.node(KEEPER).holds_state());
}

/// A Tomcat that starts drops the question. What it does have, another has, and is asked for.
#[test]
fn every_member_is_asked_and_the_first_that_tells_a_context_is_believed() {
    let mut cluster = Cluster::new(6);
    cluster.start_tomcat(1, OLD * 2);
    cluster.start_tomcat(2, OLD);
    for tomcat in cluster.tomcats.values_mut() {
        tomcat.answers_later = true;
    }
    cluster.start_keeper(KEEPER);
    cluster.settle();
    assert_eq!((cluster.heard_by(1).len(), cluster.heard_by(2).len()), (1, 0), "the older one first");
    tells(&mut cluster, 1, CONTEXT, &[1]);
    cluster.acknowledge(1);
    assert_eq!(cluster.heard_by(2), [every_context()]);
    let mut stale = state(1);
    stale.attributes = vec![("n".into(), Value::integer(0))];
    let mut writer = StateWriter::new(2);
    writer.push(&stale);
    writer.push(&state(4));
    let data = SessionMessage::of_context(SessionEvent::AllData, CONTEXT, cluster.now.wall);
    cluster.says(2, KEEPER, &data.with_payload(writer.finish()));
    tells(&mut cluster, 2, SHOP, &[3]);
    cluster.acknowledge(2);
    assert!(cluster.node(KEEPER).holds_state());
    assert_eq!(held(&cluster, CONTEXT), [id(1), id(4)].map(|id| id.to_string()), "a session that only one has is kept");
    assert_eq!(held(&cluster, SHOP), [id(3).to_string()]);
    let context = kept(&cluster, CONTEXT).unwrap();
    let one = context.sessions().into_iter().find(|session| session.id() == id(1).to_string()).unwrap();
    assert_eq!(one.attributes(), number(1), "the second list overwrites nothing");
}

#[test]
fn a_context_that_appears_is_opened_by_its_first_message() {
    let mut cluster = Cluster::new(6);
    cluster.start_tomcat(1, OLD);
    cluster.start_keeper(KEEPER);
    cluster.settle();
    assert!(cluster.node(KEEPER).holds_state());
    cluster.tomcats.get_mut(&1).unwrap().answers_later = true;

    let late = id(5);
    let at = cluster.now.wall;
    cluster.says(1, KEEPER, &SessionMessage::of_session(SessionEvent::Created, SHOP, &late, at, at));
    cluster.says(1, KEEPER, &delta(SHOP, 5, 7, at));
    let context = kept(&cluster, SHOP).unwrap();
    assert!(!context.is_ready(), "its other sessions are asked for");
    assert_eq!(cluster.heard_by(1)[1..], [(SessionEvent::GetAll, Some(SHOP.to_owned()))]);
    tells(&mut cluster, 1, SHOP, &[6]);
    cluster.acknowledge(1);
    assert!(context.is_ready());
    assert_eq!(held(&cluster, SHOP), [late.clone(), id(6)].map(|id| id.to_string()));
    let held = context.sessions().into_iter().find(|session| session.id() == late.to_string()).unwrap();
    assert_eq!(held.attributes(), number(7), "what came meanwhile was held back and applied");
}

/// The kill of all Tomcats, and their start: each asks for its contexts by name.
#[test]
fn tomcats_that_start_are_given_what_they_had() {
    let mut cluster = asking();
    tells(&mut cluster, 1, CONTEXT, &[1, 2]);
    tells(&mut cluster, 1, SHOP, &[3]);
    cluster.acknowledge(1);
    cluster.tomcats.remove(&1);
    cluster.pass(Duration::from_secs(10));
    assert!(cluster.node(KEEPER).view().peers.is_empty());

    cluster.start_tomcat(2, Duration::from_secs(1));
    cluster.settle();
    for (name, numbers) in [(CONTEXT, vec![1, 2]), (SHOP, vec![3]), ("localhost#/new", vec![])] {
        cluster.tomcats.get_mut(&2).unwrap().inbox.clear();
        cluster.says(2, KEEPER, &SessionMessage::of_context(SessionEvent::GetAll, name, cluster.now.wall));
        let given = cluster.heard_by(2);
        let wanted =
            [SessionEvent::AllData, SessionEvent::TransferComplete].map(|event| (event, Some(name.to_owned())));
        assert_eq!(given, wanted);
        let first = cluster.tomcats[&2].inbox[0].clone();
        let message = SessionMessage::decode(&first, &outlive_serial::Limits::default()).unwrap();
        let payload = message.payload.unwrap();
        let states = StateReader::new(&payload, &outlive_serial::Limits::default()).unwrap();
        let mut ids: Vec<String> = states.map(|state| state.unwrap().id).collect();
        ids.sort();
        assert_eq!(ids, numbers.into_iter().map(|number| id(number).to_string()).collect::<Vec<_>>());
    }
    assert!(cluster.node(KEEPER).holds_state(), "a context that nobody had is held as it is: empty");
}

/// Between ours: every context and a last word without a name.
#[test]
fn a_keeper_is_told_by_nodes_of_ours_and_tells_them() {
    let mut cluster = Cluster::new(6);
    cluster.start(1);
    cluster.settle();
    let session = cluster.create(1);
    session.set("n", Value::integer(1)).unwrap();
    cluster.complete(1, &session);
    cluster.start_keeper(KEEPER);
    cluster.settle();
    assert!(cluster.node(KEEPER).holds_state());
    assert_eq!(held(&cluster, CONTEXT), [session.id()]);

    cluster.start_keeper(8);
    cluster.settle();
    assert!(cluster.node(8).holds_state());
    cluster.kill(1);
    cluster.kill(KEEPER);
    cluster.pass(Duration::from_secs(10));
    cluster.start(2);
    cluster.settle();
    assert_eq!(cluster.holds(2, &session.id()), Some(number(1)), "from the second keeper");
}

#[test]
fn an_unnamed_question_is_answered_with_every_context() {
    let mut cluster = Cluster::new(6);
    cluster.start(1);
    cluster.start_tomcat(2, Duration::from_secs(1));
    cluster.settle();
    cluster.tomcats.get_mut(&2).unwrap().inbox.clear();
    cluster.says(2, 1, &SessionMessage::of_every_context(SessionEvent::GetAll, cluster.now.wall));
    let name = Some(CONTEXT.to_owned());
    assert_eq!(
        cluster.heard_by(2),
        [(SessionEvent::AllData, name.clone()), (SessionEvent::TransferComplete, name)],
        "and a Tomcat is told no more than a Tomcat would tell it"
    );
}

#[test]
fn a_node_that_does_not_keep_opens_nothing() {
    let mut cluster = Cluster::new(6);
    cluster.start(1);
    cluster.start_tomcat(2, OLD);
    cluster.settle();
    let at = cluster.now.wall;
    cluster.says(2, 1, &SessionMessage::of_session(SessionEvent::Created, SHOP, &id(1), at, at));
    assert_eq!(cluster.node(1).contexts().len(), 1);
}

#[test]
fn what_a_member_names_is_bounded() {
    let mut cluster = Cluster::new(6);
    cluster.start_tomcat(1, OLD);
    cluster.start_keeper(KEEPER);
    cluster.settle();
    let at = cluster.now.wall;
    let mut names = vec![format!("/{}", "x".repeat(outlive_node::HEARD_NAME_BYTES_MAX)), "/a\nb".to_owned()];
    for name in &names {
        cluster.says(1, KEEPER, &SessionMessage::of_context(SessionEvent::GetAll, name, at));
    }
    assert!(cluster.node(KEEPER).contexts().is_empty());
    names = (0..outlive_node::HEARD_CONTEXTS_MAX + 10).map(|number| format!("/{number}")).collect();
    for name in &names {
        cluster.says(1, KEEPER, &SessionMessage::of_context(SessionEvent::GetAll, name, at));
    }
    assert_eq!(cluster.node(KEEPER).contexts().len(), outlive_node::HEARD_CONTEXTS_MAX);
    let answers = cluster.heard_by(1);
    assert!(
        answers.iter().all(|(event, _)| *event != SessionEvent::NoContextManager),
        "each got an answer, and no such"
    );
    assert_eq!(answers.iter().filter(|(event, _)| *event == SessionEvent::TransferComplete).count(), names.len() + 2);
}

/// Whoever starts asks the oldest member, and that must not be one that holds nothing yet.
#[test]
fn a_keeper_looks_young_until_it_holds_the_state() {
    let alive = |cluster: &Cluster| {
        outlive_tribes_proto::Member::decode(&cluster.node(KEEPER).source_record()).unwrap().alive_ms
    };
    let mut cluster = asking();
    cluster.pass(Duration::from_secs(20));
    let first = alive(&cluster);
    cluster.pass(Duration::from_secs(10));
    let second = alive(&cluster);
    assert!(0 < first && first < second && second < 1000, "{first} ms, then {second} ms");
    cluster.acknowledge(1);
    cluster.pass(Duration::from_secs(10));
    let third = alive(&cluster);
    assert!((9_000..11_000).contains(&(third - second)), "it counts from {second} ms on: {third} ms");
}
