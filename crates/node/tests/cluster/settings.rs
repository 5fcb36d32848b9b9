//! What a context's settings change.

use std::time::Duration;

use outlive_node::{AttributeFilter, ContextConfig, Pattern};
use outlive_serial::Value;
use outlive_session::{SessionEvent, SessionMessage};

use super::support::{CONTEXT, Cluster};

fn started(change: impl FnOnce(&mut ContextConfig), ports: &[u16]) -> Cluster {
    let mut cluster = Cluster::new(6);
    change(&mut cluster.config);
    for port in ports {
        cluster.start(*port);
        cluster.settle();
    }
    cluster
}

/// Source: Tomcat `sessionAttributeNameFilter`.
#[test]
fn what_the_filter_does_not_admit_stays_here_and_is_not_taken_from_others() {
    let only_n = AttributeFilter { names: Some(Pattern::new("n").unwrap()), ..AttributeFilter::default() };
    let mut cluster = started(|config| config.attribute_filter = only_n.clone(), &[1, 2]);
    let session = cluster.create(1);
    let set = |cluster: &Cluster, name: &str, value| {
        cluster.context(1).set_attribute(&session, name, Value::integer(value)).unwrap();
    };
    set(&cluster, "n", 1);
    set(&cluster, "cache", 2);
    cluster.complete(1, &session);
    cluster.deliver();
    let (n, cache) = (("n".to_owned(), Value::integer(1)), ("cache".to_owned(), Value::integer(2)));
    assert_eq!(cluster.holds(2, &session.id()), Some(vec![n.clone()]));
    assert_eq!(cluster.holds(1, &session.id()), Some(vec![cache, n.clone()]));

    // A node without the filter, and one with it that takes its state.
    cluster.config = ContextConfig { path: "/app".into(), ..ContextConfig::default() };
    cluster.start(3);
    cluster.settle();
    cluster.set(3, &session.id(), "other", 3);
    cluster.kill(1);
    cluster.kill(2);
    cluster.settle();
    cluster.config.attribute_filter = only_n;
    cluster.start(4);
    cluster.settle();
    assert_eq!(cluster.holds(4, &session.id()), Some(vec![n]));
}

/// Source: Tomcat `processExpiresFrequency`: what is idle for too long is found by a request at once, else with the next look.
#[test]
fn idle_sessions_are_looked_for_as_often_as_is_said() {
    let minute = Duration::from_secs(60);
    let mut cluster = started(|config| (config.max_inactive_seconds, config.expiry_interval) = (5, minute), &[1]);
    cluster.pass(minute);
    let session = cluster.create(1);
    cluster.complete(1, &session);
    cluster.pass(Duration::from_secs(20));
    assert_eq!(cluster.context(1).len(), 1, "nobody has looked");
    cluster.pass(minute);
    assert_eq!((cluster.context(1).len(), session.is_valid()), (0, false));
    let session = cluster.create(1);
    cluster.complete(1, &session);
    cluster.pass(Duration::from_secs(6));
    assert_eq!(cluster.find(1, &session.id()), None, "a request sees it");
}

/// Source: Tomcat DeltaManager `sendAllSessionsSize`.
#[test]
fn a_state_comes_in_blocks_of_the_size_that_is_said() {
    let mut cluster = started(|config| config.state_block_sessions = 2, &[1]);
    for _ in 0..5 {
        let session = cluster.create(1);
        cluster.complete(1, &session);
    }
    cluster.start_tomcat(9, Duration::ZERO);
    cluster.settle();
    let question = SessionMessage::of_context(SessionEvent::GetAll, CONTEXT, cluster.now.wall);
    cluster.says(9, 1, &question);
    let blocks = cluster.heard_by(9).into_iter().filter(|(event, _)| *event == SessionEvent::AllData).count();
    assert_eq!(blocks, 3);
}

/// Source: Tomcat DeltaManager `stateTransferTimeout="0"`.
#[test]
fn a_node_that_does_not_wait_for_the_state_gets_it_all_the_same() {
    let mut cluster = started(|config| config.state_transfer_timeout = Some(Duration::ZERO), &[1]);
    let session = cluster.create(1);
    cluster.complete(1, &session);
    cluster.start(2);
    cluster.settle();
    assert!(cluster.context(2).is_ready());
    assert_eq!(cluster.holds(2, &session.id()), Some(Vec::new()));
}

/// Source: Tomcat `ReplicationValve` `filter`: the changes stay pending.
#[test]
fn a_request_that_tells_nobody_leaves_its_changes_to_a_later_one() {
    let mut cluster = started(|_| {}, &[1, 2]);
    let session = cluster.create(1);
    session.set("n", Value::integer(1)).unwrap();
    cluster.context(1).complete_untold(cluster.now, &session);
    cluster.pass(Duration::from_secs(5));
    assert_eq!(cluster.holds(2, &session.id()), None);
    cluster.complete(1, &session);
    cluster.deliver();
    assert_eq!(cluster.holds(2, &session.id()), Some(vec![("n".into(), Value::integer(1))]));
}

/// Source: Tomcat: messages about sessions reach a DeltaManager through the ClusterSessionListener alone, questions for the state, too.
#[test]
fn a_node_that_hears_no_session_messages_only_sends() {
    let mut cluster = started(|_| (), &[1]);
    let early = cluster.create(1);
    cluster.complete(1, &early);
    cluster.hears_sessions = false;
    cluster.start(2);
    assert!(cluster.context(2).is_ready(), "it waits for no state that it would not hear");
    cluster.settle();
    let (here, there) = (cluster.create(1), cluster.create(2));
    cluster.complete(1, &here);
    cluster.complete(2, &there);
    cluster.deliver();
    assert_eq!([&early, &here, &there].map(|session| cluster.holds(2, &session.id()).is_some()), [false, false, true]);
    assert!(cluster.holds(1, &there.id()).is_some(), "what it sends arrives");
    let standing = cluster.node(1).standing();
    assert!(standing.peers.iter().all(|peer| !peer.holds_state), "nobody may rely on it: {standing:?}");

    cluster.start_tomcat(3, Duration::from_secs(3600));
    cluster.settle();
    let told = cluster.heard_by(3).len();
    cluster.says(3, 2, &SessionMessage::of_context(SessionEvent::GetAll, CONTEXT, cluster.now.wall));
    assert_eq!(cluster.heard_by(3).len(), told, "it gives no state");
    cluster.says(3, 1, &SessionMessage::of_context(SessionEvent::GetAll, CONTEXT, cluster.now.wall));
    assert!(cluster.heard_by(3).len() > told, "who hears does");
}
