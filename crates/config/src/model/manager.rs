//! How the sessions of an application are kept.

use std::path::PathBuf;
use std::time::Duration;

use outlive_tribes_proto::wire::send_options::SendOptions;

use super::{SessionIdGenerator, Store};
use crate::setting::{Kind, Rule, Settings, Unit, Value, Written, settings};
use outlive_pattern::Pattern;

settings! {
    /// How the sessions of an application are kept, whatever the manager.
    pub struct Manager in "Manager" {
        /// With so many sessions no more is made. None: no limit.
        max_active_sessions: Option<u32> = None, "maxActiveSessions", Rule::ANY.none_below(0);
        /// Sessions that are too old end every so many ticks of the engine.
        process_expires_frequency: u32 = 6, "processExpiresFrequency", Rule::ANY.from(1).of(Unit::Ticks);
        /// Only attributes of these names are replicated and stored.
        session_attribute_name_filter: Option<Pattern> = None, "sessionAttributeNameFilter", Rule::ANY;
        /// Only values of these Java classes are replicated and stored.
        session_attribute_value_class_name_filter: Option<Pattern> = None, "sessionAttributeValueClassNameFilter", Rule::ANY;
        /// Whether the log tells of attributes that are left out as a warning.
        warn_on_session_attribute_filter_failure: bool = false, "warnOnSessionAttributeFilterFailure", Rule::ANY;
        /// Whether a session in use never ends from inactivity.
        session_activity_check: bool = false, "sessionActivityCheck", Rule::ANY, noticed;
        /// Whether the last access is the begin of a request in place of its end.
        session_last_access_at_start: bool = false, "sessionLastAccessAtStart", Rule::ANY, noticed;
        /// Whether the user is stored with a session; here it always is.
        persist_authentication: bool = false, "persistAuthentication", Rule::ANY, noticed;
    }
    nested {
        /// Which manager it is, with its own settings.
        kind: ManagerKind = ManagerKind::Standard(StandardManager::default());
        /// How ids are made.
        session_id_generator: SessionIdGenerator = SessionIdGenerator::default();
        /// Where sessions are kept beside the memory. A PersistentManager has one; behind a DeltaManager it is ours.
        store: Option<Store> = None;
    }
    ignored {
        "notifyAttributeListenerOnUnchangedValue": bool, Rule::ANY, "true", "Events for servlets.";
        "notifyBindingListenerOnUnchangedValue": bool, Rule::ANY, "false", "Events for servlets.";
        "secureRandomClass": String, Rule::ANY, "", "A part of a JVM: ids are made of the system's randomness.";
        "secureRandomAlgorithm": String, Rule::ANY, "SHA1PRNG", "A part of a JVM: ids are made of the system's randomness.";
        "secureRandomProvider": String, Rule::ANY, "", "A part of a JVM: ids are made of the system's randomness.";
    }
}

impl Manager {
    /// One of this kind, with defaults.
    pub fn of(kind: ManagerKind) -> Self {
        Manager { kind, ..Manager::default() }
    }

    /// What an application gets of the cluster's manager: without what Tomcat's template does not hand on.
    ///
    /// Source: Tomcat `ClusterManagerBase.clone`.
    #[must_use]
    pub fn template_copy(&self) -> Self {
        let plain = Manager::default();
        Manager {
            session_activity_check: plain.session_activity_check,
            session_last_access_at_start: plain.session_last_access_at_start,
            persist_authentication: plain.persist_authentication,
            ..self.clone()
        }
    }

    /// Whether it is a DeltaManager or a BackupManager.
    pub fn is_of_a_cluster(&self) -> bool {
        matches!(self.kind, ManagerKind::Delta(_) | ManagerKind::Backup(_))
    }
}

/// Which manager it is.
#[derive(Debug, Clone, PartialEq)]
pub enum ManagerKind {
    /// Sessions are in memory, and may be in a file from the end to the next start.
    Standard(StandardManager),
    /// Sessions are in memory and in a store.
    Persistent(PersistentManager),
    /// Every node of the cluster has every session.
    Delta(DeltaManager),
    /// Each session is on two nodes of the cluster.
    Backup(BackupManager),
}

impl ManagerKind {
    /// One of each, with its defaults.
    pub fn all() -> [ManagerKind; 4] {
        [
            ManagerKind::Standard(StandardManager::default()),
            ManagerKind::Persistent(PersistentManager::default()),
            ManagerKind::Delta(DeltaManager::default()),
            ManagerKind::Backup(BackupManager::default()),
        ]
    }

    /// Its settings.
    pub fn settings(&self) -> &dyn Settings {
        match self {
            ManagerKind::Standard(manager) => manager,
            ManagerKind::Persistent(manager) => manager,
            ManagerKind::Delta(manager) => manager,
            ManagerKind::Backup(manager) => manager,
        }
    }

    /// Its settings, to be set.
    pub fn settings_mut(&mut self) -> &mut dyn Settings {
        match self {
            ManagerKind::Standard(manager) => manager,
            ManagerKind::Persistent(manager) => manager,
            ManagerKind::Delta(manager) => manager,
            ManagerKind::Backup(manager) => manager,
        }
    }

    /// The last part of its class in Tomcat.
    pub fn class(&self) -> &'static str {
        self.settings().element().name
    }
}

