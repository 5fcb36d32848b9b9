//! Where sessions are kept beside the memory.

use std::path::PathBuf;

use crate::secret::Secret;
use crate::setting::{Rule, Settings, settings};

/// Where sessions are kept beside the memory.
#[derive(Debug, Clone, PartialEq)]
pub enum Store {
    /// Files: `FileStore`.
    File(FileStore),
    /// A table of a database, or Redis: `DataSourceStore`, and the older `JDBCStore`.
    Database(Box<DatabaseStore>),
}

impl Store {
    /// One of each, with its defaults.
    pub fn all() -> [Store; 2] {
        [Store::File(FileStore::default()), Store::Database(Box::default())]
    }

    /// Its settings.
    pub fn settings(&self) -> &dyn Settings {
        match self {
            Store::File(store) => store,
            Store::Database(store) => store.as_ref(),
        }
    }

    /// Its settings, to be set.
    pub fn settings_mut(&mut self) -> &mut dyn Settings {
        match self {
            Store::File(store) => store,
            Store::Database(store) => store.as_mut(),
        }
    }

    /// The last part of its class in Tomcat.
    pub fn class(&self) -> &'static str {
        self.settings().element().name
    }
}

settings! {
    /// A folder with one file for each session, as Tomcat's `FileStore` has it.
    pub struct FileStore in "FileStore" {
        /// The folder, relative to the application's work folder.
        directory: PathBuf = PathBuf::from("."), "directory", Rule::ANY;
    }
}

settings! {
    /// A table of a database, as Tomcat's `DataSourceStore` has it, or Redis. In Tomcat's files the database is a `Resource` that
    /// `dataSourceName` names.
    pub struct DatabaseStore in "DataSourceStore" {
        /// Where it is: `jdbc:postgresql://…`, `jdbc:mariadb://…`, `jdbc:mysql://…`, `jdbc:sqlite:…`, the same without `jdbc:`, or `redis://…`.
        url: Option<Secret> = None, "connectionURL" | "url", Rule::ANY;
        /// The user, in place of one in the URL.
        user: Option<String> = None, "connectionName" | "username", Rule::ANY;
        /// The password, in place of one in the URL.
        password: Option<Secret> = None, "connectionPassword" | "password", Rule::ANY;
        /// The most connections. None: 8.
        pool_size: Option<u32> = None, "maxTotal", Rule::ANY.none_below(1);
        /// The table.
        session_table: String = "tomcat$sessions".to_owned(), "sessionTable", Rule::ANY;
        /// Its column of applications, `/Engine/Host/Context`.
        session_app_col: String = "app".to_owned(), "sessionAppCol", Rule::ANY;
        /// Its column of ids.
        session_id_col: String = "id".to_owned(), "sessionIdCol", Rule::ANY;
        /// Its column of sessions.
        session_data_col: String = "data".to_owned(), "sessionDataCol", Rule::ANY;
        /// Its column that is `1` for a valid session, else `0`.
        session_valid_col: String = "valid".to_owned(), "sessionValidCol", Rule::ANY;
        /// Its column of seconds without a request after which a session ends.
        session_max_inactive_col: String = "maxinactive".to_owned(), "sessionMaxInactiveCol", Rule::ANY;
        /// Its column of the last request's time in ms since 1970.
        session_last_accessed_col: String = "lastaccess".to_owned(), "sessionLastAccessedCol", Rule::ANY;
    }
    ignored {
        "driverName": String, Rule::ANY, "", "The class of a driver: the URL says which database it is.";
    }
}
