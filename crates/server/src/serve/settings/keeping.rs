//! Where an application's sessions are kept beside the memory, and which of Tomcat's managers that makes its context.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use outlive_config::Configuration;
use outlive_config::model::{self, Application, DatabaseStore, ManagerKind, PersistentValve, StateWait, Valve};
use outlive_net::store::{FileStore, Store};
use outlive_net::{AttributeFilter, ContextConfig, Pattern, Persistence, PersistentManager};

use super::valves::valves;
use crate::exit::Exit;
use crate::stores::Stores;

/// No periodic work: a Tomcat with such a `backgroundProcessorDelay` never looks.
const NEVER: Duration = Duration::from_secs(100 * 365 * 86_400);

/// How an application's sessions are kept.
#[derive(Debug, Clone)]
pub(in crate::serve) struct Keeping {
    /// Whether the cluster holds them.
    pub(in crate::serve) is_clustered: bool,
    pub(in crate::serve) context: ContextConfig,
    /// Where they are beside the memory, if the context's persistence says that they are.
    pub(in crate::serve) place: Option<Place>,
    /// The file that has all of them while the node is down.
    pub(in crate::serve) sessions_file: Option<PathBuf>,
    /// Whether they end, on all nodes, with this one.
    pub(in crate::serve) ends_with_node: bool,
}

/// A place for sessions.
#[derive(Debug, Clone)]
pub(in crate::serve) enum Place {
    /// One for all applications, each by its path.
    ByPath(Stores),
    /// One of all applications', by the name that a Tomcat gives this one.
    Named(Stores, String),
    /// A folder of this application.
    Folder(PathBuf),
}

impl Place {
    /// The store of the application at a path.
    pub(in crate::serve) fn store(&self, path: &str) -> Arc<dyn Store> {
        match self {
            Place::ByPath(stores) => stores.context(path),
            Place::Named(stores, name) => stores.named(name),
            Place::Folder(folder) => Arc::new(FileStore::new(folder)),
        }
    }
}

/// The databases that files name, each opened once for all applications that use it.
#[derive(Debug, Default)]
pub(super) struct Databases(Vec<(DatabaseStore, Stores)>);

impl Databases {
    fn open(&mut self, wanted: &DatabaseStore, said: &str) -> Result<Stores, Exit> {
        if let Some((_, stores)) = self.0.iter().find(|(known, _)| known == wanted) {
            return Ok(stores.clone());
        }
        let stores = Stores::of_model(wanted, said)?;
        self.0.push((wanted.clone(), stores.clone()));
        Ok(stores)
    }
}

impl Keeping {
    /// Every node of the cluster has them, in memory alone.
    pub(super) fn in_memory(context: ContextConfig) -> Self {
        Self { is_clustered: true, context, place: None, sessions_file: None, ends_with_node: false }
    }

