//! How a balancer works.

use std::time::Duration;

use crate::forwarded::TrustedPeers;

/// Names, times and limits. The default suits Outlive and Tomcat nodes on one network.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    /// The session cookie. Default: `JSESSIONID`.
    pub cookie: String,
    /// The path parameter that carries the session id where there is no cookie. Default: `jsessionid`.
    pub path_parameter: String,
    /// Whose `X-Forwarded-…` headers are believed and added to; those of others are replaced. Default: nobody's.
    pub trusted: TrustedPeers,
    /// How long connecting to a node may take. Default: 1 s.
    pub connect_timeout: Duration,
    /// How long a node may take until its answer begins, once it has the request with its body, or to take more of that; then the client
    /// gets `504`. Default: 60 s.
    pub answer_timeout: Duration,
    /// How long a body may stand still, in either direction. A client that sends no more of one gets `408`. Default: 60 s.
    pub idle_timeout: Duration,
    /// How long an upgraded connection may be silent. Default: 1 h.
    pub tunnel_timeout: Duration,
    /// Between two checks of a node. Default: 1 s.
    pub check_interval: Duration,
    /// How long a check may take. Default: 1 s.
    pub check_timeout: Duration,
    /// After how many failed checks in a row a node is down, unless its port refuses: then at once. Default: 2.
    pub check_failures: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            cookie: "JSESSIONID".to_owned(),
            path_parameter: "jsessionid".to_owned(),
            trusted: TrustedPeers::default(),
            connect_timeout: Duration::from_secs(1),
            answer_timeout: Duration::from_secs(60),
            idle_timeout: Duration::from_secs(60),
            tunnel_timeout: Duration::from_secs(3600),
            check_interval: Duration::from_secs(1),
            check_timeout: Duration::from_secs(1),
            check_failures: 2,
        }
    }
}
