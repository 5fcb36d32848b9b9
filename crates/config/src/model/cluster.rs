//! The cluster.

use outlive_tribes_proto::wire::send_options::SendOptions;

use super::{Channel, DeltaManager, JvmRouteBinderValve, Manager, ManagerKind, ReplicationValve};
use crate::setting::{Rule, choice, settings};

choice! {
    /// Where the cluster stands: it decides what applications are called in messages.
    pub enum ClusterAt {
        /// In the engine: `localhost#/app`.
        Engine = "Engine",
        /// In a host: `/app`.
        Host = "Host",
    }
}

settings! {
    /// The nodes that hold each other's sessions. Tomcat's `SimpleTcpCluster`.
    pub struct Cluster in "Cluster" {
        /// How changes are sent: 8 asynchronous; 6 a response waits until the other nodes have them.
        channel_send_options: SendOptions = SendOptions::ASYNCHRONOUS, "channelSendOptions", Rule::ANY;
        /// What the node does of 1 receive, 2 send, 4 hear of members, 8 be one.
        channel_start_options: u32 = 15, "channelStartOptions", Rule::ANY.within(1, 15);
        /// Its name, which members of a StaticMembershipService must have in common. None: the engine's or the host's.
        cluster_name: Option<String> = None, "clusterName", Rule::ANY;
        /// Whether the channel's heartbeat is the container's tick.
        heartbeat_background_enabled: bool = false, "heartbeatBackgroundEnabled", Rule::ANY, noticed;
        /// Where it stands: applications are called `localhost#/app` in messages, or, in a host, `/app`.
        at: ClusterAt = ClusterAt::Engine, "", Rule::ANY;
        /// The host that it stands in; only that one's applications are its. None: every host's.
        host: Option<String> = None, "", Rule::ANY;
        /// Whether messages about sessions reach a DeltaManager: ClusterSessionListener, which any other ClusterListener takes away. Without
        /// it the node only sends.
        session_listener: bool = true, "", Rule::ANY;
    }
    nested {
        /// What applications without a manager of their own get.
        manager: Manager = Manager::of(ManagerKind::Delta(DeltaManager::default()));
        /// The way of messages.
        channel: Channel = Channel::default();
        /// Sends what requests have changed. None: nothing is replicated.
        replication_valve: Option<ReplicationValve> = Some(ReplicationValve::default());
        /// Takes over the sessions of nodes that are gone. None: ids keep the route that they have.
        jvm_route_binder_valve: Option<JvmRouteBinderValve> = Some(JvmRouteBinderValve::default());
    }
    ignored {
        "notifyLifecycleListenerOnFailure": bool, Rule::ANY, "false", "Events of a JVM.";
    }
}
