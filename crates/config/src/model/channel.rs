//! The way of messages.

use std::time::Duration;

use super::{Interceptor, Membership, Receiver, Transport};
use crate::setting::{Rule, settings};

settings! {
    /// The way of messages between nodes. Tomcat's `GroupChannel`.
    pub struct Channel in "Channel" {
        /// Whether the channel has a timer of its own; without it nothing is found out about members that are gone.
        heartbeat: bool = true, "heartbeat", Rule::ANY;
        /// Its period: failure detection, pings, static members.
        heartbeat_sleeptime: Duration = Duration::from_secs(5), "heartbeatSleeptime", Rule::MS.from(1);
        /// Whether two interceptors with the same flag are refused.
        option_check: bool = false, "optionCheck", Rule::ANY, noticed;
    }
    nested {
        /// How nodes find each other.
        membership: Membership = Membership::default();
        /// Where messages are taken.
        receiver: Receiver = Receiver::default();
        /// How they are sent.
        transport: Transport = Transport::default();
        /// What messages pass, the topmost first: it is next to the application.
        interceptors: Vec<Interceptor> = Interceptor::defaults();
    }
    ignored {
        "jmxEnabled": bool, Rule::ANY, "true", "Management of a JVM.";
        "jmxDomain": String, Rule::ANY, "ClusterChannel", "Management of a JVM.";
        "jmxPrefix": String, Rule::ANY, "", "Management of a JVM.";
        "name": String, Rule::ANY, "", "A name for logs.";
    }
}
