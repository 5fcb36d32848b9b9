//! Where the database is, and how long it may take.

use std::fmt;
use std::time::Duration;

use crate::names::TableNames;

/// What [`SqlStores::open`](crate::SqlStores::open) must know. Its `Debug` form shows no password.
#[derive(Clone)]
pub struct SqlConfig {
    /// `sqlite:FILE`, `postgres://user@host:port/database` (also `postgresql:`), `mysql://…` (also `mariadb:`), or the `jdbc:` forms of
    /// the same as a Tomcat's resource has them. May hold user and password.
    pub url: String,
    /// Instead of the one in the URL.
    pub user: Option<String>,
    /// Instead of the one in the URL.
    pub password: Option<String>,
    /// Whether parameters of the URL that mean nothing here are refused; otherwise they are told of, as a Tomcat's URL may have some for
    /// its driver.
    pub strict: bool,
    /// Tables and columns.
    pub names: TableNames,
    /// At most so many connections, over all contexts.
    pub pool_size: u32,
    /// How long an operation waits for a connection, new or free.
    pub connect_limit: Duration,
    /// How long an operation may take once it has one. Also told to a PostgreSQL, so that it stops as well.
    pub statement_limit: Duration,
    /// The largest session that is saved or loaded, in bytes.
    pub session_bytes_max: usize,
}

impl SqlConfig {
    /// With Tomcat's names, 8 connections, 5 s to connect, 10 s for a statement, and sessions of 64 MiB at most.
    pub fn new(url: impl Into<String>) -> Self {
        SqlConfig {
            url: url.into(),
            user: None,
            password: None,
            strict: false,
            names: TableNames::default(),
            pool_size: 8,
            connect_limit: Duration::from_secs(5),
            statement_limit: Duration::from_secs(10),
            session_bytes_max: 64 << 20,
        }
    }
}

impl fmt::Debug for SqlConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlConfig")
            .field("url", &self.url.split(':').next().unwrap_or_default())
            .field("names", &self.names)
            .field("pool_size", &self.pool_size)
            .field("connect_limit", &self.connect_limit)
            .field("statement_limit", &self.statement_limit)
            .field("session_bytes_max", &self.session_bytes_max)
            .finish_non_exhaustive()
    }
}
