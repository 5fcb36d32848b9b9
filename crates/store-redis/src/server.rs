//! The server behind a URL: its connection, made when it is needed and anew when it broke.

use std::fmt;

use outlive_store::{StoreError, StoreFault};
use redis::cluster::{ClusterClient, ClusterClientBuilder};
use redis::sentinel::{SentinelClient, SentinelNodeConnectionInfo, SentinelServerType};
use redis::{
    AsyncConnectionConfig, Client, Cmd, FromRedisValue, Pipeline, RedisError, RedisResult, ScriptInvocation, TlsMode,
};
use tokio::sync::Mutex;

use crate::address::{Address, Target};
use crate::config::RedisConfig;
use crate::connection::Connection;
use crate::fault;

/// How a connection is made.
enum Source {
    Single(Box<Client>),
    Sentinel(Box<SentinelClient>),
    Cluster(Box<ClusterClient>),
}

/// What is sent and answered as one.
#[derive(Clone, Copy)]
pub(crate) enum Request<'a> {
    Script(&'a ScriptInvocation<'a>),
    Command(&'a Cmd),
    Pipeline(&'a Pipeline),
}

impl Request<'_> {
    async fn send<T: FromRedisValue>(self, connection: &mut Connection) -> RedisResult<T> {
        match self {
            Request::Script(invocation) => invocation.invoke_async(connection).await,
            Request::Command(command) => command.query_async(connection).await,
            Request::Pipeline(pipeline) => pipeline.query_async(connection).await,
        }
    }
}

/// The connection, and the number of those before it.
struct State {
    source: Source,
    connection: Option<Connection>,
    generation: u64,
}

/// A server, a master behind Sentinels, or a Cluster.
pub(crate) struct Server {
    state: Mutex<State>,
    config: RedisConfig,
    place: String,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Server {
    /// Connects to nothing yet.
    ///
    /// # Errors
    /// [`StoreFault::Schema`]: the URL cannot be used.
    pub(crate) fn new(config: RedisConfig) -> Result<Self, StoreError> {
        let address = Address::of(&config)?;
        if address.has_tls {
            // Another part of this program may have chosen one already, which does as well.
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        let tls = address.has_tls.then_some(TlsMode::Secure);
        let source = match address.target {
            Target::Single(info) => Client::open(info).map(|client| Source::Single(Box::new(client))),
            Target::Sentinel(sentinels, name) => {
                let mut login = SentinelNodeConnectionInfo::default().set_redis_connection_info(address.login);
                if let Some(tls) = tls {
                    login = login.set_tls_mode(tls);
                }
                SentinelClient::build(sentinels, name, Some(login), SentinelServerType::Master)
                    .map(|client| Source::Sentinel(Box::new(client)))
            }
            Target::Cluster(nodes) => ClusterClientBuilder::new(nodes)
                .connection_timeout(config.connect_limit)
                .response_timeout(config.operation_limit)
                .build()
                .map(|client| Source::Cluster(Box::new(client))),
        };
        let source = source.map_err(|error| fault::store_error(&error, &address.place))?;
        let state = Mutex::new(State { source, connection: None, generation: 0 });
        Ok(Server { state, config, place: address.place })
    }

    /// What it is called for people.
    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    pub(crate) fn session_bytes_max(&self) -> usize {
        self.config.session_bytes_max
    }

    /// Sends a request over the connection, within the limit. A connection that broke is made anew: at once for a request that may
    /// be sent twice, else for the next one.
    pub(crate) async fn run<T: FromRedisValue>(&self, may_repeat: bool, request: Request<'_>) -> Result<T, StoreError> {
        let mut repeats_left = u32::from(may_repeat);
        loop {
            let (mut connection, generation) = self.connection().await?;
            match tokio::time::timeout(self.config.operation_limit, request.send(&mut connection)).await {
                Ok(Ok(done)) => return Ok(done),
                Ok(Err(error)) => {
                    if !is_broken(&error) {
                        return Err(fault::store_error(&error, &self.place));
                    }
                    self.drop_connection(generation).await;
                    if repeats_left == 0 {
                        return Err(fault::store_error(&error, &self.place));
                    }
                    repeats_left -= 1;
                }
                Err(_) => {
                    self.drop_connection(generation).await;
                    return Err(self.late());
                }
            }
        }
    }

    fn late(&self) -> StoreError {
        let limit = self.config.operation_limit;
        StoreError::new(StoreFault::Unavailable, format!("{} did not answer within {limit:?}", self.place))
    }

    async fn connection(&self) -> Result<(Connection, u64), StoreError> {
        // Who comes while another connects waits for that one's connection, or its error.
        let connecting = async {
            let mut state = self.state.lock().await;
            if let Some(connection) = &state.connection {
                return Ok((connection.clone(), state.generation));
            }
            let connection = self.connect(&mut state.source).await?;
            state.generation += 1;
            state.connection = Some(connection.clone());
            Ok((connection, state.generation))
        };
        match tokio::time::timeout(self.config.connect_limit, Box::pin(connecting)).await {
            Ok(connected) => connected.map_err(|error| fault::store_error(&error, &self.place)),
            Err(_) => {
                let limit = self.config.connect_limit;
                let message = format!("{} gave no connection within {limit:?}", self.place);
                Err(StoreError::new(StoreFault::Unavailable, message))
            }
        }
    }

    async fn connect(&self, source: &mut Source) -> RedisResult<Connection> {
        let settings = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.config.connect_limit))
            .set_response_timeout(Some(self.config.operation_limit));
        match source {
            Source::Single(client) => {
                client.get_multiplexed_async_connection_with_config(&settings).await.map(Connection::Single)
            }
            // Asks the Sentinels each time: the master may be another by now.
            Source::Sentinel(client) => {
                client.get_async_connection_with_config(&settings).await.map(Connection::Single)
            }
            Source::Cluster(client) => client.get_async_connection().await.map(Connection::Cluster),
        }
    }

    /// Unless another task did, and there is a new one already.
    async fn drop_connection(&self, generation: u64) {
        let mut state = self.state.lock().await;
        if state.generation == generation {
            state.connection = None;
        }
    }
}

/// Whether nothing more is to be had from this connection: it broke, or leads to one that is no master any more.
fn is_broken(error: &RedisError) -> bool {
    error.is_io_error()
        || error.is_connection_dropped()
        || error.is_unrecoverable_error()
        || error.code().is_some_and(|code| matches!(code, "READONLY" | "MASTERDOWN"))
}
