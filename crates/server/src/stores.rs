//! Places for sessions, by their URL: what `--store` and `OUTLIVE_STORE` say.

use std::path::PathBuf;
use std::sync::Arc;

use outlive_config::model::DatabaseStore;
use outlive_net::store::{FileStore, Store, StoreError};
use outlive_store_redis::{RedisConfig, RedisStores};
use outlive_store_sql::{SqlConfig, SqlStores, TableNames};

use crate::exit::Exit;

/// The names of engine and host in a default `server.xml`: a Tomcat that shares a database calls an application by them and its path.
const ENGINE_AND_HOST: &str = "/Catalina/localhost";

/// The file of SQLite where none is named, in the folder that the node runs in.
const SQLITE_FILE: &str = "sessions.db";

/// A place for the sessions of all applications.
#[derive(Clone, Debug)]
pub(crate) enum Stores {
    /// A folder with one for each application.
    Files(PathBuf),
    Sql(SqlStores),
    Redis(RedisStores),
}

impl Stores {
    /// The place behind a URL. Nothing is connected to yet.
    ///
    /// # Errors
    /// Exit code 2: there is no store of this kind, or it cannot be found by this. The sentence never repeats the URL, which may hold a
    /// password.
    pub(crate) fn open(url: &str) -> Result<Self, Exit> {
        Self::open_with(url, false)
    }

    /// The same; `strict`: parameters of a URL that mean nothing here are refused.
    fn open_with(url: &str, strict: bool) -> Result<Self, Exit> {
        let refused = |error: StoreError| Exit::usage(format!("--store: {error}"));
        let scheme = url.strip_prefix("jdbc:").unwrap_or(url).split_once(':').map(|(scheme, _)| scheme);
        match scheme {
            Some("file") => match url.strip_prefix("file:").map(|folder| folder.strip_prefix("//").unwrap_or(folder)) {
                Some("") | None => Err(Exit::usage("--store file: names no folder, as file:/var/lib/outlive does")),
                Some(folder) => Ok(Self::Files(folder.into())),
            },
            Some("filestore") => Err(Exit::usage(
                "--store: filestore:DIR is the folder of one application, for 'outlive store'; a node has a folder for each in file:DIR",
            )),
            Some("sqlite") if url.ends_with("sqlite:") => {
                SqlStores::open(SqlConfig::new(format!("sqlite:{SQLITE_FILE}"))).map(Self::Sql).map_err(refused)
            }
            Some("sqlite" | "postgres" | "postgresql" | "mysql" | "mariadb") => {
                SqlStores::open(SqlConfig { strict, ..SqlConfig::new(url) }).map(Self::Sql).map_err(refused)
            }
            Some(_) if is_redis(url) => RedisStores::open(RedisConfig::new(url)).map(Self::Redis).map_err(refused),
            Some(kind) => Err(Exit::usage(format!(
                "--store: there is no store of the kind \"{}\"; there are file:DIR, sqlite:FILE, postgres://…, mariadb://…, mysql://… \
                 and redis://…",
                kind.escape_debug()
            ))),
            None => Err(Exit::usage("--store is of the form KIND:PLACE, such as file:/var/lib/outlive")),
        }
    }

    /// The store of the application at a path, for commands about one. `filestore:DIR` is the folder of that application alone, as the
    /// `directory` of a Tomcat's FileStore is.
    ///
    /// # Errors
    /// As [`open`](Self::open); parameters of a URL that mean nothing here are refused.
    pub(crate) fn of_one(url: &str, path: &str) -> Result<Arc<dyn Store>, Exit> {
        match url.strip_prefix("filestore:").map(|folder| folder.strip_prefix("//").unwrap_or(folder)) {
            Some("") => Err(Exit::usage("--store filestore: names no folder, as filestore:/srv/sessions does")),
            Some(folder) => Ok(Arc::new(FileStore::new(folder))),
            None => Ok(Self::open_with(url, true)?.context(path)),
        }
    }

    /// What a Tomcat's DataSourceStore names, or what stands in its place. Nothing is connected to yet.
    ///
    /// # Errors
    /// Exit code 2: `said` names no place, or none of a kind that there is.
    pub(crate) fn of_model(store: &DatabaseStore, said: &str) -> Result<Self, Exit> {
        let Some(url) = &store.url else {
            return Err(Exit::usage(format!(
                "{said}: its Store names no database: connectionURL, or the url of a Resource"
            )));
        };
        let refused = |error: StoreError| Exit::usage(format!("{said}: its Store: {error}"));
        let (url, password) = (url.reveal(), store.password.as_ref().map(|password| password.reveal().to_owned()));
        if is_redis(url) {
            let config = RedisConfig { user: store.user.clone(), password, ..RedisConfig::new(url) };
            return RedisStores::open(config).map(Self::Redis).map_err(refused);
        }
        let plain = SqlConfig::new(url);
        let config = SqlConfig {
            user: store.user.clone(),
            password,
            names: TableNames {
                table: store.session_table.clone(),
                app: store.session_app_col.clone(),
                id: store.session_id_col.clone(),
                data: store.session_data_col.clone(),
                valid: store.session_valid_col.clone(),
                max_inactive: store.session_max_inactive_col.clone(),
                last_accessed: store.session_last_accessed_col.clone(),
                ..TableNames::default()
            },
            pool_size: store.pool_size.unwrap_or(plain.pool_size),
            ..plain
        };
        SqlStores::open(config).map(Self::Sql).map_err(refused)
    }

