//! HTTP sessions that outlive their server.
//!
//! When a node dies, is upgraded, or its address moves, the user stays logged in: sessions live in the memory of the process that serves
//! them, and every change goes to the other nodes. The nodes speak the protocol of Apache Tomcat's session replication, so that Tomcats
//! and Rust programs share one cluster and one login.
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let cluster = outlive::Cluster::join(outlive::Config::default()).await?;
//! let sessions = cluster.sessions("/app").await?; // returns when this node holds the cluster's state
//! let app: axum::Router = axum::Router::new()
//!     .route("/counter", axum::routing::get(counter))
//!     .layer(outlive::SessionLayer::new(sessions));
//!
//! async fn counter(session: outlive::Session) -> Result<String, outlive::Error> {
//!     let n: i32 = session.get("counter")?.unwrap_or(0) + 1;
//!     session.set("counter", n)?; // any serde value; local memory, no await
//!     Ok(n.to_string()) // replicated when the response is ready
//! }
//! # Ok(()) }
//! ```
//!
//! # Sessions that outlive all nodes
//!
//! With a store each change is kept within a second, and a cluster that loses all its nodes at once comes back with its sessions. No
//! request waits for the store, unless its session is there alone.
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//! use outlive::store::FileStore;
//! use outlive::{Cluster, Config, ContextConfig, Persistence, StoreSource};
//!
//! let files = StoreSource::new(|_context| Ok(Arc::new(FileStore::new("/var/lib/shop/sessions"))));
//! let cluster = Cluster::join(Config { store: Some(files), ..Config::default() }).await?;
//! let sessions = cluster.open(ContextConfig {
//!     path: "/shop".to_owned(),
//!     persistence: Some(Persistence::WriteBehind { shared: true }), // one folder for all nodes
//!     ..ContextConfig::default()
//! })?;
//! sessions.ready().await;
//! # Ok(()) }
//! ```
//!
//! [`Membership::None`] with [`Persistence::PerRequest`] is a node without a cluster whose sessions live in the store.
//!
//! # To know
//!
//! - The cookie's path is the context's, `/app` above: the router stands under it (`Router::nest`), or
//!   [`SessionLayer::cookie_path`] says otherwise.
//! - [`Config::default`] is Tomcat's: multicast on 228.0.0.4:45564, asynchronous messages. `options: SendOptions(6)` makes a response wait
//!   until the other nodes have what it tells.
//! - Messages between nodes are encrypted where [`Config::interceptors`] has an [`InterceptorConfig::Encrypt`]. Without one,
//!   `allow_plaintext` must say that the network is trusted, unless all stays on loopback.
//! - What the cookie looks like, whether ids stand in paths, which requests are told to the other nodes: [`SessionLayer`]. Which attributes
//!   stay on this node, and what else a context can be told: [`ContextConfig`].
//! - At the end first let the requests under way be answered, then [`Cluster::leave`].
//!
//! This crate has no code of its own but [`Cluster`]'s edges: it names what an application needs of `outlive-net`, `outlive-tower`, and
//! `outlive-serial`.

mod cluster;

pub use cluster::{BadPath, Cluster};
pub use outlive_net::{
    AttributeFilter, BadPattern, ClusterAt, ClusterConfig as Config, ContextConfig, InterceptorConfig, JoinError,
    ListedMember, Losses, MemberSummary, Membership, Pattern, Persistence, PersistentManager, ReceiverAddress,
    SendOptions, Sessions, StoreFor, StoreSource, Timing, encrypt, fragmentation, gzip, order, store,
};
pub use outlive_node::User;
pub use outlive_serial::{JavaView, Value};
pub use outlive_tower::{
    Error, NoSessionLayer, Replication, SameSite, Session, SessionBody, SessionCookie, SessionLayer, SessionService,
    Tracking, TrustedProxies,
};
