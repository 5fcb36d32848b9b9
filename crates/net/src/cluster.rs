//! A node in its cluster: joins, holds contexts, leaves.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use outlive_node::{ContextConfig, Losses, Node, NodeConfig, Obstacle, Peer, Standing, log};
use outlive_sync::Locked;
use outlive_tribes_proto::interceptor::StackError;
use outlive_tribes_proto::membership::static_members::StaticMember;
use outlive_tribes_proto::{PeerKind, UniqueId};
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::config::{ClusterConfig, ListedMember, Membership, ReceiverAddress, is_loopback};
use crate::driver::{Driver, REPAIR_PAUSE, all_sent};
use crate::keeper::Keeper;
use crate::persistence::Stores;
use crate::randomness::{NoRandomness, random_id};
use crate::sessions::Sessions;
use crate::shared::Shared;
use crate::{interceptors, multicast, receiver};

/// How long leaving waits for the lanes to be empty.
const LEAVE_MAX: Duration = Duration::from_secs(10);

/// A session id has 255 bytes at most, 32 of them its own.
const NAME_BYTES_MAX: usize = 200;

/// Requests wait this long at most, whatever is configured: longer than any client does.
const ACK_TIMEOUT_MAX: Duration = Duration::from_secs(3600);

/// Why a node cannot join.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// The name cannot stand in a session id.
    #[error("\"{0}\" is no name for a node: up to {NAME_BYTES_MAX} letters, digits, '-', '_' and '.'")]
    Name(String),
    /// The receiver's address cannot be had.
    #[error("cannot take cluster messages at {address}: {error}")]
    Receiver {
        /// The address asked for.
        address: SocketAddr,
        /// What the system says.
        error: io::Error,
    },
    /// None of the receiver's ports is free.
    #[error("cannot take cluster messages at {host}: none of the ports {first} to {last} is free")]
    NoPort {
        /// The address asked for.
        host: IpAddr,
        /// The first port tried.
        first: u16,
        /// The last port tried.
        last: u16,
    },
    /// The machine's host name gives no address.
    #[error("cannot find this machine's own address ({0}): name the receiver's address")]
    NoAddress(io::Error),
    /// The group cannot be joined.
    #[error("cannot join the multicast group {group} on the interface of {interface}: {error}")]
    Multicast {
        /// The group and port.
        group: SocketAddrV4,
        /// The address of the interface.
        interface: Ipv4Addr,
        /// What the system says.
        error: io::Error,
    },
    /// Multicast is asked for on an IPv6 receiver without saying on which interface.
    #[error("the multicast group {0} needs an IPv4 interface: name one with the bind address")]
    NoInterface(SocketAddrV4),
    /// Messages would leave the machine in the clear.
    #[error(
        "{0} is no loopback address, and nothing encrypts or signs cluster messages: encrypt them, or allow plaintext if that network is trusted"
    )]
    Plaintext(IpAddr),
    /// The interceptors cannot stand in this order.
    #[error(transparent)]
    Interceptors(#[from] StackError),
    /// No random bytes for the node's identity.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// The local member record cannot be made.
    #[error("this node cannot be announced: {0}")]
    Announce(String),
}

/// What is known of one other member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberSummary {
    /// Where it takes messages.
    pub address: SocketAddr,
    /// What kind of node it is.
    pub kind: PeerKind,
    /// Where it tells its health over HTTP, if it does and a message of it has come.
    pub health: Option<SocketAddr>,
    /// Whether it has stopped to acknowledge.
    pub stalled: bool,
    /// Bytes that wait for it.
    pub queued_bytes: usize,
    /// How many milliseconds its clock is ahead of this machine's; negative: behind. Estimated by the quickest of its messages
    /// of the last minute; `None`: there was none.
    pub clock_ahead_ms: Option<i64>,
    /// What it has lost on its way here.
    pub losses: Losses,
}

/// A node in its cluster. Cheap to clone.
///
/// When the last clone and the last [`Sessions`] are dropped, the node leaves by itself: what was sent has a second to
/// arrive. [`leave`](Self::leave) waits for it.
#[derive(Clone, Debug)]
pub struct Cluster(Arc<Shared>);

