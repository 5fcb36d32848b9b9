//! What a node is to be, checked: plain structs with documented fields.
//!
//! ```text
//! Configuration
//! ├── node              what a Tomcat has no word for
//! ├── server, service   ports and labels
//! ├── connectors        HTTP/1.1 and AJP/1.3
//! ├── engine            the node's name (jvmRoute), the default host, the tick
//! ├── hosts             names and their folders
//! ├── cluster           manager (a template), channel: membership, receiver, transport, interceptors
//! └── applications      path and host; manager and store, cookie, time-out, valves
//! ```

mod application;
mod channel;
mod cluster;
mod configuration;
mod connector;
mod context;
mod engine;
mod host;
mod interceptor;
mod manager;
mod member;
mod membership;
mod node;
mod receiver;
mod server;
mod session_cookie;
mod session_id_generator;
mod store;
mod transport;
mod uri_encoding;
mod valve;

pub use application::{Application, ServletClasses, TrackingModes};
pub use channel::Channel;
pub use cluster::{Cluster, ClusterAt};
pub use configuration::Configuration;
pub use connector::{AjpProtocol, Connector, HttpProtocol, KeepAlive, Protocol};
pub use context::ContextSettings;
pub use engine::Engine;
pub use host::Host;
pub use interceptor::{
    DomainFilterInterceptor, EncryptInterceptor, FragmentationInterceptor, GzipInterceptor, Interceptor,
    MessageDispatchInterceptor, OrderInterceptor, StaticMembershipInterceptor, TcpFailureDetector, TcpPingInterceptor,
    ThroughputInterceptor,
};
pub use manager::{BackupManager, DeltaManager, Manager, ManagerKind, PersistentManager, StandardManager, StateWait};
pub use member::Member;
pub use membership::{CloudMembership, CloudProvider, Membership, MulticastMembership, StaticMembership};
pub use node::{LogFormat, Node};
pub use receiver::Receiver;
pub use server::{Executor, Server, Service};
pub use session_cookie::{CookieProcessor, SameSite, SessionCookie};
pub use session_id_generator::SessionIdGenerator;
pub use store::{DatabaseStore, FileStore, Store};
pub use transport::Transport;
pub use uri_encoding::UriEncoding;
pub use valve::{JvmRouteBinderValve, LoadBalancerDrainingValve, PersistentValve, ReplicationValve, Valve};
