//! Where a node keeps sessions beside its memory as flags say, and which of Tomcat's managers that makes it.

use std::path::PathBuf;
use std::time::Duration;

use outlive_net::{ContextConfig, Persistence, PersistentManager};

use super::settings::{Keeping, Place};
use crate::cli::StoreArguments;
use crate::exit::Exit;
use crate::stores::Stores;

/// How sessions are kept, checked.
#[derive(Debug, Clone)]
pub(crate) struct StoreSettings {
    manager: Manager,
    place: Option<Stores>,
    max_active_sessions: Option<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Manager {
    /// Every node of a cluster has all sessions.
    Delta { shared: bool },
    /// Without a cluster.
    Persistent(Persistence),
    /// Without a cluster: all sessions in one file while the node is down.
    Standard { file: Option<PathBuf> },
}

impl StoreSettings {
    /// # Errors
    /// Exit code 2: flags that do not go together, or a store of no known kind.
    pub(super) fn resolve(manager: &str, flags: &StoreArguments) -> Result<Self, Exit> {
        let refuse = |flag: &str, wanted: &str| Err(Exit::usage(format!("{flag} needs --manager {wanted}")));
        let place = flags.store.as_ref().map(|url| Stores::open(url.reveal())).transpose()?;
        let swaps = [
            ("--max-idle-swap", flags.max_idle_swap.is_some()),
            ("--min-idle-swap", flags.min_idle_swap.is_some()),
            ("--max-idle-backup", flags.max_idle_backup.is_some()),
            ("--no-save-on-restart", flags.no_save_on_restart),
        ];
        if manager != "persistent" {
            let given =
                swaps.into_iter().chain([("--persistent-valve", flags.persistent_valve)]).find(|(_, given)| *given);
            if let Some((flag, _)) = given {
                return refuse(flag, "persistent");
            }
        }
        if manager != "delta" && flags.store_private {
            return refuse("--store-private", "delta");
        }
        if manager != "standard" && flags.sessions_file.is_some() {
            return refuse("--sessions-file", "standard");
        }
        let manager = match manager {
            "persistent" if place.is_none() => {
                return Err(Exit::usage("--manager persistent needs a --store"));
            }
            "persistent" if flags.persistent_valve => match swaps.into_iter().find(|(_, given)| *given) {
                Some((flag, _)) => {
                    return Err(Exit::usage(format!(
                        "{flag} means nothing with --persistent-valve: sessions leave the memory with each request"
                    )));
                }
                None => Manager::Persistent(Persistence::PerRequest),
            },
            "persistent" => Manager::Persistent(Persistence::Manager(PersistentManager {
                max_idle_swap: flags.max_idle_swap.map(Duration::from_secs),
                min_idle_swap: flags.min_idle_swap.map(Duration::from_secs),
                max_idle_backup: flags.max_idle_backup.map(Duration::from_secs),
                save_on_restart: !flags.no_save_on_restart,
                pass_interval: Duration::from_secs(flags.swap_interval),
            })),
            "standard" if place.is_some() => {
                return Err(Exit::usage("--manager standard has no --store, but a --sessions-file"));
            }
            "standard" => Manager::Standard { file: flags.sessions_file.clone() },
            _ => Manager::Delta { shared: !flags.store_private },
        };
        Ok(Self { manager, place, max_active_sessions: flags.max_active_sessions })
    }

    /// Whether the node is one of a cluster.
    pub(super) fn has_cluster(&self) -> bool {
        matches!(self.manager, Manager::Delta { .. })
    }

    /// How an application of the default host is kept.
    pub(super) fn keeping(&self, path: &str) -> Keeping {
        self.keeping_of(path, "localhost")
    }

    /// How an application is kept.
    pub(super) fn keeping_of(&self, path: &str, host: &str) -> Keeping {
        let (persistence, sessions_file) = match &self.manager {
            Manager::Delta { shared } => {
                (self.place.is_some().then_some(Persistence::WriteBehind { shared: *shared }), None)
            }
            Manager::Persistent(persistence) => (Some(persistence.clone()), None),
            Manager::Standard { file } => (None, file.clone()),
        };
        let context = ContextConfig {
            path: path.to_owned(),
            host: host.to_owned(),
            persistence,
            max_active_sessions: self.max_active_sessions,
            ..ContextConfig::default()
        };
        let place = self.place.clone().map(Place::ByPath);
        Keeping { is_clustered: self.has_cluster(), context, place, sessions_file, ends_with_node: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(manager: &str, change: impl FnOnce(&mut StoreArguments)) -> Result<StoreSettings, String> {
        let mut flags = StoreArguments { swap_interval: 60, ..StoreArguments::default() };
        change(&mut flags);
        StoreSettings::resolve(manager, &flags).map_err(|exit| exit.parts().1.to_owned())
    }

    fn files(flags: &mut StoreArguments) {
        flags.store = Some("file:/x".parse().unwrap_or_else(|never| match never {}));
    }

    #[test]
    fn each_manager_has_its_policy() {
        let policy = |manager: &str, change: fn(&mut StoreArguments)| {
            let settings = resolved(manager, change).unwrap();
            {
                let keeping = settings.keeping("/a");
                (keeping.is_clustered, keeping.context.persistence, keeping.place.is_some())
            }
        };
        assert_eq!(policy("delta", |_| {}), (true, None, false));
        assert_eq!(policy("delta", files), (true, Some(Persistence::WriteBehind { shared: true }), true));
        let private = |flags: &mut StoreArguments| {
            files(flags);
            flags.store_private = true;
        };
        assert_eq!(policy("delta", private), (true, Some(Persistence::WriteBehind { shared: false }), true));
        let tomcats = Persistence::Manager(PersistentManager::default());
        assert_eq!(policy("persistent", files), (false, Some(tomcats), true));
        let valve = |flags: &mut StoreArguments| {
            files(flags);
            flags.persistent_valve = true;
        };
        assert_eq!(policy("persistent", valve), (false, Some(Persistence::PerRequest), true));
        assert_eq!(policy("standard", |_| {}), (false, None, false));
    }

    #[test]
    fn what_does_not_go_together_is_refused() {
        let refused = |manager: &str, change: fn(&mut StoreArguments)| resolved(manager, change).unwrap_err();
        assert_eq!(refused("persistent", |_| {}), "--manager persistent needs a --store");
        assert_eq!(
            refused("delta", |flags| flags.max_idle_swap = Some(1)),
            "--max-idle-swap needs --manager persistent"
        );
        assert_eq!(
            refused("delta", |flags| flags.persistent_valve = true),
            "--persistent-valve needs --manager persistent"
        );
        assert_eq!(
            refused("delta", |flags| flags.sessions_file = Some("x".into())),
            "--sessions-file needs --manager standard"
        );
        assert_eq!(refused("standard", files), "--manager standard has no --store, but a --sessions-file");
    }
}
