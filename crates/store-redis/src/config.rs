//! Where the server is, and how long it may take.

use std::fmt;
use std::time::Duration;

/// What [`RedisStores::open`](crate::RedisStores::open) must know. Its `Debug` form shows no password.
#[derive(Clone)]
pub struct RedisConfig {
    /// `redis://user:password@host:port/database` (with TLS `rediss:`; also `valkey:` and `valkeys:`), `redis+unix:///path`,
    /// `redis+sentinel://host:port,host:port/NAME/database`, `redis+cluster://host:port,host:port`; `rediss+…` for the last two with TLS.
    pub url: String,
    /// Instead of the one in the URL.
    pub user: Option<String>,
    /// Instead of the one in the URL.
    pub password: Option<String>,
    /// How long a connection may take to open.
    pub connect_limit: Duration,
    /// How long an operation may take once there is a connection.
    pub operation_limit: Duration,
    /// The largest session that is saved or loaded, in bytes.
    pub session_bytes_max: usize,
}

impl RedisConfig {
    /// With 5 s to connect, 10 s for an operation, and sessions of 64 MiB at most.
    pub fn new(url: impl Into<String>) -> Self {
        RedisConfig {
            url: url.into(),
            user: None,
            password: None,
            connect_limit: Duration::from_secs(5),
            operation_limit: Duration::from_secs(10),
            session_bytes_max: 64 << 20,
        }
    }
}

impl fmt::Debug for RedisConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisConfig")
            .field("url", &self.url.split(':').next().unwrap_or_default())
            .field("connect_limit", &self.connect_limit)
            .field("operation_limit", &self.operation_limit)
            .field("session_bytes_max", &self.session_bytes_max)
            .finish_non_exhaustive()
    }
}