settings! {
    /// Sessions are in memory, and may be in a file from the end to the next start.
    pub struct StandardManager in "StandardManager" {
        /// That file, such as `SESSIONS.ser`, relative to the application's work folder. None: sessions end with the node.
        pathname: Option<PathBuf> = None, "pathname", Rule::ANY;
    }
}

settings! {
    /// Sessions are in memory and in a store.
    pub struct PersistentManager in "PersistentManager" {
        /// Whether all sessions are saved when the node ends; false: they end with it.
        save_on_restart: bool = true, "saveOnRestart", Rule::ANY;
        /// A session idle for so long is copied to the store, and stays in memory. None: never.
        max_idle_backup: Option<Duration> = None, "maxIdleBackup", Rule::SECONDS.none_below(0);
        /// A session idle for so long moves to the store. None: never.
        max_idle_swap: Option<Duration> = None, "maxIdleSwap", Rule::SECONDS.none_below(0);
        /// Above nine tenths of `maxActiveSessions`, sessions idle for so long move to the store. None: never.
        min_idle_swap: Option<Duration> = None, "minIdleSwap", Rule::SECONDS.none_below(0);
    }
}

settings! {
    /// Every node of the cluster has every session.
    pub struct DeltaManager in "DeltaManager" {
        /// The context's name in messages, without the host. None: its path.
        name: Option<String> = None, "name", Rule::ANY;
        /// Whether events reach servlets on the nodes that get a change: there are none here.
        notify_listeners_on_replication: bool = true, "notifyListenersOnReplication", Rule::ANY, noticed;
        /// Whether each change of an attribute is sent in place of the last one.
        record_all_actions: bool = false, "recordAllActions", Rule::ANY, noticed;
        /// Whether the end of this node ends its sessions on all nodes.
        expire_sessions_on_shutdown: bool = false, "expireSessionsOnShutdown", Rule::ANY;
        /// How long the cluster's sessions are waited for at the start: −1 for ever, 0 not at all.
        state_transfer_timeout: StateWait = StateWait::For(Duration::from_secs(60)), "stateTransferTimeout", Rule::SECONDS;
        /// Whether sessions are given to a node that starts in one message; false: in blocks.
        send_all_sessions: bool = true, "sendAllSessions", Rule::ANY;
        /// Sessions of a block.
        send_all_sessions_size: u32 = 1000, "sendAllSessionsSize", Rule::ANY.from(1);
        /// Between two blocks.
        send_all_sessions_wait_time: Duration = Duration::from_secs(2), "sendAllSessionsWaitTime", Rule::MS;
        /// Whether messages that came during the transfer and are older than it are dropped: each is looked at here by its own stamp.
        state_timestamp_drop: bool = true, "stateTimestampDrop", Rule::ANY, noticed;
        /// Whether messages are counted.
        enable_statistics: bool = true, "enableStatistics", Rule::ANY, noticed;
    }
    ignored {
        "notifySessionListenersOnReplication": bool, Rule::ANY, "true", "Events for servlets.";
        "notifyContainerListenersOnReplication": bool, Rule::ANY, "true", "Events for servlets.";
    }
}

settings! {
    /// Each session is on two nodes of the cluster, and all others know where.
    pub struct BackupManager in "BackupManager" {
        /// The context's name in messages, without the host. None: its path.
        name: Option<String> = None, "name", Rule::ANY;
        /// Whether events reach servlets on the nodes that get a change: there are none here.
        notify_listeners_on_replication: bool = true, "notifyListenersOnReplication", Rule::ANY, noticed;
        /// Whether each change of an attribute is sent in place of the last one.
        record_all_actions: bool = false, "recordAllActions", Rule::ANY, noticed;
        /// How the map's messages are sent.
        map_send_options: SendOptions = SendOptions(6), "mapSendOptions", Rule::ANY;
        /// How long answers to all members may take.
        rpc_timeout: Duration = Duration::from_secs(15), "rpcTimeout", Rule::MS.from(1), noticed;
        /// After how long without an answer a node of the map is gone.
        access_timeout: Duration = Duration::from_secs(5), "accessTimeout", Rule::MS.from(1), noticed;
        /// Whether an application does not start without its map.
        terminate_on_start_failure: bool = false, "terminateOnStartFailure", Rule::ANY, noticed;
    }
}

/// How long a node that starts waits for the cluster's sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateWait {
    /// It does not.
    Not,
    /// Until they are there.
    Forever,
    /// At most so long.
    For(Duration),
}

impl Value for StateWait {
    const KIND: Kind = Kind::Time;

    /// −1 is for ever; 0 and the other negative numbers are not at all.
    fn read(text: &str, rule: &Rule) -> Result<Self, String> {
        match text.parse::<i64>() {
            Ok(-1) => Ok(StateWait::Forever),
            Ok(number) if number <= 0 => Ok(StateWait::Not),
            _ => Duration::read(text, rule)
                .map(StateWait::For)
                .map_err(|allowed| format!("{allowed}, 0 for no wait, or -1 for ever")),
        }
    }

    fn write(&self, rule: &Rule) -> Option<Written> {
        match self {
            StateWait::Not => Some(Written::Integer(0)),
            StateWait::Forever => Some(Written::Integer(-1)),
            StateWait::For(time) => time.write(rule),
        }
    }
}
