//! A database in a folder of its own.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use outlive_session::SessionId;
use outlive_store::{Grave, Save, SessionHead, SessionRecord, Store};
use outlive_store_sql::{SqlConfig, SqlStores};
use outlive_tribes_proto::time::UnixMillis;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use tempfile::TempDir;

pub(crate) const APP: &str = "/Catalina/localhost/app";

pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Place { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("sessions.db")
    }

    pub(crate) fn config(&self) -> SqlConfig {
        SqlConfig::new(format!("sqlite:{}", self.file().display()))
    }

    pub(crate) fn store(&self) -> Arc<dyn Store> {
        self.stores().context(APP)
    }

    pub(crate) fn stores(&self) -> SqlStores {
        SqlStores::open(self.config()).unwrap()
    }

    /// A connection beside the store, as another program has it.
    pub(crate) async fn beside(&self) -> SqlitePool {
        let options = SqliteConnectOptions::new().filename(self.file()).create_if_missing(true);
        SqlitePool::connect_with(options).await.unwrap()
    }
}

pub(crate) fn id(text: &str) -> SessionId {
    SessionId::parse(text).unwrap()
}

pub(crate) fn save(text: &str, last_accessed: i64, data: &'static [u8]) -> Save {
    let head = SessionHead {
        id: id(text),
        is_valid: true,
        max_inactive_seconds: 1800,
        last_accessed: UnixMillis(last_accessed),
    };
    Save { record: SessionRecord { head, data: Bytes::from_static(data), version: None }, force: false }
}

pub(crate) fn ended(keep_until: i64) -> Grave {
    Grave { moved_to: None, keep_until: UnixMillis(keep_until) }
}