    /// What files say of an application. `base`: what its folders are relative to; `said`: where its manager stands.
    ///
    /// # Errors
    /// A BackupManager, which is not built yet; a PersistentManager without a store; a store that cannot be found by what is said of it.
    pub(super) fn of_model(
        configuration: &Configuration,
        application: &Application,
        base: &Path,
        databases: &mut Databases,
        said: &str,
    ) -> Result<Self, Exit> {
        let manager = &application.manager;
        let is_clustered = configuration.cluster_of(application).is_some();
        let work = base.join(configuration.work_folder(application));
        let valve = persistent_valve(configuration, application);
        let mut keeping = Self {
            is_clustered,
            context: context(configuration, application),
            place: None,
            sessions_file: None,
            ends_with_node: false,
        };
        let mut place = || match &manager.store {
            None => Ok(None),
            Some(model::Store::File(store)) => Ok(Some(Place::Folder(work.join(&store.directory)))),
            Some(model::Store::Database(store)) => {
                let engine = &configuration.engine.name;
                let name = format!("/{engine}/{}/{}", application.host, application.context_name().trim_matches('/'));
                databases.open(store, said).map(|stores| Some(Place::Named(stores, name)))
            }
        };
        match &manager.kind {
            ManagerKind::Backup(_) => {
                return Err(Exit::usage(format!(
                    "{said}: a BackupManager is not built yet; a DeltaManager keeps every session on every node"
                )));
            }
            ManagerKind::Standard(standard) => {
                let given = standard.pathname.as_ref().filter(|path| !path.as_os_str().is_empty());
                keeping.sessions_file = given.map(|path| work.join(path));
            }
            ManagerKind::Persistent(persistent) => {
                keeping.place = place()?;
                if keeping.place.is_none() {
                    return Err(Exit::usage(format!("{said}: a PersistentManager needs a Store")));
                }
                keeping.context.persistence = Some(match valve {
                    Some(_) => Persistence::PerRequest,
                    None => Persistence::Manager(PersistentManager {
                        max_idle_swap: persistent.max_idle_swap,
                        min_idle_swap: persistent.min_idle_swap,
                        max_idle_backup: persistent.max_idle_backup,
                        save_on_restart: persistent.save_on_restart,
                        pass_interval: keeping.context.expiry_interval,
                    }),
                });
            }
            ManagerKind::Delta(delta) => {
                keeping.ends_with_node = is_clustered && delta.expire_sessions_on_shutdown;
                keeping.place = place()?;
                if keeping.place.is_some() {
                    keeping.context.persistence =
                        Some(Persistence::WriteBehind { shared: !configuration.node.store_private });
                }
            }
        }
        Ok(keeping)
    }
}

/// The valve that an application's requests pass: its own, its host's or the engine's.
pub(super) fn persistent_valve<'a>(
    configuration: &'a Configuration,
    application: &'a Application,
) -> Option<&'a PersistentValve> {
    valves(configuration, application).find_map(|valve| match valve {
        Valve::Persistent(valve) => Some(valve),
        Valve::LoadBalancerDraining(_) => None,
    })
}

fn context(configuration: &Configuration, application: &Application) -> ContextConfig {
    let manager = &application.manager;
    // Tomcat takes an empty filter for none.
    let filter = |given: &Option<Pattern>| given.clone().filter(|pattern| !pattern.is_empty());
    let tick = application.background_processor_delay.or(configuration.engine.background_processor_delay);
    let plain = ContextConfig::default();
    let mut config = ContextConfig {
        path: application.path.clone(),
        host: application.host.clone(),
        name: application.version.is_some().then(|| application.context_name()),
        max_inactive_seconds: application
            .session_timeout
            .map_or(-1, |time| i32::try_from(time.as_secs()).unwrap_or(i32::MAX)),
        max_active_sessions: manager.max_active_sessions.map(|max| max as usize),
        session_id_bytes: manager.session_id_generator.session_id_length,
        expiry_interval: tick.map_or(NEVER, |tick| tick.saturating_mul(manager.process_expires_frequency).min(NEVER)),
        attribute_filter: AttributeFilter {
            names: filter(&manager.session_attribute_name_filter),
            classes: filter(&manager.session_attribute_value_class_name_filter),
            warns: manager.warn_on_session_attribute_filter_failure,
        },
        ..plain
    };
    if let ManagerKind::Delta(delta) = &manager.kind {
        if let Some(name) = &delta.name {
            config.name = Some(name.clone());
        }
        config.state_transfer_timeout = match delta.state_transfer_timeout {
            StateWait::Not => Some(Duration::ZERO),
            StateWait::Forever => None,
            StateWait::For(time) => Some(time),
        };
        if !delta.send_all_sessions {
            config.state_block_sessions = delta.send_all_sessions_size as usize;
        }
    }
    config
}

#[cfg(test)]
mod tests {
    use outlive_config::model::{
        BackupManager, Cluster, DeltaManager, FileStore as Files, Manager, PersistentManager as Persistent,
        StandardManager,
    };

    use super::*;

    fn of(manager: Manager, change: impl FnOnce(&mut Configuration, &mut Application)) -> Result<Keeping, String> {
        let mut configuration = Configuration { cluster: Some(Cluster::default()), ..Configuration::default() };
        let mut application = Application { path: "/shop/a".to_owned(), manager, ..Application::default() };
        change(&mut configuration, &mut application);
        Keeping::of_model(&configuration, &application, "/base".as_ref(), &mut Databases::default(), "the manager")
            .map_err(|exit| exit.parts().1.to_owned())
    }