impl Cluster {
    /// Opens the receiver and begins to look for members. Returns at once: the state comes with [`open`](Self::open).
    ///
    /// # Errors
    /// [`JoinError`]: an address cannot be had, or messages would leave this machine unencrypted. Nothing is left open.
    pub async fn join(mut config: ClusterConfig) -> Result<Cluster, JoinError> {
        config.ack_timeout = config.ack_timeout.min(ACK_TIMEOUT_MAX);
        config.frame_bytes_max = config.frame_bytes_max.max(ClusterConfig::FRAME_BYTES_MIN);
        config.lane_bytes_max = config.lane_bytes_max.max(ClusterConfig::LANE_BYTES_MIN);
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        if config.name.len() > NAME_BYTES_MAX || !config.name.bytes().all(allowed) {
            return Err(JoinError::Name(config.name));
        }
        if config.membership == Membership::None {
            return Self::alone(config);
        }
        let host = receiver_host(&config)?;
        if !is_loopback(host) && !config.may_leave_machine() {
            return Err(JoinError::Plaintext(host));
        }
        let listener = listen(&config.receiver, host).await?;
        let receiver =
            listener.local_addr().map_err(|error| JoinError::Receiver { address: SocketAddr::new(host, 0), error })?;
        let multicast = match &config.membership {
            Membership::Static(_) | Membership::Listed { .. } | Membership::Platform { .. } | Membership::None => None,
            Membership::Multicast { group, port, bind, ttl, heard_here } => {
                let group = SocketAddrV4::new(*group, *port);
                let interface = match (bind, host) {
                    (Some(bind), _) => *bind,
                    (None, IpAddr::V4(host)) => host,
                    (None, IpAddr::V6(_)) => return Err(JoinError::NoInterface(group)),
                };
                if !interface.is_loopback() && !config.may_leave_machine() {
                    return Err(JoinError::Plaintext(interface.into()));
                }
                if is_loopback(host) && !interface.is_loopback() {
                    tracing::warn!(target: log::CLUSTER, %host, %group, "the announced address is a loopback address, and the group is not: no other machine can reach this node");
                }
                let joined = multicast::join(group, interface, *ttl, *heard_here);
                Some((joined.map_err(|error| JoinError::Multicast { group, interface, error })?, group))
            }
        };
        tracing::info!(target: log::CLUSTER, name = %config.name, %receiver, "takes cluster messages");
        Self::start(config, receiver, Some(listener), multicast)
    }

