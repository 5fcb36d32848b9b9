//! Settings of a group.

use alloc::vec::Vec;
use core::time::Duration;

use bytes::Bytes;

use crate::membership::static_members::StaticMember;
use crate::membership::static_service::StaticService;

/// All settings; `default()` is Tomcat's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupConfig {
    /// How members become known.
    pub membership: Membership,
    /// How long the connect of a probe may take (`connectTimeout`): 1 s.
    pub probe_timeout: Duration,
    /// Whether a probe sends a message (`performSendTest`): yes.
    pub probe_sends: bool,
    /// How long the acknowledgement of that message may take (`performReadTest`, `readTestTimeout`); `None`: a connection will do.
    pub probe_reads: Option<Duration>,
    /// Between two looks at suspects and at members not yet reached: 5 s.
    pub heartbeat: Duration,
    /// Most members that are known at a time; further ones are ignored: 1,000. Anybody on the network can announce some.
    pub members_max: usize,
    /// Most members of one host: 64. A host that announces more could not have all of them connected to, and served.
    pub members_per_host_max: usize,
    /// Largest member record that is listened to, in bytes: 8 KiB.
    pub record_max: usize,
    /// Most probes under way at a time: 64.
    pub probes_max: usize,
    /// The domain that members must be of (DomainFilterInterceptor); `None`: any, whatever they say.
    pub domain: Option<Bytes>,
    /// Whether static members come and go by [`Input::Members`](super::Input::Members). Then only nodes of ours are told of starts and
    /// stops: a Tomcat in such a cluster has no StaticMembershipInterceptor, which would take the word for it.
    pub members_change: bool,
}

impl Default for GroupConfig {
    fn default() -> Self {
        GroupConfig {
            membership: Membership::multicast(),
            probe_timeout: Duration::from_secs(1),
            probe_sends: true,
            probe_reads: None,
            heartbeat: Duration::from_secs(5),
            members_max: 1_000,
            members_per_host_max: 64,
            record_max: 8 << 10,
            probes_max: 64,
            domain: None,
            members_change: false,
        }
    }
}

/// How members become known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Membership {
    /// By what they announce with multicast datagrams.
    Multicast {
        /// Between two own announcements: 500 ms.
        frequency: Duration,
        /// A member not heard for longer than this is probed: 3 s.
        drop_time: Duration,
        /// How long to listen before the first announcement, and before [`Settled`](super::Output::Settled): Tomcat
        /// takes 2 × `frequency`.
        listen_first: Duration,
    },
    /// By the configuration.
    Static {
        /// The members; an entry with this node's own address is left out.
        members: Vec<StaticMember>,
        /// Between two looks at those that are not up: 1 s.
        ping_interval: Duration,
        /// Whether they look after each other by messages, as Tomcat's StaticMembershipService has it; `None`: by
        /// connections, with a word when they come and go, as its StaticMembershipInterceptor has it.
        service: Option<StaticService>,
    },
}

impl Membership {
    /// Multicast with Tomcat's times.
    pub const fn multicast() -> Membership {
        Membership::Multicast {
            frequency: Duration::from_millis(500),
            drop_time: Duration::from_secs(3),
            listen_first: Duration::from_secs(1),
        }
    }

    /// These static members, looked at each second.
    pub const fn of_static(members: Vec<StaticMember>) -> Membership {
        Membership::Static { members, ping_interval: Duration::from_secs(1), service: None }
    }
}