    /// The store of the application at a path: `/app`, or the empty text for the root.
    pub(crate) fn context(&self, path: &str) -> Arc<dyn Store> {
        match self {
            Self::Files(folder) => Arc::new(FileStore::new(folder.join(folder_name(path)))),
            Self::Sql(_) | Self::Redis(_) => self.named(&context_name(path)),
        }
    }

    /// The store of the application that a Tomcat calls so: `/Catalina/localhost/app`.
    pub(crate) fn named(&self, name: &str) -> Arc<dyn Store> {
        match self {
            Self::Files(folder) => Arc::new(FileStore::new(folder.join(folder_name(name)))),
            Self::Sql(stores) => stores.context(name),
            Self::Redis(stores) => stores.context(name),
        }
    }
}

fn is_redis(url: &str) -> bool {
    let scheme = url.split(':').next().unwrap_or_default();
    ["redis", "rediss", "valkey", "valkeys"].contains(&scheme.split('+').next().unwrap_or_default())
}

/// What a Tomcat's DataSourceStore calls an application; the root is `/Catalina/localhost/`.
fn context_name(path: &str) -> String {
    format!("{ENGINE_AND_HOST}/{}", path.trim_matches('/'))
}

/// Tomcat's base name of a context: `ROOT`, `app`, `a#b`. A keeper is told the path by others, so what is no plain name is written in hex.
fn folder_name(path: &str) -> String {
    let name = path.trim_matches('/').replace('/', "#");
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'#');
    match name.as_str() {
        "" => "ROOT".to_owned(),
        name if name.bytes().all(plain) && !name.starts_with('.') && name.len() <= 200 => name.to_owned(),
        name => name.bytes().take(120).fold("x".to_owned(), |hex, byte| format!("{hex}{byte:02x}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_has_its_folder_and_no_other_place() {
        for (path, folder) in [
            ("", "ROOT"),
            ("/app", "app"),
            ("/a/b", "a#b"),
            ("/app##2", "app##2"),
            ("/../etc", "x2e2e23657463"),
            ("/.outlive", "x2e6f75746c697665"),
            ("/a b", "x612062"),
        ] {
            assert_eq!(folder_name(path), folder);
        }
    }

    #[test]
    fn a_context_has_the_name_that_a_tomcat_gives_it() {
        let names = ["/app", "", "/a/b"].map(context_name);
        assert_eq!(names, ["/Catalina/localhost/app", "/Catalina/localhost/", "/Catalina/localhost/a/b"]);
    }

    #[test]
    fn each_kind_of_store_has_its_urls() {
        for (url, place) in [
            ("file:/var/lib/outlive", "files in /var/lib/outlive/app"),
            ("sqlite:", "SQLite in sessions.db, table tomcat$sessions, application /Catalina/localhost/app"),
            ("sqlite:s.db", "SQLite in s.db, table tomcat$sessions, application /Catalina/localhost/app"),
            ("postgres://u:secret@db/shop", "PostgreSQL at db:5432/shop, table"),
            ("jdbc:postgresql://db/shop?password=secret", "PostgreSQL at db:5432/shop, table"),
            ("postgresql://db:5433/shop", "PostgreSQL at db:5433/shop, table tomcat$sessions, application"),
            ("jdbc:mariadb://db:3307/shop?user=u&password=secret", "MariaDB or MySQL at db:3307/shop, table"),
            ("jdbc:mysql://u:secret@db/shop", "MariaDB or MySQL at db:3306/shop, table"),
            ("mysql://db/shop", "MariaDB or MySQL at db:3306/shop, table"),
            ("mariadb://db/shop", "MariaDB or MySQL at db:3306/shop, table"),
            ("valkey://:secret@cache", "Redis at cache/0, application /Catalina/localhost/app"),
            ("redis://cache:6380/2", "Redis at cache:6380/2, application"),
            ("rediss://u:secret@cache", "Redis at cache/0, application"),
            ("redis+sentinel://:secret@a,b/main", "Redis main behind the Sentinels a,b, application"),
            ("redis+cluster://a,b", "Redis Cluster at a,b, application"),
        ] {
            let described = Stores::open(url).unwrap().context("/app").describe();
            assert!(described.starts_with(place) && !described.contains("secret"), "{url}: {described}");
        }
    }

    #[test]
    fn a_url_that_may_hold_a_password_is_never_repeated() {
        for url in ["oracle:x:secret@h", "secret", "file:", "postgres:secret", "redis://:secret@h:port", "jdbc:secret"]
        {
            let exit = Stores::open(url).unwrap_err();
            assert!(exit.parts().1.starts_with("--store") && !exit.parts().1.contains("secret"), "{exit:?}");
        }
    }
}