    /// A node without a cluster: it takes no messages and knows nobody.
    fn alone(config: ClusterConfig) -> Result<Cluster, JoinError> {
        Self::start(config, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), None, None)
    }

    fn start(
        config: ClusterConfig,
        receiver: SocketAddr,
        listener: Option<TcpListener>,
        multicast: Option<(UdpSocket, SocketAddrV4)>,
    ) -> Result<Cluster, JoinError> {
        let clock = Clock::start();
        let stack = interceptors::stack(&config)?;
        let node_config = NodeConfig {
            local: receiver,
            route: config.name.clone(),
            identity: random_id()?,
            seed: u64::from_be_bytes(random_id()?.first_chunk().copied().unwrap_or_default()),
            static_members: static_members(&config),
            own_id: match &config.membership {
                Membership::Platform { unique_id, .. } | Membership::Listed { unique_id, .. } => Some(*unique_id),
                Membership::Static(_) | Membership::Multicast { .. } | Membership::None => None,
            },
            static_service: match &config.membership {
                Membership::Listed { service, .. } => service.clone(),
                _ => None,
            },
            members_change: matches!(config.membership, Membership::Platform { .. }),
            timing: config.timing,
            domain: config.domain.clone(),
            payload: config.payload.clone(),
            health_port: config.health_port(receiver.ip()),
            hears_sessions: config.session_listener,
            options: config.options,
            lane_bytes_max: config.lane_bytes_max,
            frame_bytes_max: config.frame_bytes_max,
            state_bytes_max: config.state_bytes_max,
        };
        let node = Node::with_interceptors(node_config, stack);
        let node = node.map_err(|error| JoinError::Announce(error.to_string()))?;
        let (left_sender, left) = oneshot::channel();
        let (changes, _) = watch::channel(0);
        let (held, released) = oneshot::channel();
        let stores = Arc::new(Stores::new(config.store.clone(), clock, changes.clone()));
        let shared = Arc::new(Shared {
            node: Arc::clone(&node),
            clock,
            ack_timeout: config.ack_timeout,
            changes: changes.clone(),
            receiver,
            left: Locked::new(Some(left)),
            _held: held,
            stores: Arc::clone(&stores),
            config,
        });
        let mut tasks = JoinSet::new();
        if let Some(listener) = listener {
            tasks.spawn(receiver::accept(
                listener,
                Arc::clone(&node),
                clock,
                shared.config.receiver_limits.clone(),
                shared.changes.subscribe(),
            ));
        }
        let driver = Driver {
            node: Arc::clone(&node),
            clock,
            multicast,
            ack_timeout: shared.ack_timeout,
            changes,
            left: Some(left_sender),
            stores,
            tasks,
        };
        if let Membership::Platform { members, .. } = &shared.config.membership {
            node.set_members(clock.now(), members);
        }
        node.start(clock.now());
        tokio::spawn(driver.run(released));
        Ok(Cluster(shared))
    }

    /// This node's name; may be empty.
    pub fn name(&self) -> &str {
        &self.0.config.name
    }

    /// Where this node takes messages; port 0: nowhere.
    pub fn receiver(&self) -> SocketAddr {
        self.0.receiver
    }

    /// The other members, oldest first.
    pub fn members(&self) -> Vec<MemberSummary> {
        let summary = |peer: &Arc<Peer>| MemberSummary {
            address: peer.id().address(),
            kind: peer.kind(),
            health: peer.health(),
            stalled: peer.is_stalled(),
            queued_bytes: peer.lane().bytes(),
            clock_ahead_ms: peer.clock_ahead_ms(),
            losses: peer.losses(),
        };
        self.0.node.view().peers.iter().map(summary).collect()
    }

    /// Says which members there are, where the platform names them ([`Membership::Platform`]): those that are new are looked for, those
    /// that are missing are gone. This node may be among them.
    pub fn set_members(&self, members: &[(SocketAddr, [u8; 16])]) {
        self.0.node.set_members(self.0.clock.now(), members);
    }

    /// Waits until the other members are as wanted. Looked at whenever one has joined or left.
    ///
    /// Cancel safe. It waits for ever if they never are.
    pub async fn until_members(&self, wanted: impl Fn(&[MemberSummary]) -> bool) {
        let mut changes = self.0.changes.subscribe();
        // The sender is held by this node itself, so there is always a next change.
        while !wanted(&self.members()) && changes.changed().await.is_ok() {}
    }

    /// Takes part in a context: its messages are kept from now on, and its state is asked for. A context that is open
    /// already is given again.
    pub fn open(&self, context: ContextConfig) -> Sessions {
        let name = self.0.config.wire_name(&context);
        let context = self.0.node.open(self.0.clock.now(), &name, context);
        Sessions::new(Arc::clone(&self.0), context)
    }

    /// Makes this node a keeper: it asks for the state of every context that any member has, and takes part in each that appears
    /// later, without being told a name. New sessions begin with the idle time of `config`; its path means nothing.
    ///
    /// A second call changes nothing.
    pub fn keep(&self, config: ContextConfig) -> Keeper {
        self.0.node.keep(self.0.clock.now(), config);
        Keeper::new(Arc::clone(&self.0))
    }

    /// What is known now of this node and of the members that could take its place.
    pub fn standing(&self) -> Standing {
        self.0.node.standing()
    }

    /// Whether this node may be restarted at this moment without a loss.
    ///
    /// # Errors
    /// What stands in the way. Some of it passes within milliseconds, such as a message that is not acknowledged yet.
    pub fn restart_readiness(&self) -> Result<(), Obstacle> {
        self.standing().obstacle().map_or(Ok(()), Err)
    }

    /// Tells the other members that they shall not rely on this node any more. It goes on with all else until it
    /// [leaves](Self::leave).
    pub fn prepare_to_leave(&self) {
        self.0.node.prepare_to_leave(self.0.clock.now());
    }

    /// Waits until each member that acknowledges has all that this node has told, and one of them holds the state; `limit` at most. Gives
    /// what was known then: [`Standing::is_handed_over`] says whether it was reached.
    ///
    /// Call it when no request is served any more. Cancel safe.
    pub async fn hand_over(&self, limit: Duration) -> Standing {
        let mut changes = self.0.changes.subscribe();
        let done = async {
            while !self.standing().is_handed_over() {
                // Lanes tell their one sender, and nobody else, that something was acknowledged.
                let _ = tokio::time::timeout(REPAIR_PAUSE, changes.changed()).await;
            }
        };
        let _ = tokio::time::timeout(limit, done).await;
        self.standing()
    }

    /// Leaves in order: waits until every lane is empty (10 s at most) and all is saved that the stores have not got yet (10 s at
    /// most), then tells the others.
    ///
    /// Call it when no request is served any more: what comes later is not sent.
    pub async fn leave(&self) {
        if tokio::time::timeout(LEAVE_MAX, all_sent(&self.0.node)).await.is_err() {
            tracing::warn!(target: log::CLUSTER, "leaves with messages that were not acknowledged");
        }
        self.leave_at_once().await;
    }

    /// As [`leave`](Self::leave), without waiting for the lanes: after [`hand_over`](Self::hand_over).
    pub async fn leave_at_once(&self) {
        self.0.stores.stop(LEAVE_MAX).await;
        self.0.node.stop(self.0.clock.now());
        let left = self.0.left.lock().take();
        if let Some(left) = left {
            // An error says that the driver is gone already.
            let _ = tokio::time::timeout(LEAVE_MAX, left).await;
        }
    }
}

