//! Nodes over a store, and what a client would see of them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use outlive_net::store::Store;
use outlive_net::{
    Cluster, ClusterConfig, ContextConfig, Delivery, Lookup, Membership, Persistence, PersistentManager,
    ReceiverAddress, SendOptions, SessionRef, Sessions, StoreSource, User,
};
use outlive_serial::Value;
use outlive_session::SessionId;

use crate::faulty::FaultyStore;

pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) const SHARED: Persistence = Persistence::WriteBehind { shared: true };

/// Nothing tells of these events, so they are looked for.
pub(crate) async fn until(what: &str, reached: impl Fn() -> bool) {
    until_in_store(what, async || reached()).await;
}

/// The same where to look takes a question to the store.
pub(crate) async fn until_in_store(what: &str, reached: impl AsyncFn() -> bool) {
    let looked = tokio::time::timeout(PATIENCE, async {
        while !reached().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    assert!(looked.await.is_ok(), "never: {what}");
}

/// A node on a runtime of its own, so that it can die as a killed process does: in the middle of everything.
pub(crate) struct Node {
    runtime: Option<tokio::runtime::Runtime>,
    pub(crate) cluster: Cluster,
    pub(crate) sessions: Sessions,
}

impl Node {
    pub(crate) async fn start(config: ClusterConfig, context: ContextConfig) -> Node {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let started = runtime.spawn(async move {
            let cluster = Cluster::join(config).await.unwrap();
            let sessions = cluster.open(context);
            (cluster, sessions)
        });
        let (cluster, sessions) = started.await.unwrap();
        Node { runtime: Some(runtime), cluster, sessions }
    }

    /// Without a cluster.
    pub(crate) async fn alone(name: &str, store: &Arc<FaultyStore>, persistence: Persistence) -> Node {
        let config = ClusterConfig {
            name: name.to_owned(),
            membership: Membership::None,
            store: Some(source(store)),
            ..ClusterConfig::default()
        };
        let context = ContextConfig { path: "/app".into(), persistence: Some(persistence), ..ContextConfig::default() };
        let node = Node::start(config, context).await;
        assert!(tokio::time::timeout(PATIENCE, node.sessions.ready()).await.is_ok(), "never ready");
        node
    }

    /// SIGKILL, as far as one process can.
    pub(crate) fn kill(mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }

    /// Runs something where the node's own requests run.
    pub(crate) async fn run<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> T {
        self.runtime.as_ref().unwrap().spawn(work).await.unwrap()
    }

    /// The orderly end.
    pub(crate) async fn stop(self) {
        let cluster = self.cluster.clone();
        self.run(async move { cluster.leave().await }).await;
        self.kill();
    }

    /// A new session with one attribute, its request over.
    pub(crate) async fn create(&self, value: &str) -> SessionRef {
        let session = self.sessions.create().unwrap();
        session.set("value", Value::string(value)).unwrap();
        self.complete(&session).await;
        session
    }

    /// A request that sets the attribute of a session that the client knows; the id that it knows then.
    pub(crate) async fn set(&self, id: &str, value: &str) -> String {
        let session = self.find(id).await.unwrap();
        session.set("value", Value::string(value)).unwrap();
        self.complete(&session).await;
        session.id()
    }

    /// The end of a request.
    pub(crate) async fn complete(&self, session: &SessionRef) {
        let (sessions, session) = (self.sessions.clone(), session.clone());
        self.run(async move {
            if let Delivery::Await(done) = sessions.complete(&session) {
                done.await;
            }
        })
        .await;
    }

    /// The session that a request finds. Where only one at a time may use it, its turn ends at once.
    pub(crate) async fn find(&self, id: &str) -> Option<SessionRef> {
        let (sessions, id) = (self.sessions.clone(), id.to_owned());
        self.run(async move {
            match sessions.look_up(&id) {
                Lookup::Found(session) => Some(session),
                Lookup::Absent => None,
                Lookup::Wait(loading) => loading.await.session,
            }
        })
        .await
    }

    /// What a session that a request finds has for a value.
    pub(crate) async fn value(&self, id: &str) -> Option<String> {
        let session = self.find(id).await?;
        let value = text(&session);
        self.complete(&session).await;
        value
    }
}

pub(crate) fn source(store: &Arc<FaultyStore>) -> StoreSource {
    let store = Arc::clone(store);
    StoreSource::new(move |_| Ok(Arc::clone(&store) as Arc<dyn Store>))
}

pub(crate) fn text(session: &SessionRef) -> Option<String> {
    session.get("value").map(|value| value.to_serde().unwrap())
}

pub(crate) fn alice() -> User {
    User::new("alice", ["user"])
}

/// The values that the store has for a session.
pub(crate) async fn stored(store: &FaultyStore, id: &str) -> Option<outlive_session::StoredSession> {
    let record = store.inside.load(&SessionId::parse(id).unwrap()).await.unwrap()?;
    Some(outlive_session::StoredSession::decode(&record.data, &outlive_serial::Limits::default()).unwrap())
}

pub(crate) async fn stored_value(store: &FaultyStore, id: &str) -> Option<String> {
    let stored = stored(store, id).await?;
    stored.state.attributes.iter().find(|(name, _)| name == "value").map(|(_, value)| value.to_serde().unwrap())
}

/// Waits until the store has this value for a session.
pub(crate) async fn until_stored(store: &FaultyStore, id: &str, value: &str) {
    let what = format!("the store has {value}");
    until_in_store(&what, async || stored_value(store, id).await.as_deref() == Some(value)).await;
}

pub(crate) fn manager(change: impl FnOnce(&mut PersistentManager)) -> Persistence {
    let mut manager = PersistentManager { pass_interval: Duration::from_millis(1), ..PersistentManager::default() };
    change(&mut manager);
    Persistence::Manager(manager)
}

pub(crate) fn free_addresses<const N: usize>() -> [SocketAddr; N] {
    let taken = [(); N].map(|()| std::net::TcpListener::bind("127.0.0.1:0").unwrap());
    taken.map(|listener| listener.local_addr().unwrap())
}

/// A member of a cluster of static members.
pub(crate) async fn member(all: &[SocketAddr], own: usize, store: Option<(&Arc<FaultyStore>, Persistence)>) -> Node {
    let others = all.iter().enumerate().filter(|(index, _)| *index != own).map(|(_, address)| *address).collect();
    let config = ClusterConfig {
        name: format!("n{own}"),
        receiver: ReceiverAddress::At(all[own]),
        membership: Membership::Static(others),
        options: SendOptions(6),
        store: store.as_ref().map(|(store, _)| source(store)),
        ..ClusterConfig::default()
    };
    let persistence = store.map(|(_, persistence)| persistence);
    Node::start(config, ContextConfig { path: "/app".into(), persistence, ..ContextConfig::default() }).await
}
