//! How a node takes part in a cluster.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use outlive_node::{ContextConfig, ReceiverLimits, Timing};
use outlive_tribes_proto::membership::static_service::StaticService;
use outlive_tribes_proto::wire::send_options::SendOptions;

use crate::interceptors::InterceptorConfig;
use crate::persistence::StoreSource;

/// Where messages of the other members are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReceiverAddress {
    /// Tomcat's `auto`: the address of this machine's host name (or, where that is a loopback address and the group is not,
    /// of the interface that multicast leaves by), and the first free port from `port` on.
    Auto {
        /// The first port tried.
        port: u16,
        /// How many ports are tried.
        tries: u16,
    },
    /// Exactly this address; port 0: any free one.
    At(SocketAddr),
    /// The first free port of this host from this one on: Tomcat's `autoBind`.
    From {
        /// The host, and the first port tried.
        address: SocketAddr,
        /// How many ports are tried; 0 counts as 1.
        tries: u16,
    },
}

/// A member as all members' configuration names it. Source: Tomcat `StaticMember`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedMember {
    /// Where its receiver listens.
    pub address: SocketAddr,
    /// What it calls itself; the same after each restart.
    pub unique_id: [u8; 16],
    /// Its membership domain; empty: none.
    pub domain: Bytes,
}

/// How members find each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Membership {
    /// Heartbeats to a multicast group.
    Multicast {
        /// The group.
        group: Ipv4Addr,
        /// Its port.
        port: u16,
        /// The interface's address; `None`: the receiver's.
        bind: Option<Ipv4Addr>,
        /// Time to live of heartbeats; `None`: the system's, which is 1: they pass no router. Source: `ttl`.
        ttl: Option<u8>,
        /// Whether other nodes of this machine hear the heartbeats. Source: `localLoopbackDisabled="false"`.
        heard_here: bool,
    },
    /// A list of receivers, this node's own not among them.
    Static(Vec<SocketAddr>),
    /// The same where the configuration says what each member calls itself, as Tomcat's StaticMembershipInterceptor and
    /// StaticMembershipService have it.
    Listed {
        /// What this node calls itself.
        unique_id: [u8; 16],
        /// The others; an entry with this node's own address is left out.
        members: Vec<ListedMember>,
        /// How they look after each other by messages, as Tomcat's StaticMembershipService has it. `None`: by connections, with a word
        /// when they come and go.
        service: Option<StaticService>,
    },
    /// By a platform that names them all and may name others later: [`Cluster::set_members`](crate::Cluster::set_members).
    Platform {
        /// What it names this node by.
        unique_id: [u8; 16],
        /// The members at the beginning, each with what it is named by; this node may be among them.
        members: Vec<(SocketAddr, [u8; 16])>,
    },
    /// Not at all: the node has no cluster, and opens no receiver.
    None,
}

/// Where the `<Cluster>` of the Tomcats stands: it decides the names of contexts in messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClusterAt {
    /// In the Engine: `localhost#/app`, with the name of the application's host.
    #[default]
    Engine,
    /// In the Host: `/app`.
    Host,
}

/// How a node takes part in a cluster; the defaults are Tomcat's.
#[derive(Clone, Debug)]
pub struct ClusterConfig {
    /// The node's name, Tomcat's `jvmRoute`: what its session ids end with. Empty: ids have no route.
    pub name: String,
    /// Where messages are taken.
    pub receiver: ReceiverAddress,
    /// How members find each other.
    pub membership: Membership,
    /// How often members are looked at, and how long they are waited for.
    pub timing: Timing,
    /// Membership domain, shown to the others. Empty: none. Tomcat's are texts in ISO-8859-1, or any bytes.
    pub domain: Bytes,
    /// Text that the membership record carries, before our own mark.
    pub payload: String,
    /// Where this node tells its health over HTTP; the others are told of it where it is reached on the receiver's host. `None`: nowhere.
    pub health: Option<SocketAddr>,
    /// Where the cluster of the Tomcats stands.
    pub cluster_at: ClusterAt,
    /// Whether messages about sessions are heard, which a Tomcat's ClusterSessionListener does. Without it this node sends what its requests
    /// change, and takes nothing of the others' sessions, not even their state at its start; nor does it give them its own.
    pub session_listener: bool,
    /// Tomcat's `channelSendOptions`: 8 answers before the peers have confirmed, 6 after.
    pub options: SendOptions,
    /// How long a request waits for its peers at most, and after which a peer that confirms nothing is waited for no more.
    pub ack_timeout: Duration,
    /// Bytes that wait for one peer at most; sessions that do not fit are sent whole, later.
    ///
    /// At least 64 KiB; less counts as that.
    pub lane_bytes_max: usize,
    /// Bytes of one frame at most: 64 MiB. Less than 4 MiB counts as 4 MiB, so that a block of sessions fits.
    pub frame_bytes_max: usize,
    /// Bytes of one frame at most while a state is asked for: 1 GiB. A Tomcat sends all its sessions in one.
    pub state_bytes_max: usize,
    /// What hosts may make the receiver hold: connections, and parts of frames.
    pub receiver_limits: ReceiverLimits,
    /// Tomcat's interceptors that this node has, the topmost first, above those that every node has.
    pub interceptors: Vec<InterceptorConfig>,
    /// Where contexts keep their sessions that have a [`Persistence`](crate::Persistence); `None`: nowhere.
    pub store: Option<StoreSource>,
    /// Whether messages may leave this machine although nothing encrypts or signs them.
    pub allow_plaintext: bool,
}

