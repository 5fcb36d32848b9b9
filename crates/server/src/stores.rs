//! Places for sessions, by their URL.

use std::sync::Arc;

use outlive_store::{Store, StoreError, StoreFault};
use outlive_store_sql::{SqlConfig, SqlStores};

/// What `--store` says, and the variable `OUTLIVE_STORE`: a place for the sessions of all applications.
#[derive(Debug)]
pub(crate) enum Stores {
    Sql(SqlStores),
}

impl Stores {
    /// The place behind a URL. Nothing is connected to yet. Within a tokio runtime.
    ///
    /// # Errors
    /// [`StoreFault::Schema`]: the URL cannot be used. The message never repeats it, as it may hold a password.
    pub(crate) fn open(url: &str) -> Result<Self, StoreError> {
        let scheme = url.strip_prefix("jdbc:").unwrap_or(url).split(':').next().unwrap_or_default();
        match scheme {
            "sqlite" | "postgres" | "postgresql" | "mysql" | "mariadb" => {
                SqlStores::open(SqlConfig::new(url)).map(Self::Sql)
            }
            _ => Err(StoreError::new(StoreFault::Schema, KINDS)),
        }
    }

    /// The store of one web application, by the name that a Tomcat gives it: `/Catalina/localhost/app`.
    pub(crate) fn context(&self, name: &str) -> Arc<dyn Store> {
        match self {
            Self::Sql(stores) => stores.context(name),
        }
    }
}

const KINDS: &str = "a store is one of sqlite:FILE, postgres://…, mysql://… and mariadb://…, with jdbc: before it or not";
