//! Below replication: saved soon, by nobody's waiting, and found again after everything is gone.

use outlive_net::store::{Store, StoreFault};
use outlive_serial::Value;
use outlive_session::SessionId;

use crate::faulty::{FaultyStore, Health};
use crate::support::{Node, SHARED, alice, stored, stored_value, text, until, until_in_store, until_stored};

#[tokio::test]
async fn many_changes_of_a_session_are_saved_as_few() {
    let store = FaultyStore::new();
    let node = Node::alone("n1", &store, SHARED).await;
    let id = node.create("0").await.id();
    for number in 1..=500 {
        node.set(&id, &number.to_string()).await;
    }
    until_stored(&store, &id, "500").await;
    let seconds = 1 + store.inside.saves();
    assert!(seconds < 20, "{} saves of one session", store.inside.saves());
    node.kill();
}

#[tokio::test]
async fn after_the_loss_of_everything_the_sessions_and_their_users_are_there() {
    let store = FaultyStore::new();
    let node = Node::alone("n1", &store, SHARED).await;
    let mut ids = Vec::new();
    for number in 0..30 {
        let session = node.create(&number.to_string()).await;
        session.set_user(Some(alice())).unwrap();
        node.complete(&session).await;
        ids.push(session.id());
    }
    for (number, id) in ids.iter().enumerate() {
        until_stored(&store, id, &number.to_string()).await;
    }
    until("the users are saved", || node.sessions.store_counters().unwrap().saved.get() >= 30).await;
    for id in &ids {
        let has_user = async || stored(&store, id).await.unwrap().state.principal.is_some();
        until_in_store("the user is saved", has_user).await;
    }
    node.kill();

    let node = Node::alone("n2", &store, SHARED).await;
    assert_eq!(node.sessions.len(), 30, "they are counted before they are loaded");
    for (number, id) in ids.iter().enumerate() {
        // The route of the node that is gone still stands in the cookie.
        let session = node.find(id).await.unwrap();
        assert_eq!((text(&session), session.user()), (Some(number.to_string()), Some(alice())));
    }
    until("all are in memory", || node.sessions.all().len() == 30).await;
    assert_eq!(node.sessions.len(), 30);
    node.kill();
}

/// Invalidated, logged out, another id, expired: none of that comes back.
#[tokio::test]
async fn nothing_is_resurrected() {
    let store = FaultyStore::new();
    let node = Node::alone("n1", &store, SHARED).await;
    let mut sessions = Vec::new();
    for value in ["ended", "logged out", "moved", "expired"] {
        let session = node.create(value).await;
        session.set_user(Some(alice())).unwrap();
        node.complete(&session).await;
        until_stored(&store, &session.id(), value).await;
        sessions.push(session);
    }
    let ids: Vec<String> = sessions.iter().map(|session| session.id()).collect();
    let [ended, out, moved, expired] = &sessions[..] else { panic!("four") };
    node.sessions.invalidate(ended);
    node.complete(ended).await;
    out.set_user(None).unwrap();
    node.complete(out).await;
    node.sessions.change_id(moved).unwrap();
    node.complete(moved).await;
    expired.set_max_inactive(1).unwrap();
    node.complete(expired).await;
    let new_id = moved.id();
    until_stored(&store, &new_id, "moved").await;
    until("it expires", || node.sessions.len() == 2).await;
    until_in_store("what expired is gone", async || stored(&store, &ids[3]).await.is_none()).await;
    let is_out = async || stored(&store, &ids[1]).await.unwrap().state.principal.is_none();
    until_in_store("who logged out is out", is_out).await;
    node.kill();

    let node = Node::alone("n2", &store, SHARED).await;
    assert_eq!(node.sessions.len(), 2);
    for gone in [&ids[0], &ids[2], &ids[3]] {
        assert_eq!(node.find(gone).await, None);
    }
    assert_eq!(node.find(&ids[1]).await.unwrap().user(), None);
    assert_eq!(node.value(&new_id).await.as_deref(), Some("moved"));
    let grave = store.inside.grave(&SessionId::parse(&ids[2]).unwrap().base()).await.unwrap().unwrap();
    assert_eq!(grave.moved_to.map(|id| id.to_string()), Some(new_id));
    node.kill();
}

