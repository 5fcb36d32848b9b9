//! What requests pass before an application.

use crate::setting::{Rule, Settings, settings};
use outlive_pattern::Pattern;

/// What requests pass before an application, as far as it has an effect here.
#[derive(Debug, Clone, PartialEq)]
pub enum Valve {
    /// Sessions live in the store between requests.
    Persistent(PersistentValve),
    /// Clients that a balancer would not send any more are sent back to it.
    LoadBalancerDraining(LoadBalancerDrainingValve),
}

impl Valve {
    /// Its settings.
    pub fn settings(&self) -> &dyn Settings {
        match self {
            Valve::Persistent(valve) => valve,
            Valve::LoadBalancerDraining(valve) => valve,
        }
    }
}

settings! {
    /// Sends what a request has changed when it ends.
    pub struct ReplicationValve in "ReplicationValve" {
        /// Requests whose path matches send nothing.
        filter: Option<Pattern> = None, "filter", Rule::ANY;
        /// Whether applications see which node a session's last request was at.
        primary_indicator: bool = false, "primaryIndicator", Rule::ANY, noticed;
        /// Where they see it.
        primary_indicator_name: String = "org.apache.catalina.ha.tcp.isPrimarySession".to_owned(), "primaryIndicatorName", Rule::ANY, noticed;
        /// Whether it counts.
        statistics: bool = false, "statistics", Rule::ANY, noticed;
    }
    ignored {
        "asyncSupported": bool, Rule::ANY, "true", "A rule for servlets.";
    }
}

settings! {
    /// Gives the session of a node that is gone this node's route.
    pub struct JvmRouteBinderValve in "JvmRouteBinderValve" {
        /// Whether it does.
        enabled: bool = true, "enabled", Rule::ANY;
        /// Where an application sees the id before.
        session_id_attribute: String = "org.apache.catalina.ha.session.JvmRouteOriginalSessionID".to_owned(), "sessionIdAttribute", Rule::ANY, noticed;
    }
    ignored {
        "asyncSupported": bool, Rule::ANY, "true", "A rule for servlets.";
    }
}

settings! {
    /// Loads a session from its store before each request and saves it behind it, so that the next request may go to any node.
    pub struct PersistentValve in "PersistentValve" {
        /// Requests whose path matches are left alone.
        filter: Option<Pattern> = None, "filter", Rule::ANY;
        /// Whether requests of one session are served in the order that they came in.
        semaphore_fairness: bool = true, "semaphoreFairness", Rule::ANY;
        /// Whether a request waits for another one of its session; false: it gets 429.
        semaphore_block_on_acquire: bool = true, "semaphoreBlockOnAcquire", Rule::ANY;
        /// Whether that wait goes on when a thread is interrupted.
        semaphore_acquire_uninterruptibly: bool = true, "semaphoreAcquireUninterruptibly", Rule::ANY, noticed;
    }
    ignored {
        "asyncSupported": bool, Rule::ANY, "true", "A rule for servlets.";
    }
}

settings! {
    /// Sends a client back to the balancer that names a session which is not here, while the balancer (mod_jk, over AJP) says that it is emptying
    /// this node. That is so without the valve, too; its settings are these.
    pub struct LoadBalancerDrainingValve in "LoadBalancerDrainingValve" {
        /// The status of that answer.
        redirect_status_code: u16 = 307, "redirectStatusCode", Rule::ANY.within(300, 399);
        /// A client with a cookie of this name, and the value below, is served in any case: to try a node that is being emptied.
        ignore_cookie_name: Option<String> = None, "ignoreCookieName", Rule::ANY;
        /// The value of that cookie.
        ignore_cookie_value: Option<String> = None, "ignoreCookieValue", Rule::ANY;
    }
    ignored {
        "asyncSupported": bool, Rule::ANY, "true", "A rule for servlets.";
    }
}
