//! What a node of a test cluster is: where it listens, how it finds the others, how it sends.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::path::PathBuf;

/// The addresses that the sandbox's loopback interface has. They are no 127.x ones, so that a node announces itself as on a real network.
pub const ADDRESSES: [Ipv4Addr; 4] = [
    Ipv4Addr::new(10, 77, 0, 1),
    Ipv4Addr::new(10, 77, 0, 2),
    Ipv4Addr::new(10, 77, 0, 3),
    Ipv4Addr::new(10, 77, 0, 4),
];

/// Tomcat's default multicast group.
pub const GROUP: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(228, 0, 0, 4), 45564);

/// How a node finds the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Membership {
    /// Heartbeats to a group.
    Multicast(SocketAddrV4),
    /// The receivers of the other members, in a StaticMembershipInterceptor.
    Static(Vec<SocketAddrV4>),
    /// The same in a StaticMembershipService, which nodes of ours have from a base folder alone.
    Service(Vec<SocketAddrV4>),
}

/// Where `<Cluster>` stands: it decides the context's name on the wire, `localhost#/app` or `/app`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClusterAt {
    /// In the Engine: Tomcat's documentation and both programs' default.
    Engine,
    /// In the Host.
    Host,
}

/// One of Tribes' interceptors beside those that every node has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interceptor {
    /// GzipInterceptor.
    Gzip,
    /// FragmentationInterceptor with this `maxSize`.
    Fragment(usize),
    /// OrderInterceptor.
    Order,
    /// EncryptInterceptor with this algorithm and key.
    Encrypt(&'static str, &'static str),
    /// ThroughputInterceptor that reports each time so many messages have passed.
    Throughput(u32),
    /// DomainFilterInterceptor for the node's own domain.
    DomainFilter,
}

/// What keeps a Tomcat's sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Manager {
    /// The cluster: DeltaManager.
    Delta,
    /// The cluster: BackupManager, whose maps ask the other members by RPC.
    Backup,
    /// No cluster: PersistentManager with a FileStore in this folder. All sessions are saved at the end.
    Files(PathBuf),
    /// The same with a PersistentValve: each request loads its session from the folder and saves it there.
    FilesPerRequest(PathBuf),
    /// No cluster: PersistentManager with a DataSourceStore on PostgreSQL, with the defaults of its table, and a PersistentValve that saves
    /// after each request.
    Database {
        /// `jdbc:postgresql://…`, without user and password.
        url: String,
        /// The database's user.
        user: String,
        /// Its password.
        password: String,
    },
    /// No cluster: StandardManager with this `pathname`.
    Standard(PathBuf),
}

/// A node's AJP connector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ajp {
    /// Its port; 8009 as everywhere, where nothing speaks against it.
    pub port: u16,
    /// The word that fronts must say.
    pub secret: Option<&'static str>,
    /// The largest packet, in bytes.
    pub packet_size: usize,
}

/// One node, of either kind. The same description starts an Outlive or a Tomcat.
#[derive(Debug, Clone)]
pub struct NodeSpec {
    /// `jvmRoute`, and `node` in every answer.
    pub name: String,
    /// The node's address in the sandbox.
    pub host: Ipv4Addr,
    /// The port of the session app.
    pub http_port: u16,
    /// The port that cluster messages come to.
    pub receiver_port: u16,
    /// The port on which a node of ours tells its health before it serves.
    pub health_port: u16,
    /// The session app over AJP; none: HTTP alone.
    pub ajp: Option<Ajp>,
    /// How the others are found.
    pub membership: Membership,
    /// `channelSendOptions`.
    pub send_options: u8,
    /// Where the cluster element stands.
    pub cluster_at: ClusterAt,
    /// What keeps the sessions, where the node is a Tomcat.
    pub manager: Manager,
    /// `persistAuthentication` of a manager without a cluster.
    pub persist_authentication: bool,
    /// Paths at which a Tomcat serves the session app beside `/app`, each a web application of its own.
    pub more_apps: Vec<&'static str>,
    /// Interceptors, the topmost first.
    pub interceptors: Vec<Interceptor>,
    /// The membership domain; empty: none.
    pub domain: String,
}