    fn files(kind: ManagerKind) -> Manager {
        Manager { store: Some(model::Store::File(Files::default())), ..Manager::of(kind) }
    }

    #[test]
    fn each_manager_has_its_policy_and_its_place_below_the_work_folder() {
        let persistent = || files(ManagerKind::Persistent(Persistent::default()));
        let keeping = of(persistent(), |_, _| {}).unwrap();
        assert!(!keeping.is_clustered && matches!(keeping.context.persistence, Some(Persistence::Manager(_))));
        assert!(
            matches!(keeping.place, Some(Place::Folder(folder)) if folder == Path::new("/base/work/Catalina/localhost/shop#a/."))
        );
        let valve = |_: &mut Configuration, application: &mut Application| {
            application.valves.push(Valve::Persistent(PersistentValve::default()));
        };
        assert_eq!(of(persistent(), valve).unwrap().context.persistence, Some(Persistence::PerRequest));
        let standard = Manager::of(ManagerKind::Standard(StandardManager {
            pathname: Some("SESSIONS.ser".into()),
            ..StandardManager::default()
        }));
        let file = of(standard, |_, _| {}).unwrap().sessions_file.unwrap();
        assert_eq!(file, Path::new("/base/work/Catalina/localhost/shop#a/SESSIONS.ser"));
        let delta = of(files(ManagerKind::Delta(DeltaManager::default())), |_, _| {}).unwrap();
        assert_eq!(delta.context.persistence, Some(Persistence::WriteBehind { shared: true }));
        assert!(delta.is_clustered);
        let alone = of(Manager::of(ManagerKind::Delta(DeltaManager::default())), |_, application| {
            application.distributable = false;
        });
        assert!(!alone.unwrap().is_clustered, "it is not distributable");
    }

    #[test]
    fn what_cannot_be_is_refused_in_a_sentence() {
        let refused = |manager| of(manager, |_, _| {}).unwrap_err();
        let persistent = Manager::of(ManagerKind::Persistent(Persistent::default()));
        assert_eq!(refused(persistent), "the manager: a PersistentManager needs a Store");
        let backup = refused(Manager::of(ManagerKind::Backup(BackupManager::default())));
        assert!(backup.starts_with("the manager: a BackupManager is not built yet"), "{backup}");
    }

    /// Source: Tomcat's `backgroundProcessorDelay` × `processExpiresFrequency`; the context's own tick goes before the engine's.
    #[test]
    fn settings_of_a_context_take_effect() {
        let delta = DeltaManager {
            state_transfer_timeout: StateWait::Forever,
            send_all_sessions: false,
            send_all_sessions_size: 7,
            expire_sessions_on_shutdown: true,
            ..DeltaManager::default()
        };
        let manager = Manager {
            process_expires_frequency: 3,
            max_active_sessions: Some(9),
            ..Manager::of(ManagerKind::Delta(delta))
        };
        let keeping = of(manager.clone(), |_, application| application.session_timeout = None).unwrap();
        let context = keeping.context;
        assert!(keeping.ends_with_node);
        assert_eq!((context.state_transfer_timeout, context.state_block_sessions), (None, 7));
        assert_eq!((context.expiry_interval, context.max_active_sessions), (Duration::from_secs(30), Some(9)));
        assert_eq!((context.max_inactive_seconds, context.session_id_bytes), (-1, 16));
        let own_tick = |_: &mut Configuration, application: &mut Application| {
            application.background_processor_delay = Some(Duration::from_secs(1));
        };
        assert_eq!(of(manager.clone(), own_tick).unwrap().context.expiry_interval, Duration::from_secs(3));
        let no_tick = |configuration: &mut Configuration, _: &mut Application| {
            configuration.engine.background_processor_delay = None;
        };
        assert_eq!(of(manager, no_tick).unwrap().context.expiry_interval, NEVER);
    }
}
