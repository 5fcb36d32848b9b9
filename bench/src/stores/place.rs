//! A store of the rig, opened as a node opens it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use outlive_interop::{Scene, SharedStore, StoreKind};
use outlive_store::{FileStore, Store};
use outlive_store_redis::{RedisConfig, RedisStores};
use outlive_store_sql::{SqlConfig, SqlStores};

use crate::cpu;

/// What `/app` is called in a table, or in the keys of a Redis.
const APP: &str = "/Catalina/localhost/app";

/// An empty store, and its server where it has one.
#[derive(Debug)]
pub(super) struct Place<'scene> {
    pub(super) kind: StoreKind,
    pub(super) shared: SharedStore<'scene>,
}

impl<'scene> Place<'scene> {
    pub(super) fn new(scene: &'scene Scene, kind: StoreKind) -> Result<Self> {
        Ok(Place { kind, shared: SharedStore::new(scene, kind)? })
    }

    /// The store of `/app`. To be called within a runtime, whose end is the end of its connections.
    pub(super) fn open(&self) -> Result<Arc<dyn Store>> {
        let url = self.shared.url();
        Ok(match self.kind {
            StoreKind::Files => Arc::new(FileStore::new(self.shared.app_folder().context("files without a folder")?)),
            StoreKind::Sqlite | StoreKind::Postgres | StoreKind::MariaDb => {
                SqlStores::open(SqlConfig::new(url))?.context(APP)
            }
            StoreKind::Redis => RedisStores::open(RedisConfig::new(url))?.context(APP),
        })
    }

    /// Processor time of the server so far; nothing where there is none.
    pub(super) fn server_time(&self) -> Result<Option<Duration>> {
        let processes = self.shared.processes()?;
        if processes.is_empty() {
            return Ok(None);
        }
        // One that has ended meanwhile did nothing of what is measured: connections are kept.
        Ok(Some(processes.into_iter().filter_map(|id| cpu::time_of_id(id).ok()).sum()))
    }
}