impl NodeSpec {
    /// The node `number` (from 1) of a cluster that meets by multicast and sends with acknowledgements (options 6).
    ///
    /// # Panics
    /// Where the sandbox has no such address.
    pub fn new(name: &str, number: usize) -> Self {
        Self {
            name: name.to_owned(),
            host: ADDRESSES[number - 1],
            http_port: 8080,
            receiver_port: 4000,
            health_port: 8081,
            ajp: None,
            membership: Membership::Multicast(GROUP),
            send_options: 6,
            cluster_at: ClusterAt::Engine,
            manager: Manager::Delta,
            persist_authentication: false,
            more_apps: Vec::new(),
            interceptors: Vec::new(),
            domain: String::new(),
        }
    }

    /// At another address, of a host or of the loopback interface.
    #[must_use]
    pub fn at(mut self, host: Ipv4Addr) -> Self {
        self.host = host;
        self
    }

    /// With these ports: for the session app, for cluster messages, for the health.
    #[must_use]
    pub fn ports(mut self, http: u16, receiver: u16, health: u16) -> Self {
        (self.http_port, self.receiver_port, self.health_port) = (http, receiver, health);
        self
    }

    /// With the session app over AJP, too: without a secret, which is for loopback alone.
    #[must_use]
    pub fn ajp(self, port: u16) -> Self {
        self.with_ajp(Ajp { port, secret: None, packet_size: 8192 })
    }

    /// With the session app over AJP, too.
    #[must_use]
    pub fn with_ajp(mut self, ajp: Ajp) -> Self {
        self.ajp = Some(ajp);
        self
    }

    /// With the session app at these paths too, where the node is a Tomcat.
    #[must_use]
    pub fn more_apps(mut self, paths: &[&'static str]) -> Self {
        self.more_apps = paths.to_vec();
        self
    }

    /// With other `channelSendOptions`.
    #[must_use]
    pub fn send_options(mut self, bits: u8) -> Self {
        self.send_options = bits;
        self
    }

    /// With the cluster in another element.
    #[must_use]
    pub fn cluster_at(mut self, place: ClusterAt) -> Self {
        self.cluster_at = place;
        self
    }

    /// With another manager, which keeps users too, or not.
    #[must_use]
    pub fn manager(mut self, manager: Manager, persist_authentication: bool) -> Self {
        self.manager = manager;
        self.persist_authentication = persist_authentication;
        self
    }

    /// With interceptors, the topmost first.
    #[must_use]
    pub fn interceptors(mut self, topmost_first: &[Interceptor]) -> Self {
        self.interceptors = topmost_first.to_vec();
        self
    }

    /// With a membership domain.
    #[must_use]
    pub fn domain(mut self, domain: &str) -> Self {
        domain.clone_into(&mut self.domain);
        self
    }

    /// With static members: the receivers of those nodes of the sandbox, by number.
    ///
    /// # Panics
    /// Where the sandbox has no such address.
    #[must_use]
    pub fn static_members(mut self, numbers: &[usize]) -> Self {
        let receivers = numbers.iter().map(|number| SocketAddrV4::new(ADDRESSES[number - 1], 4000));
        self.membership = Membership::Static(receivers.collect());
        self
    }

    /// As [`static_members`](Self::static_members), kept by a StaticMembershipService.
    #[must_use]
    pub fn static_service(self, numbers: &[usize]) -> Self {
        let spec = self.static_members(numbers);
        let Membership::Static(receivers) = spec.membership else { return spec };
        Self { membership: Membership::Service(receivers), ..spec }
    }

    /// Where the session app answers.
    pub fn http(&self) -> SocketAddr {
        SocketAddrV4::new(self.host, self.http_port).into()
    }

    /// Where its AJP connector answers, where it has one.
    pub fn ajp_address(&self) -> Option<SocketAddr> {
        Some(SocketAddrV4::new(self.host, self.ajp?.port).into())
    }

    /// Where cluster messages come to.
    pub fn receiver(&self) -> SocketAddrV4 {
        SocketAddrV4::new(self.host, self.receiver_port)
    }
}

/// The unique id of a static member, by the rig's rule: ten zero bytes, the receiver's port, its address. Every node names it alike.
pub fn static_unique_id(receiver: SocketAddrV4) -> [u8; 16] {
    let mut id = [0; 16];
    id[10..12].copy_from_slice(&receiver.port().to_be_bytes());
    id[12..].copy_from_slice(&receiver.ip().octets());
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_static_member_is_named_by_its_address() {
        let id = static_unique_id(SocketAddrV4::new(Ipv4Addr::new(10, 77, 0, 200), 4000));
        assert_eq!(id, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x0f, 0xa0, 10, 77, 0, 200]);
    }
}