#[tokio::test]
async fn a_store_that_fails_stops_no_request_and_gets_what_it_missed() {
    for fault in [StoreFault::Unavailable, StoreFault::Full, StoreFault::Denied] {
        let store = FaultyStore::new();
        let node = Node::alone("n1", &store, SHARED).await;
        let before = node.create("before").await.id();
        until_stored(&store, &before, "before").await;
        store.set(Health::Fails(fault));
        let mut ids = Vec::new();
        for number in 0..200 {
            ids.push(node.create(&number.to_string()).await.id());
        }
        node.set(&before, "meanwhile").await;
        until("it is tried", || store.failures() > 1).await;
        assert!(!node.sessions.store_works());
        assert_eq!(node.find("00000000000000000000000000000000.n1").await, None, "an unknown id is none");
        node.set(&before, "last").await;
        store.set(Health::Works);
        until_stored(&store, &before, "last").await;
        for (number, id) in ids.iter().enumerate() {
            until_stored(&store, id, &number.to_string()).await;
        }
        until("it is known to work", || node.sessions.store_works()).await;
        node.kill();
    }
}

#[tokio::test]
async fn what_waits_for_a_store_is_saved_when_the_node_stops() {
    let store = FaultyStore::new();
    let node = Node::alone("n1", &store, SHARED).await;
    store.set(Health::Fails(StoreFault::Unavailable));
    let session = node.create("late").await;
    let id = session.id();
    until("it is tried", || store.failures() > 0).await;
    store.set(Health::Works);
    drop(session);
    node.stop().await;
    assert_eq!(stored_value(&store, &id).await.as_deref(), Some("late"));
}

#[tokio::test]
async fn a_session_that_ends_while_the_store_is_down_is_buried_when_it_is_back() {
    let store = FaultyStore::new();
    let node = Node::alone("n1", &store, SHARED).await;
    let session = node.create("x").await;
    until_stored(&store, &session.id(), "x").await;
    store.set(Health::Fails(StoreFault::Unavailable));
    node.sessions.invalidate(&session);
    node.complete(&session).await;
    until("it is tried", || store.failures() > 0).await;
    assert_eq!(node.find(&session.id()).await, None);
    store.set(Health::Works);
    until("it is gone", || store.inside.is_empty()).await;
    node.kill();
}

/// Many who ask for one session, or for one that is not there, ask the store once.
#[tokio::test]
async fn the_store_is_asked_once() {
    let store = FaultyStore::new();
    let node = Node::alone("n1", &store, SHARED).await;
    let id = node.create("x").await.id();
    until_stored(&store, &id, "x").await;
    node.kill();

    let node = std::sync::Arc::new(Node::alone("n2", &store, crate::support::manager(|_| {})).await);
    assert_eq!(node.find("EEEE").await, None);
    store.set(Health::Hangs);
    let asked: Vec<_> = (0..50)
        .map(|_| {
            let (node, id) = (std::sync::Arc::clone(&node), id.clone());
            tokio::spawn(async move { node.value(&id).await })
        })
        .collect();
    until("it is asked", || store.loads() == 2).await;
    store.set(Health::Works);
    for answer in asked {
        assert_eq!(answer.await.unwrap().as_deref(), Some("x"));
    }
    assert_eq!(store.loads(), 2);
    for _ in 0..50 {
        assert_eq!(node.find("FFFF").await, None);
        assert_eq!(node.find("../../etc/passwd").await, None);
    }
    assert_eq!(store.loads(), 3, "what is not there is remembered");
    std::sync::Arc::into_inner(node).unwrap().kill();
}

/// A file that was copied to another session's name, by whoever can write there.
#[tokio::test]
async fn another_session_inside_is_not_served() {
    let store = FaultyStore::new();
    let node = Node::alone("n1", &store, SHARED).await;
    let id = node.create("x").await.id();
    until_stored(&store, &id, "x").await;
    let mut record = store.inside.load(&SessionId::parse(&id).unwrap()).await.unwrap().unwrap();
    record.head.id = SessionId::parse("AAAA.n1").unwrap();
    record.version = None;
    store.inside.save(&outlive_net::store::Save { record, force: true }).await.unwrap();
    assert_eq!(node.find("AAAA").await, None);
    assert_eq!(node.sessions.store_counters().unwrap().set_aside.get(), 1);
    assert_eq!(store.inside.len(), 1, "nobody finds it again");
    assert_eq!(node.value(&id).await.as_deref(), Some("x"));
    node.kill();
}

#[tokio::test]
async fn a_session_with_a_value_that_is_no_utf8_or_java_stays_where_it_is() {
    let store = FaultyStore::new();
    let node = Node::alone("n1", &store, SHARED).await;
    let session = node.create("x").await;
    session.set("bytes", Value::bytes(&[0xff, 0, 1])).unwrap();
    node.complete(&session).await;
    let id = session.id();
    let has_both = async || stored(&store, &id).await.is_some_and(|stored| stored.state.attributes.len() == 2);
    until_in_store("both values are saved", has_both).await;
    node.kill();
    let node = Node::alone("n2", &store, SHARED).await;
    assert_eq!(node.find(&id).await.unwrap().get("bytes"), Some(Value::bytes(&[0xff, 0, 1])));
    node.kill();
}
