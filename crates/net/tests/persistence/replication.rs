//! A cluster over one store, or with one for each node.

use outlive_net::Persistence;
use outlive_serial::Value;

use crate::faulty::{FaultyStore, Health};
use crate::support::{Node, PATIENCE, SHARED, free_addresses, member, stored_value, text, until, until_stored};

async fn meet(nodes: &[&Node]) {
    for node in nodes {
        let met = node.cluster.until_members(|members| members.len() == nodes.len() - 1);
        assert!(tokio::time::timeout(PATIENCE, met).await.is_ok(), "they do not see each other");
        assert!(tokio::time::timeout(PATIENCE, node.sessions.ready()).await.is_ok(), "never ready");
    }
}

/// The node that served the session dies before the store has its change: a survivor, which has it in memory, sees to that.
#[tokio::test]
async fn what_a_dead_member_could_not_save_a_survivor_saves() {
    let store = FaultyStore::new();
    let addresses = free_addresses::<2>();
    let one = member(&addresses, 0, Some((&store, SHARED))).await;
    let two = member(&addresses, 1, Some((&store, SHARED))).await;
    meet(&[&one, &two]).await;
    let (kept, ended) = (one.create("first").await, one.create("ends").await);
    let (id, gone) = (kept.id(), ended.id());
    until_stored(&store, &id, "first").await;
    until_stored(&store, &gone, "ends").await;
    // The store is away from here on, so that the first node has told the second, and not the store.
    store.set(Health::Hangs);
    one.set(&id, "last").await;
    one.sessions.invalidate(&ended);
    one.complete(&ended).await;
    assert_eq!(two.sessions.len(), 1);
    one.kill();
    store.set(Health::Works);
    until_stored(&store, &id, "last").await;
    until("the end is told", || store.inside.len() == 1).await;
    assert_eq!(stored_value(&store, &gone).await, None);
    two.kill();
}

#[tokio::test]
async fn a_session_is_saved_by_the_node_that_serves_it_alone() {
    let store = FaultyStore::new();
    let addresses = free_addresses::<2>();
    let one = member(&addresses, 0, Some((&store, SHARED))).await;
    let two = member(&addresses, 1, Some((&store, SHARED))).await;
    meet(&[&one, &two]).await;
    for number in 0..20 {
        let id = one.create(&number.to_string()).await.id();
        until_stored(&store, &id, &number.to_string()).await;
    }
    let saved = |node: &Node| node.sessions.store_counters().unwrap().saved.get();
    assert_eq!((saved(&two), two.sessions.len()), (0, 20));
    // It moves: the other one saves it, although it knows nothing of the version in the store.
    let id = one.create("here").await.id();
    until_stored(&store, &id, "here").await;
    two.set(&id, "there").await;
    until_stored(&store, &id, "there").await;
    assert_eq!(saved(&two), 1);
    assert_eq!(one.value(&id).await.as_deref(), Some("there"));
    one.kill();
    two.kill();
}

#[tokio::test]
async fn a_store_of_its_own_gets_what_the_other_nodes_change() {
    let own = Persistence::WriteBehind { shared: false };
    let (first, second) = (FaultyStore::new(), FaultyStore::new());
    let addresses = free_addresses::<2>();
    let one = member(&addresses, 0, Some((&first, own.clone()))).await;
    let two = member(&addresses, 1, Some((&second, own))).await;
    meet(&[&one, &two]).await;
    let session = one.create("x").await;
    let id = session.id();
    until_stored(&first, &id, "x").await;
    until_stored(&second, &id, "x").await;
    one.sessions.change_id(&session).unwrap();
    one.complete(&session).await;
    for store in [&first, &second] {
        until_stored(store, &session.id(), "x").await;
        until("the old id is buried", || store.inside.len() == 1).await;
        assert_eq!(stored_value(store, &id).await, None);
    }
    one.sessions.invalidate(&session);
    one.complete(&session).await;
    for store in [&first, &second] {
        until("it is buried", || store.inside.is_empty()).await;
    }
    one.kill();
    two.kill();
}

/// All nodes are gone at once. The first that is back knows the sessions and serves them; one that joins meanwhile, and has no store of its
/// own, gets them all.
#[tokio::test]
async fn after_a_total_loss_the_first_node_gives_the_others_what_the_store_had() {
    let store = FaultyStore::new();
    let addresses = free_addresses::<2>();
    let one = member(&addresses, 0, Some((&store, SHARED))).await;
    let two = member(&addresses, 1, Some((&store, SHARED))).await;
    meet(&[&one, &two]).await;
    let mut ids = Vec::new();
    for number in 0..50 {
        let node = if number % 2 == 0 { &one } else { &two };
        ids.push(node.create(&number.to_string()).await.id());
    }
    for (number, id) in ids.iter().enumerate() {
        until_stored(&store, id, &number.to_string()).await;
    }
    one.kill();
    two.kill();

    let addresses = free_addresses::<2>();
    let one = member(&addresses, 0, Some((&store, SHARED))).await;
    let two = member(&addresses, 1, None).await;
    meet(&[&one, &two]).await;
    assert_eq!(one.sessions.len(), 50);
    until("the other has all", || two.sessions.len() == 50).await;
    for (number, id) in ids.iter().enumerate() {
        let session = two.find(id).await.unwrap();
        assert_eq!(text(&session), Some(number.to_string()));
    }
    // And what is changed there comes back here.
    let session = two.find(&ids[3]).await.unwrap();
    session.set("value", Value::string("changed")).unwrap();
    two.complete(&session).await;
    assert_eq!(one.value(&ids[3]).await.as_deref(), Some("changed"));
    one.kill();
    two.kill();
}
