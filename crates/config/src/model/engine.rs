//! What serves requests: hosts and their applications.

use std::time::Duration;

use super::Valve;
use crate::setting::{Rule, settings};

settings! {
    /// What serves the requests of all connectors.
    pub struct Engine in "Engine" {
        /// Its name: in paths such as `conf/Catalina/localhost`, in databases, and of the cluster.
        name: String = "Catalina".to_owned(), "name", Rule::ANY;
        /// The host for names that no host has.
        default_host: String = "localhost".to_owned(), "defaultHost", Rule::ANY;
        /// The node's name: the route behind its session ids, by which a balancer is sticky. Empty or none: no route.
        jvm_route: Option<String> = None, "jvmRoute", Rule::ANY;
        /// The tick of all periodic work, such as expiry. None: no such work.
        background_processor_delay: Option<Duration> = Some(Duration::from_secs(10)), "backgroundProcessorDelay", Rule::SECONDS.none_below(1);
    }
    nested {
        /// Valves of all hosts.
        valves: Vec<Valve> = Vec::new();
    }
    ignored {
        "startStopThreads": i64, Rule::SIGNED, "1", "Threads that start hosts.";
    }
}
