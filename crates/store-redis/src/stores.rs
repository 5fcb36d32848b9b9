//! A server, for all applications that keep their sessions in it.

use std::sync::Arc;

use outlive_store::{Store, StoreError};

use crate::config::RedisConfig;
use crate::server::Server;
use crate::store::RedisStore;

/// A server with one connection, which the stores of all contexts share.
#[derive(Clone, Debug)]
pub struct RedisStores {
    server: Arc<Server>,
}

impl RedisStores {
    /// Takes the configuration, and connects to nothing yet.
    ///
    /// # Errors
    /// [`Schema`](outlive_store::StoreFault::Schema): the URL cannot be used. The message never repeats it.
    pub fn open(config: RedisConfig) -> Result<Self, StoreError> {
        Ok(RedisStores { server: Arc::new(Server::new(config)?) })
    }

    /// The store of one web application, by the name that a Tomcat gives it: `/Catalina/localhost/app`.
    pub fn context(&self, name: &str) -> Arc<dyn Store> {
        Arc::new(self.store(name))
    }

    /// The same, as what it is.
    pub fn store(&self, name: &str) -> RedisStore {
        RedisStore::new(self.server.clone(), name)
    }
}
