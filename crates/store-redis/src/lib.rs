//! Sessions in Redis or Valkey: a single server, one behind Sentinels, or a Cluster.
//!
//! ```no_run
//! use outlive_store_redis::{RedisConfig, RedisStores};
//!
//! # fn example() -> Result<(), outlive_store::StoreError> {
//! let stores = RedisStores::open(RedisConfig::new("redis://cache:6379/0"))?;
//! let store = stores.context("/Catalina/localhost/app");
//! # Ok(()) }
//! ```
//!
//! # What lies where
//!
//! | key | type | what |
//! |---|---|---|
//! | `outlive:{CONTEXT}:session:BASE` | hash | `id`, `valid`, `max_inactive` (s), `last_accessed` (ms), `version`, `data` |
//! | `outlive:{CONTEXT}:grave:BASE` | hash | `keep_until` (ms), and `moved_to` where it got another id |
//! | `outlive:{CONTEXT}:ids` | sorted set | whole ids, all with score 0: in the order of their bytes |
//! | `outlive:{CONTEXT}:expiry` | sorted set | bases, by the time (ms) at which their idle time is over |
//! | `outlive:{CONTEXT}:graves` | sorted set | bases, by `keep_until` |
//! | `outlive:{CONTEXT}:corrupt:BASE` | any | what lay where a session should, set aside |
//!
//! The braces keep all keys of an application in one slot of a Cluster: an operation changes a session and its place in the lists in
//! one step, a Lua script on the server. Applications are spread over a Cluster, the sessions of one are not.
//!
//! A session's time to live is a safety net, twice its idle time and an hour: nodes find what has expired in the list, in time. Graves
//! live a day longer than they were to be kept.
//!
//! # Versions
//!
//! Each save gives the session a new random version, and a save that comes from another version than the one that is there is refused:
//! no update is lost.
//!
//! What this does *not* do: a server that evicts keys, or that keeps nothing on its disk, loses sessions; [`Store::check`] warns of
//! both. A replica that takes over may lack the last writes that its master had acknowledged.
//!
//! [`Store::check`]: outlive_store::Store::check

mod address;
mod config;
mod connection;
mod fault;
mod fields;
mod keys;
mod scripts;
mod server;
mod store;
mod stores;

pub use config::RedisConfig;
pub use store::RedisStore;
pub use stores::RedisStores;
