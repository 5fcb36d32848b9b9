//! How nodes find each other.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::Member;
use crate::domain::Domain;
use crate::setting::{Rule, Settings, choice, settings};

/// How nodes find each other.
#[derive(Debug, Clone, PartialEq)]
pub enum Membership {
    /// By multicast: `McastService`.
    Multicast(MulticastMembership),
    /// By a list and messages over TCP: `StaticMembershipService`.
    Static(StaticMembership),
    /// By what the platform says: `CloudMembershipService`.
    Cloud(CloudMembership),
}

impl Default for Membership {
    fn default() -> Self {
        Membership::Multicast(MulticastMembership::default())
    }
}

impl Membership {
    /// Its settings.
    pub fn settings(&self) -> &dyn Settings {
        match self {
            Membership::Multicast(membership) => membership,
            Membership::Static(membership) => membership,
            Membership::Cloud(membership) => membership,
        }
    }

    /// Its settings, to be set.
    pub fn settings_mut(&mut self) -> &mut dyn Settings {
        match self {
            Membership::Multicast(membership) => membership,
            Membership::Static(membership) => membership,
            Membership::Cloud(membership) => membership,
        }
    }
}

settings! {
    /// Members announce themselves by multicast.
    pub struct MulticastMembership in "McastService" {
        /// The multicast group.
        address: String = Ipv4Addr::new(228, 0, 0, 4).to_string(), "address", Rule::HOST;
        /// Its UDP port.
        port: u16 = 45564, "port", Rule::PORT.from(1);
        /// Between two announcements of a member.
        frequency: Duration = Duration::from_millis(500), "frequency", Rule::MS.from(1);
        /// A member that is silent for so long is gone.
        drop_time: Duration = Duration::from_secs(3), "dropTime" | "mcastDropTime", Rule::MS.from(1);
        /// The address of the interface. None: the system's choice.
        bind: Option<String> = None, "bind" | "mcastBindAddress", Rule::HOST;
        /// How many routers a datagram may pass. None: the system's number.
        ttl: Option<u8> = None, "ttl" | "mcastTTL", Rule::ANY.within(0, 255).none_below(0);
        /// Said of this member to all others.
        domain: Domain = Domain::default(), "domain", Rule::ANY;
        /// A text that every announcement carries; ours, and no attribute of Tomcat's own class.
        payload: String = String::new(), "" | "text", Rule::ANY;
        /// How long a datagram is waited for. None: as long as `frequency`.
        so_timeout: Option<Duration> = None, "soTimeout", Rule::MS.none_below(1), noticed;
        /// Whether the socket is opened anew after errors.
        recovery_enabled: bool = true, "recoveryEnabled", Rule::ANY, noticed;
        /// After how many.
        recovery_counter: u32 = 10, "recoveryCounter", Rule::ANY, noticed;
        /// How long after them.
        recovery_sleep_time: Duration = Duration::from_secs(5), "recoverySleepTime", Rule::MS, noticed;
        /// Whether nodes of one machine do not hear each other.
        local_loopback_disabled: bool = false, "localLoopbackDisabled", Rule::ANY;
    }
}

settings! {
    /// Members are listed, and ask each other over TCP. A `LocalMember` gives this node its domain and unique id; without one it is
    /// the `Member` with the receiver's address and port.
    pub struct StaticMembership in "StaticMembershipService" {
        /// A member that is silent for so long is gone.
        expiration_time: Duration = Duration::from_secs(5), "expirationTime", Rule::MS.from(1);
        /// How long a connection may take before a ping.
        connect_timeout: Duration = Duration::from_millis(500), "connectTimeout", Rule::MS.from(1);
        /// How long an answer may take.
        rpc_timeout: Duration = Duration::from_secs(3), "rpcTimeout", Rule::MS.from(1);
        /// Whether pings have a timer of their own in place of the channel's heartbeat.
        use_thread: bool = false, "useThread", Rule::ANY;
        /// Its period.
        ping_interval: Duration = Duration::from_secs(1), "pingInterval", Rule::MS.from(1);
    }
    nested {
        /// This node.
        local: Option<Member> = None;
        /// The members; this node may be one of them.
        members: Vec<Member> = Vec::new();
    }
    ignored {
        "domain": String, Rule::ANY, "", "Nothing: the members have one.";
    }
}

choice! {
    /// Who says which members there are.
    pub enum CloudProvider {
        /// The pods of a namespace.
        Kubernetes = "kubernetes",
        /// The addresses of a name.
        Dns = "dns",
    }
}

settings! {
    /// Members are what Kubernetes or DNS say; where to ask, the environment says.
    pub struct CloudMembership in "CloudMembershipService" {
        /// Who says it. Tomcat's two classes are known by their names, too.
        provider: CloudProvider = CloudProvider::Kubernetes, "membershipProviderClassName", Rule::ANY;
        /// The name that is asked for, with `dns`; ours. None: what the environment says.
        dns_name: Option<String> = None, "", Rule::HOST;
        /// How long a connection may take.
        connect_timeout: Duration = Duration::from_secs(1), "connectTimeout", Rule::MS.from(1), noticed;
        /// How long an answer may take.
        read_timeout: Duration = Duration::from_secs(1), "readTimeout", Rule::MS.from(1), noticed;
        /// When a member is gone that is named no more.
        expiration_time: Duration = Duration::from_secs(5), "expirationTime", Rule::MS.from(1), noticed;
    }
    ignored {
        "domain": String, Rule::ANY, "", "Nothing, as in a Tomcat.";
    }
}
