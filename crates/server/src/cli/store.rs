//! The flags of `outlive serve` about where sessions are kept beside the memory.

use std::path::PathBuf;

use super::interceptors::Secret;

/// What flags say about a store, as written.
#[derive(Debug, Default, Clone, clap::Args)]
#[command(next_help_heading = "Sessions in a store")]
pub(crate) struct StoreArguments {
    /// Where sessions are kept beside the memory: file:DIR, sqlite:FILE, postgresql://…, mariadb://…, mysql://…, redis://…
    ///
    /// file:DIR has a folder for each application, as Tomcat's FileStore has it. sqlite:FILE (sqlite: alone means sessions.db),
    /// postgresql://USER:PASSWORD@HOST/DATABASE, mariadb:// and mysql:// have the table of Tomcat's DataSourceStore; jdbc:postgresql://… is
    /// understood as Java's drivers write it. redis://:PASSWORD@HOST:PORT/DATABASE is also a Valkey; with TLS rediss:, and redis+unix:,
    /// redis+sentinel:, redis+cluster: for what their names say.
    ///
    /// With --manager delta each change is there within a second, so that a cluster that loses all its nodes at once comes back with its
    /// sessions; no request waits for that. With --manager persistent it is Tomcat's Store. A URL may hold a password, and other users of
    /// this machine can see a command line: OUTLIVE_STORE in the environment is better.
    #[arg(long, value_name = "URL", env = "OUTLIVE_STORE", hide_env_values = true)]
    pub(crate) store: Option<Secret>,

    /// With --manager delta: the store is this node's own, so it keeps what the other nodes change, too
    #[arg(long, requires = "store")]
    pub(crate) store_private: bool,

    /// With --manager persistent: each request loads its session and has saved it before it is answered (Tomcat's PersistentValve), so that
    /// the next request may go to any node
    #[arg(long)]
    pub(crate) persistent_valve: bool,

    /// With --manager persistent: a session idle for so many seconds moves to the store (maxIdleSwap)
    #[arg(long, value_name = "S")]
    pub(crate) max_idle_swap: Option<u64>,

    /// With --manager persistent and --max-active-sessions: above nine tenths of that, sessions idle for so many seconds move to the store, those
    /// idle for longest first (minIdleSwap)
    #[arg(long, value_name = "S")]
    pub(crate) min_idle_swap: Option<u64>,

    /// With --manager persistent: a session idle for so many seconds is copied to the store, and stays in memory (maxIdleBackup)
    #[arg(long, value_name = "S")]
    pub(crate) max_idle_backup: Option<u64>,

    /// With --manager persistent: sessions end with the node, in place of being saved then (saveOnRestart="false")
    #[arg(long)]
    pub(crate) no_save_on_restart: bool,

    /// With --manager persistent: seconds between two looks for sessions to move or copy (processExpiresFrequency times ten)
    #[arg(long, value_name = "S", default_value_t = 60)]
    pub(crate) swap_interval: u64,

    /// With so many sessions in memory no more is made: who would need one gets 503 (maxActiveSessions)
    #[arg(long, value_name = "N")]
    pub(crate) max_active_sessions: Option<usize>,

    /// With --manager standard: the file that holds the sessions from the end of the node to its next start (pathname, such as SESSIONS.ser)
    #[arg(long, value_name = "FILE")]
    pub(crate) sessions_file: Option<PathBuf>,
}