impl Default for ClusterConfig {
    fn default() -> Self {
        ClusterConfig {
            name: String::new(),
            receiver: ReceiverAddress::Auto { port: 4000, tries: 100 },
            membership: Membership::default(),
            timing: Timing::default(),
            domain: Bytes::new(),
            payload: String::new(),
            health: None,
            cluster_at: ClusterAt::Engine,
            session_listener: true,
            options: SendOptions::ASYNCHRONOUS,
            ack_timeout: Duration::from_secs(3),
            lane_bytes_max: 64 << 20,
            frame_bytes_max: 64 << 20,
            state_bytes_max: 1 << 30,
            receiver_limits: ReceiverLimits::default(),
            interceptors: Vec::new(),
            store: None,
            allow_plaintext: false,
        }
    }
}

impl Default for Membership {
    /// Tomcat's group, 228.0.0.4:45564.
    fn default() -> Self {
        Membership::multicast(Ipv4Addr::new(228, 0, 0, 4), 45564)
    }
}

impl Membership {
    /// Heartbeats to a group, on the receiver's interface, as far as one router, and heard on this machine.
    pub const fn multicast(group: Ipv4Addr, port: u16) -> Membership {
        Membership::Multicast { group, port, bind: None, ttl: None, heard_here: true }
    }
}

impl ClusterConfig {
    /// The smallest [`lane_bytes_max`](Self::lane_bytes_max): a smaller lane could not hold a state and the word that it is complete.
    pub const LANE_BYTES_MIN: usize = 64 << 10;
    /// The smallest [`frame_bytes_max`](Self::frame_bytes_max): blocks of sessions have a megabyte and one session more.
    pub const FRAME_BYTES_MIN: usize = 4 << 20;

    /// Whether messages may leave this machine: encrypted, or allowed to be read by others.
    pub(crate) fn may_leave_machine(&self) -> bool {
        let encrypts = |interceptor: &InterceptorConfig| matches!(interceptor, InterceptorConfig::Encrypt { .. });
        self.allow_plaintext || self.interceptors.iter().any(encrypts)
    }

    /// What the others are told of the health's address: its port on this host, where they can reach it; else 0.
    pub(crate) fn health_port(&self, host: IpAddr) -> u16 {
        let on_host = |health: &SocketAddr| health.ip().is_unspecified() || health.ip() == host;
        self.health.filter(on_host).map_or(0, |health| health.port())
    }

    /// The context's name in messages.
    ///
    /// Source: Tomcat `SimpleTcpCluster.getManagerName`.
    pub fn wire_name(&self, context: &ContextConfig) -> String {
        let host = &context.host;
        let name = context.name.as_deref().unwrap_or_else(|| context.path.trim_end_matches('/'));
        match self.cluster_at {
            ClusterAt::Engine if !name.starts_with(&format!("{host}#")) => format!("{host}#{name}"),
            ClusterAt::Engine | ClusterAt::Host => name.to_owned(),
        }
    }
}

/// Whether an address is this machine's own.
pub(crate) fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_others_are_told_of_a_health_that_they_can_reach() {
        let told = |health: Option<&str>, receiver: &str| {
            let health = health.map(|health| health.parse().unwrap());
            ClusterConfig { health, ..ClusterConfig::default() }.health_port(receiver.parse().unwrap())
        };
        assert_eq!(told(Some("10.0.0.1:9000"), "10.0.0.1"), 9000);
        assert_eq!(told(Some("0.0.0.0:9000"), "10.0.0.1"), 9000);
        assert_eq!(told(Some("127.0.0.1:9000"), "10.0.0.1"), 0);
        assert_eq!(told(None, "10.0.0.1"), 0);
    }

    #[test]
    fn a_context_is_called_as_a_tomcat_calls_it() {
        let name = |cluster_at, path: &str, name: Option<&str>| {
            let cluster = ClusterConfig { cluster_at, ..ClusterConfig::default() };
            let (host, name) = ("shop.example".to_owned(), name.map(str::to_owned));
            cluster.wire_name(&ContextConfig { path: path.to_owned(), host, name, ..ContextConfig::default() })
        };
        for (path, own, engine, host) in [
            ("/app", None, "shop.example#/app", "/app"),
            ("", None, "shop.example#", ""),
            ("/app", Some("/app##v2"), "shop.example#/app##v2", "/app##v2"),
            ("/app", Some("shop.example#other"), "shop.example#other", "shop.example#other"),
        ] {
            assert_eq!(name(ClusterAt::Engine, path, own), engine);
            assert_eq!(name(ClusterAt::Host, path, own), host);
        }
    }
}
