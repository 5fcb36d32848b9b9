//! A database, for all applications that keep their sessions in it.

use std::sync::Arc;

use outlive_store::{Store, StoreError};
use tokio::sync::OnceCell;

use crate::address::Address;
use crate::config::SqlConfig;
use crate::database::Database;
use crate::names::Names;
use crate::schema::{self, Found, Key};
use crate::statements::{Given, Statement, Statements};
use crate::store::SqlStore;

/// A database with its pool of connections, which the stores of all contexts share.
#[derive(Clone, Debug)]
pub struct SqlStores {
    shared: Arc<Shared>,
}

/// What the stores of all contexts share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) database: Database,
    pub(crate) names: Names,
    pub(crate) session_bytes_max: usize,
    /// Made when the tables were looked at, which each operation needs once: only they say what their key is.
    statements: OnceCell<Statements>,
}

impl SqlStores {
    /// Takes the configuration, and connects to nothing yet. Its operations want a tokio runtime.
    ///
    /// # Errors
    /// [`Schema`](outlive_store::StoreFault::Schema): the URL or a name cannot be used. The message never repeats the URL.
    pub fn open(config: SqlConfig) -> Result<Self, StoreError> {
        let address = Address::of(&config)?;
        let names = Names::of(&config.names, address.dialect)?;
        let session_bytes_max = config.session_bytes_max;
        let database = Database::new(address, config);
        let shared = Shared { database, names, session_bytes_max, statements: OnceCell::new() };
        Ok(SqlStores { shared: Arc::new(shared) })
    }

    /// The store of one web application, by the name that a Tomcat gives it: `/ENGINE/HOST/PATH`, such as `/Catalina/localhost/app`, with
    /// a path of `/` for the root.
    pub fn context(&self, name: &str) -> Arc<dyn Store> {
        Arc::new(self.store(name))
    }

    /// The same, as what it is.
    pub fn store(&self, name: &str) -> SqlStore {
        SqlStore::new(self.shared.clone(), name)
    }
}

impl Shared {
    /// The statements, if the tables are there and can be used.
    pub(crate) async fn statements(&self) -> Result<&Statements, StoreError> {
        self.statements.get_or_try_init(|| self.look()).await
    }

    /// Looks at the tables, also if they were found good before.
    pub(crate) async fn look(&self) -> Result<Statements, StoreError> {
        match schema::look(&self.database, &self.names).await? {
            Found::Usable(key) => Ok(self.statements_for(key)),
            Found::Missing { sessions, .. } => Err(schema::missing(&self.database, &self.names, sessions)),
        }
    }

    /// Makes the tables that are missing.
    pub(crate) async fn init(&self) -> Result<(), StoreError> {
        let Found::Missing { sessions, graves } = schema::look(&self.database, &self.names).await? else {
            return Ok(());
        };
        let statements = self.statements_for(Key::AppAndId);
        let missing = [(sessions, &statements.create_sessions), (graves, &statements.create_graves)];
        for (_, create) in missing.iter().filter(|(is_missing, _)| *is_missing) {
            let steps: Vec<&Statement> = create.iter().collect();
            self.database.together(&steps, &Given::default()).await?;
        }
        self.look().await.map(drop)
    }

    fn statements_for(&self, key: Key) -> Statements {
        Statements::new(self.database.dialect(), &self.names, key)
    }
}
