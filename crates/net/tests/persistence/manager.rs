//! Tomcat's `PersistentManager`: sessions that move out of the memory and back.

use std::time::Duration;

use outlive_net::store::{Store, StoreFault};
use outlive_net::{CreateError, Lookup, Membership};
use outlive_serial::Value;

use crate::faulty::{FaultyStore, Health};
use crate::support::{Node, manager, source, stored_value, text, until, until_in_store, until_stored};

#[tokio::test]
async fn an_idle_session_leaves_the_memory_and_comes_back_on_demand() {
    let store = FaultyStore::new();
    let node = Node::alone("n1", &store, manager(|manager| manager.max_idle_swap = Some(Duration::ZERO))).await;
    let id = node.create("x").await.id();
    until("it has left", || node.sessions.is_empty()).await;
    assert_eq!(node.value(&id).await.as_deref(), Some("x"));
    let counters = node.sessions.store_counters().unwrap();
    assert_eq!((counters.swapped_out.get(), counters.loaded.get()), (1, 1));
    node.set(&id, "y").await;
    until("it has left again", || node.sessions.is_empty()).await;
    assert_eq!(stored_value(&store, &id).await.as_deref(), Some("y"));
    node.kill();
}

#[tokio::test]
async fn a_session_in_use_stays() {
    let store = FaultyStore::new();
    let node = Node::alone("n1", &store, manager(|manager| manager.max_idle_swap = Some(Duration::ZERO))).await;
    let session = node.create("x").await;
    let other = node.create("y").await.id();
    until("the other has left", || node.sessions.len() == 1).await;
    session.set("value", Value::string("held")).unwrap();
    node.complete(&session).await;
    assert_eq!(node.value(&session.id()).await.as_deref(), Some("held"));
    drop(session);
    until("it has left, too", || node.sessions.is_empty()).await;
    assert_eq!(node.value(&other).await.as_deref(), Some("y"));
    node.kill();
}

#[tokio::test]
async fn a_store_that_is_down_keeps_nothing_from_being_served() {
    let store = FaultyStore::new();
    let node = Node::alone("n1", &store, manager(|manager| manager.max_idle_swap = Some(Duration::ZERO))).await;
    let gone = node.create("out").await.id();
    until("it has left", || node.sessions.is_empty()).await;
    store.set(Health::Fails(StoreFault::Unavailable));
    let id = node.create("in").await.id();
    until("it is tried", || store.failures() > 2).await;
    assert_eq!(node.value(&id).await.as_deref(), Some("in"));
    let (sessions, wanted) = (node.sessions.clone(), gone.clone());
    let visit = node.run(async move {
        match sessions.look_up(&wanted) {
            Lookup::Wait(loading) => loading.await,
            other => panic!("{other:?}"),
        }
    });
    let visit = visit.await;
    assert!(visit.session.is_none() && visit.is_unknown, "nobody says that it is not there");
    store.set(Health::Works);
    until("it has left, too", || node.sessions.is_empty()).await;
    assert_eq!(node.value(&gone).await.as_deref(), Some("out"));
    assert_eq!(node.value(&id).await.as_deref(), Some("in"));
    node.kill();
}

#[tokio::test]
async fn a_backup_stays_in_memory_and_is_made_once_after_each_access() {
    let store = FaultyStore::new();
    let node = Node::alone("n1", &store, manager(|manager| manager.max_idle_backup = Some(Duration::ZERO))).await;
    let id = node.create("x").await.id();
    until_stored(&store, &id, "x").await;
    let other = node.create("y").await.id();
    until_stored(&store, &other, "y").await;
    assert_eq!((store.inside.saves(), node.sessions.len()), (2, 2));
    node.kill();
}

