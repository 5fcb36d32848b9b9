//! Requests whose session is in a store.

use std::sync::Arc;

use http::{Response, StatusCode};
use outlive_net::store::{
    Grave, MemoryStore, Save, Saved, SessionHead, SessionRecord, Store, StoreError, StoreFault, StoreFuture,
};
use outlive_net::{Cluster, ClusterConfig, ContextConfig, Membership, Persistence, Sessions, StoreSource};
use outlive_session::{BaseId, SessionId};
use outlive_tower::{Error, Session, SessionLayer};
use outlive_tribes_proto::time::UnixMillis;

use crate::support::{ask, head, request};

pub(crate) async fn node(name: &str, source: StoreSource) -> Sessions {
    let config = ClusterConfig {
        name: name.to_owned(),
        membership: Membership::None,
        store: Some(source),
        ..ClusterConfig::default()
    };
    let sessions = Cluster::join(config).await.unwrap().open(ContextConfig {
        path: "/app".to_owned(),
        persistence: Some(Persistence::PerRequest),
        max_active_sessions: Some(1),
        ..ContextConfig::default()
    });
    sessions.ready().await;
    sessions
}

fn count(session: Session) -> String {
    let next = session.get("n").unwrap().unwrap_or(0) + 1;
    session.set("n", next).unwrap();
    next.to_string()
}

#[tokio::test]
async fn two_nodes_serve_one_session_in_turns() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let source = StoreSource::new(move |_| Ok(Arc::clone(&store)));
    let nodes = [node("n1", source.clone()).await, node("n2", source).await];
    let mut id = ask(&nodes[0], None, count).await.id().unwrap().to_owned();
    for number in 2..10 {
        let (node, route) = (&nodes[number % 2], ["n1", "n2"][number % 2]);
        let answer = ask(node, Some(&id), count).await;
        assert_eq!(answer.text, number.to_string());
        if let Some(new) = answer.id() {
            new.clone_into(&mut id);
        }
        assert_eq!(id.split_once('.').unwrap().1, route, "the cookie names the node that has served it");
    }
    let gone = ask(&nodes[0], Some(&id), |session| {
        session.invalidate();
        String::new()
    });
    gone.await;
    let none = ask(&nodes[1], Some(&id), |session| session.exists().to_string()).await;
    assert_eq!(none.text, "false");
}

/// A session that nobody can be asked for may still be there: none takes its place, and who needs none is served.
#[tokio::test]
async fn a_store_that_cannot_be_asked_costs_no_login() {
    let source = StoreSource::new(|_| Ok(Arc::new(Broken)));
    let sessions = node("n1", source).await;
    let layer = SessionLayer::new(sessions.clone());
    let id = "0123456789ABCDEF0123456789ABCDEF.n1";
    let answer = head(&layer, request(Some(id)), async |session: Session| {
        assert_eq!(session.get::<i32>("n").unwrap(), None);
        let error = session.set("n", 1).unwrap_err();
        assert!(matches!(error, Error::StoreUnavailable { .. }) && error.is_temporary(), "{error}");
        assert!(matches!(session.login("alice", ["user"]), Err(Error::StoreUnavailable { .. })));
        axum::response::IntoResponse::into_response(error)
    });
    let answer = answer.await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers().get("set-cookie"), None, "the client keeps its cookie");
    // Who comes without one gets a session, which is kept in memory until the store works.
    let made = ask(&sessions, None, count).await;
    assert_eq!(ask(&sessions, made.id(), count).await.text, "2");
    // And that is all there may be.
    let refused = head(&layer, request(None), async |session: Session| {
        assert!(matches!(session.create(), Err(Error::TooManySessions)));
        Response::new(axum::body::Body::empty())
    });
    refused.await;
}

/// A store that cannot be reached.
#[derive(Debug)]
struct Broken;

fn broken<T>() -> StoreFuture<'static, T>
where
    T: Send + 'static,
{
    Box::pin(std::future::ready(Err(StoreError::new(StoreFault::Unavailable, "nobody is there"))))
}

impl Store for Broken {
    fn describe(&self) -> String {
        "nothing".to_owned()
    }
    fn init(&self) -> StoreFuture<'_, ()> {
        broken()
    }
    fn check(&self) -> StoreFuture<'_, ()> {
        broken()
    }
    fn load<'a>(&'a self, _: &'a SessionId) -> StoreFuture<'a, Option<SessionRecord>> {
        broken()
    }
    fn save<'a>(&'a self, _: &'a Save) -> StoreFuture<'a, Saved> {
        broken()
    }
    fn bury<'a>(&'a self, _: &'a SessionId, _: &'a Grave) -> StoreFuture<'a, ()> {
        broken()
    }
    fn forget<'a>(&'a self, _: &'a SessionId, _: UnixMillis) -> StoreFuture<'a, bool> {
        broken()
    }
    fn set_aside<'a>(&'a self, _: &'a SessionRecord) -> StoreFuture<'a, bool> {
        broken()
    }
    fn grave<'a>(&'a self, _: &'a BaseId) -> StoreFuture<'a, Option<Grave>> {
        broken()
    }
    fn heads<'a>(&'a self, _: Option<&'a SessionId>, _: usize) -> StoreFuture<'a, Vec<SessionHead>> {
        broken()
    }
    fn expired(&self, _: UnixMillis, _: usize) -> StoreFuture<'_, Vec<SessionHead>> {
        broken()
    }
    fn clear_graves(&self, _: UnixMillis) -> StoreFuture<'_, u64> {
        broken()
    }
}
