//! The stores that nodes of a scene share, each with the real thing behind it.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::database::{Database, MariaDb, Postgres, Redis, RedisMode};
use crate::scene::Scene;

/// The port of a Redis that stands alone.
const REDIS_PORT: u16 = 6379;

/// What a store is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreKind {
    /// Files as Tomcat's FileStore has them.
    Files,
    /// A file of SQLite.
    Sqlite,
    /// A PostgreSQL of the scene's own.
    Postgres,
    /// A MariaDB of the scene's own.
    MariaDb,
    /// A Redis of the scene's own.
    Redis,
}

impl StoreKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Files, Self::Sqlite, Self::Postgres, Self::MariaDb, Self::Redis];

    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
            Self::MariaDb => "MariaDB",
            Self::Redis => "Redis",
        }
    }

    /// The Debian package that brings its server; none: there is no server.
    pub fn package(self) -> Option<&'static str> {
        match self {
            Self::Files | Self::Sqlite => None,
            Self::Postgres => Some("postgresql"),
            Self::MariaDb => Some("mariadb-server-core"),
            Self::Redis => Some("redis-server"),
        }
    }

    /// Whether this machine has it.
    pub fn is_installed(self) -> bool {
        match self {
            Self::Files | Self::Sqlite => true,
            Self::Postgres => Postgres::is_installed(),
            Self::MariaDb => MariaDb::is_installed(),
            Self::Redis => Redis::is_installed(),
        }
    }
}

/// A place that any number of nodes may be told of. Its server runs for as long as this lives, unless a test kills it.
#[derive(Debug)]
pub struct SharedStore<'scene> {
    url: String,
    folder: Option<PathBuf>,
    server: Option<Box<dyn Database + 'scene>>,
}

impl<'scene> SharedStore<'scene> {
    /// An empty one, whose server takes connections.
    ///
    /// # Errors
    /// The server is not installed, or does not come up.
    pub fn new(scene: &'scene Scene, kind: StoreKind) -> Result<Self> {
        let served =
            |server: Box<dyn Database + 'scene>| Self { url: server.url(), folder: None, server: Some(server) };
        Ok(match kind {
            StoreKind::Files => {
                let folder = scene.folder().join("store");
                Self { url: format!("file:{}", folder.display()), folder: Some(folder), server: None }
            }
            StoreKind::Sqlite => {
                let url = format!("sqlite:{}", scene.folder().join("sessions.db").display());
                Self { url, folder: None, server: None }
            }
            StoreKind::Postgres => served(Box::new(Postgres::new(scene)?)),
            StoreKind::MariaDb => served(Box::new(MariaDb::new(scene)?)),
            StoreKind::Redis => served(Box::new(Redis::new(scene, REDIS_PORT, RedisMode::Single)?)),
        })
    }

    /// What `--store` and `OUTLIVE_STORE` take. With the password, where it has one.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where the files of the application `/app` lie, if it is made of files.
    pub fn app_folder(&self) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join("app"))
    }

    /// The process ids of its server; none where it has none.
    ///
    /// # Errors
    /// The server does not run.
    pub fn processes(&self) -> Result<Vec<u32>> {
        self.server.as_ref().map_or(Ok(Vec::new()), |server| server.processes())
    }

    /// Its server.
    ///
    /// # Errors
    /// It has none.
    pub fn server(&mut self) -> Result<&mut (dyn Database + 'scene)> {
        Ok(self.server.as_mut().context("a store without a server")?.as_mut())
    }
}
