//! Tomcat's `PersistentValve`: any node may serve the next request.

use std::sync::Arc;

use outlive_net::store::StoreFault;
use outlive_net::{Delivery, Lookup, Persistence};
use outlive_serial::Value;

use crate::faulty::{FaultyStore, Health};
use crate::support::{Node, stored_value, until};

#[tokio::test]
async fn each_request_finds_what_the_last_has_left_on_whichever_node() {
    let store = FaultyStore::new();
    let nodes = [
        Node::alone("n1", &store, Persistence::PerRequest).await,
        Node::alone("n2", &store, Persistence::PerRequest).await,
    ];
    let mut id = nodes[0].create("0").await.id();
    assert_eq!(stored_value(&store, &id).await.as_deref(), Some("0"), "it is saved before the answer");
    for number in 1..20 {
        let node = &nodes[number % 2];
        assert_eq!(node.value(&id).await, Some((number - 1).to_string()));
        id = node.set(&id, &number.to_string()).await;
        assert_eq!(node.sessions.len(), 0, "nothing stays in memory");
    }
    let session = nodes[0].find(&id).await.unwrap();
    nodes[0].sessions.change_id(&session).unwrap();
    nodes[0].complete(&session).await;
    assert_eq!(nodes[1].find(&id).await, None, "the old id is worth nothing");
    let session = nodes[1].find(&session.id()).await.unwrap();
    nodes[1].sessions.invalidate(&session);
    nodes[1].complete(&session).await;
    assert_eq!(nodes[0].find(&session.id()).await, None);
    assert!(store.inside.is_empty());
    nodes.into_iter().for_each(Node::kill);
}

/// A hundred requests of one session at once, each of which adds one: none is lost.
#[tokio::test]
async fn one_request_of_a_session_at_a_time() {
    let store = FaultyStore::new();
    let node = Arc::new(Node::alone("n1", &store, Persistence::PerRequest).await);
    let id = node.create("0").await.id();
    let requests: Vec<_> = (0..100)
        .map(|_| {
            let (node, id) = (Arc::clone(&node), id.clone());
            let sessions = node.sessions.clone();
            tokio::spawn(async move {
                node.run(async move {
                    let Lookup::Wait(loading) = sessions.look_up(&id) else { panic!("the store has it") };
                    let visit = loading.await;
                    let session = visit.session.unwrap();
                    let count: u32 = crate::support::text(&session).unwrap().parse().unwrap();
                    tokio::task::yield_now().await;
                    session.set("value", Value::string(&(count + 1).to_string())).unwrap();
                    if let Delivery::Await(saved) = sessions.complete_visit(&session, visit.turn) {
                        saved.await;
                    }
                })
                .await;
            })
        })
        .collect();
    for request in requests {
        request.await.unwrap();
    }
    assert_eq!(stored_value(&store, &id).await.as_deref(), Some("100"));
    Arc::into_inner(node).unwrap().kill();
}

#[tokio::test]
async fn where_the_store_fails_the_session_stays_and_is_served() {
    let store = FaultyStore::new();
    let node = Node::alone("n1", &store, Persistence::PerRequest).await;
    store.set(Health::Fails(StoreFault::Unavailable));
    let id = node.create("0").await.id();
    for number in 1..10 {
        node.set(&id, &number.to_string()).await;
    }
    assert_eq!(node.value(&id).await.as_deref(), Some("9"));
    store.set(Health::Works);
    until("it has left the memory", || node.sessions.is_empty()).await;
    assert_eq!(stored_value(&store, &id).await.as_deref(), Some("9"));
    node.kill();
}