/// The members that the configuration names, if it does.
fn static_members(config: &ClusterConfig) -> Option<Vec<StaticMember>> {
    match &config.membership {
        Membership::Static(members) => {
            let member =
                |address: &SocketAddr| StaticMember { domain: config.domain.clone(), ..StaticMember::at(*address) };
            Some(members.iter().map(member).collect())
        }
        Membership::Listed { members, .. } => {
            let member = |ListedMember { address, unique_id, domain }: &ListedMember| StaticMember {
                address: *address,
                unique_id: UniqueId(*unique_id),
                domain: domain.clone(),
            };
            Some(members.iter().map(member).collect())
        }
        Membership::Platform { .. } | Membership::None => Some(Vec::new()),
        Membership::Multicast { .. } => None,
    }
}

/// The address to announce.
fn receiver_host(config: &ClusterConfig) -> Result<IpAddr, JoinError> {
    if let ReceiverAddress::At(address) | ReceiverAddress::From { address, .. } = config.receiver {
        return Ok(address.ip());
    }
    let group = match &config.membership {
        Membership::Multicast { bind: Some(bind), .. } => return Ok((*bind).into()),
        Membership::Multicast { group, port, bind: None, .. } => Some(SocketAddrV4::new(*group, *port)),
        Membership::Static(_) | Membership::Listed { .. } | Membership::Platform { .. } | Membership::None => None,
    };
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_else(|_| "localhost".to_owned());
    let mut addresses = (name.trim(), 0).to_socket_addrs().map_err(JoinError::NoAddress)?;
    let host = addresses.find(SocketAddr::is_ipv4).map_or(Ipv4Addr::LOCALHOST.into(), |address| address.ip());
    match group {
        // Many systems name themselves 127.0.1.1, where no other machine finds them.
        Some(group) if is_loopback(host) => Ok(multicast::outgoing_address(group).map_or(host, IpAddr::from)),
        _ => Ok(host),
    }
}

async fn listen(receiver: &ReceiverAddress, host: IpAddr) -> Result<TcpListener, JoinError> {
    let (first, tries) = match *receiver {
        ReceiverAddress::At(address) => {
            return TcpListener::bind(address).await.map_err(|error| JoinError::Receiver { address, error });
        }
        ReceiverAddress::Auto { port, tries } => (port, tries),
        ReceiverAddress::From { address, tries } => (address.port(), tries),
    };
    let last = first.saturating_add(tries.saturating_sub(1));
    for port in first..=last {
        match TcpListener::bind((host, port)).await {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
            Err(error) => return Err(JoinError::Receiver { address: SocketAddr::new(host, port), error }),
        }
    }
    Err(JoinError::NoPort { host, first, last })
}
