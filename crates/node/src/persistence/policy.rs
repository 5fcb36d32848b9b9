//! When a context's sessions are saved.

use std::time::Duration;

/// How a context keeps its sessions in a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Persistence {
    /// Below replication: what a request changes is saved within a second after it, and no request waits for that. A cluster that loses
    /// all its nodes at once comes back with its sessions.
    WriteBehind {
        /// Whether all nodes of the cluster use the same store. Then each session is saved by the node that serves it, and only by that one;
        /// else each node saves all.
        shared: bool,
    },
    /// Tomcat's `PersistentManager`: sessions live in memory and move to the store as its settings say.
    Manager(PersistentManager),
    /// Tomcat's `PersistentValve`: sessions live in the store. A request loads its session and has saved it before it is answered, so
    /// that the next one may go to any node.
    PerRequest,
}

/// The settings of Tomcat's `PersistentManager`, with its defaults: nothing is moved, and all is saved when the node stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersistentManager {
    /// A session idle for so long moves to the store; `None`: none does.
    pub max_idle_swap: Option<Duration>,
    /// A session idle for less never moves. With it and a `max_active_sessions` those that were idle for longest move when there are more
    /// than nine tenths of that.
    pub min_idle_swap: Option<Duration>,
    /// A session idle for so long is copied to the store, once after each access; `None`: none is.
    pub max_idle_backup: Option<Duration>,
    /// Whether all sessions are saved when the node stops. Else they end then.
    pub save_on_restart: bool,
    /// Between two looks for sessions to move: Tomcat's `processExpiresFrequency` times ten seconds.
    pub pass_interval: Duration,
}

impl Default for PersistentManager {
    fn default() -> Self {
        PersistentManager {
            max_idle_swap: None,
            min_idle_swap: None,
            max_idle_backup: None,
            save_on_restart: true,
            pass_interval: Duration::from_secs(60),
        }
    }
}