#[tokio::test]
async fn all_are_saved_at_the_stop_and_each_is_loaded_when_it_is_asked_for() {
    let store = FaultyStore::new();
    let node = Node::alone("n1", &store, manager(|_| {})).await;
    let mut ids = Vec::new();
    for number in 0..20 {
        ids.push(node.create(&number.to_string()).await.id());
    }
    assert_eq!(store.inside.len(), 0);
    node.stop().await;
    assert_eq!(store.inside.len(), 20);
    let node = Node::alone("n1", &store, manager(|_| {})).await;
    assert_eq!((node.sessions.len(), store.loads()), (0, 0));
    assert_eq!(node.value(&ids[7]).await.as_deref(), Some("7"));
    assert_eq!((node.sessions.len(), store.loads()), (1, 1));
    node.kill();
}

#[tokio::test]
async fn without_save_on_restart_all_end_with_the_node() {
    let store = FaultyStore::new();
    let node = Node::alone(
        "n1",
        &store,
        manager(|manager| {
            manager.save_on_restart = false;
            manager.max_idle_backup = Some(Duration::ZERO);
        }),
    );
    let node = node.await;
    let id = node.create("x").await.id();
    until_stored(&store, &id, "x").await;
    node.stop().await;
    assert!(store.inside.is_empty());
    let node = Node::alone("n1", &store, manager(|_| {})).await;
    assert_eq!(node.find(&id).await, None);
    node.kill();
}

#[tokio::test]
async fn one_more_than_may_be_is_not_made_and_the_idlest_make_room() {
    let store = FaultyStore::new();
    let config = outlive_net::ClusterConfig {
        membership: Membership::None,
        store: Some(source(&store)),
        ..outlive_net::ClusterConfig::default()
    };
    let persistence = manager(|manager| manager.min_idle_swap = Some(Duration::from_secs(1)));
    let context = outlive_net::ContextConfig {
        path: "/app".into(),
        persistence: Some(persistence),
        max_active_sessions: Some(10),
        ..outlive_net::ContextConfig::default()
    };
    let node = Node::start(config, context).await;
    node.sessions.ready().await;
    let mut ids = Vec::new();
    for number in 0..10 {
        ids.push(node.create(&number.to_string()).await.id());
    }
    assert!(matches!(node.sessions.create(), Err(CreateError::TooMany)));
    until("one has left", || node.sessions.len() == 9).await;
    node.create("room").await;
    assert_eq!(node.value(&ids[0]).await.as_deref(), Some("0"), "it was idle for longest");
    node.kill();
}

/// Two nodes that both have a session in memory: each wins for what it has written itself, and none overwrites the other.
#[tokio::test]
async fn two_nodes_over_one_store_join_what_they_write() {
    let store = FaultyStore::new();
    let policy = || manager(|manager| manager.max_idle_backup = Some(Duration::ZERO));
    let (one, two) = (Node::alone("n1", &store, policy()).await, Node::alone("n2", &store, policy()).await);
    let id = one.create("first").await.id();
    until_stored(&store, &id, "first").await;
    let there = two.find(&id).await.unwrap();
    there.set("other", Value::string("two")).unwrap();
    two.complete(&there).await;
    let other = async || {
        let stored = crate::support::stored(&store, &id).await.unwrap();
        stored.state.attributes.iter().any(|(name, _)| name == "other")
    };
    until_in_store("what the other node has written", other).await;
    one.set(&id, "second").await;
    until_stored(&store, &id, "second").await;
    assert!(other().await, "what the other node has written is still there");
    let here = one.find(&id).await.unwrap();
    assert_eq!((text(&here).as_deref(), here.get("other")), (Some("second"), Some(Value::string("two"))));
    // What one ends, the other ends when it would save it.
    one.sessions.invalidate(&here);
    one.complete(&here).await;
    until("it is gone", || store.inside.is_empty()).await;
    two.set(&id, "late").await;
    until("the other has learnt it", || two.sessions.is_empty()).await;
    assert!(store.inside.is_empty());
    assert_eq!(two.sessions.store_counters().unwrap().buried.get(), 1);
    assert!(store.inside.heads(None, 10).await.unwrap().is_empty());
    one.kill();
    two.kill();
}
