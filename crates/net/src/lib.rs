//! The tokio shell around a node: sockets, timers, and the handles that the HTTP side holds.
//!
//! | task | how many | what it does |
//! |---|---|---|
//! | driver | 1 | performs the node's effects, waits for its deadline, reads the group's datagrams |
//! | receiver | 1, and 1 a connection | reads frames, hands them to the node, writes acknowledgements |
//! | sender | 1 a peer | empties the peer's lane |
//! | writer | 1 a context with a store | tells the store what the context notes; see `persistence` |
//! | probe | 1 a probe | connects, writes one frame, goes |
//!
//! It decides nothing: every rule of the cluster stands in `outlive-node` and below. Requests call straight into the
//! node in their own tasks; none of these tasks is on a request's way, unless the request waits for acknowledgements.

mod clock;
mod cluster;
mod config;
mod driver;
mod gate;
mod interceptors;
mod keeper;
mod multicast;
mod persistence;
mod randomness;
mod receiver;
mod sender;
mod sessions;
mod shared;

pub use cluster::{Cluster, JoinError, MemberSummary};
pub use config::{ClusterAt, ClusterConfig, ListedMember, Membership, ReceiverAddress};
pub use interceptors::{InterceptorConfig, check_order};
pub use keeper::Keeper;
pub use outlive_node::persistence::{Persistence, PersistentManager, StoreCounters};
pub use outlive_node::{
    AttributeFilter, BadPattern, Behind, ContextConfig, Losses, Obstacle, Pattern, PeerStanding, ReceiverLimits,
    SessionRef, SetError, Standing, Timing, User,
};
pub use outlive_store as store;
pub use outlive_tribes_proto::PeerKind;
pub use outlive_tribes_proto::interceptor::{StackError, encrypt, fragmentation, gzip, order, throughput};
pub use outlive_tribes_proto::wire::send_options::SendOptions;
pub use persistence::{StoreFor, StoreSource, Turn};
pub use randomness::NoRandomness;
pub use sessions::{Acknowledged, CreateError, Delivery, Loading, Lookup, Manners, Sessions, Visit};
