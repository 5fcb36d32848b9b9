//! URLs of databases, as people write them for us and for Java.

use std::path::PathBuf;
use std::time::Duration;

use outlive_store::{StoreError, StoreFault};
use percent_encoding::percent_decode_str;
use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use url::Url;

use crate::config::SqlConfig;
use crate::dialect::Dialect;

/// How to connect.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    Sqlite(SqliteConnectOptions),
    Postgres(PgConnectOptions),
    MySql(MySqlConnectOptions),
}

/// A URL, understood.
#[derive(Debug)]
pub(crate) struct Address {
    pub(crate) target: Target,
    pub(crate) dialect: Dialect,
    /// For people: `PostgreSQL at db:5432/shop`. No user, no password.
    pub(crate) place: String,
}

/// A URL of a server, taken apart.
#[derive(Default)]
struct Server {
    host: Option<String>,
    port: Option<u16>,
    database: Option<String>,
    user: Option<String>,
    password: Option<String>,
    socket: Option<PathBuf>,
    ssl: Option<String>,
    ssl_root: Option<PathBuf>,
    /// Names of parameters that mean nothing here.
    passed_over: Vec<String>,
}

impl Address {
    /// # Errors
    /// [`StoreFault::Schema`]: no URL of a database that is known here. The message does not repeat the URL, which may hold a password.
    pub(crate) fn of(config: &SqlConfig) -> Result<Self, StoreError> {
        let (url, of_java) = match config.url.strip_prefix("jdbc:") {
            Some(url) => (url, true),
            None => (config.url.as_str(), false),
        };
        let (scheme, rest) = url.split_once(':').ok_or_else(|| wrong("has no scheme, such as postgres:"))?;
        match scheme {
            "sqlite" => sqlite(rest, config.statement_limit),
            "postgres" | "postgresql" => {
                let server = Server::of(rest, of_java)?.with(config)?;
                Ok(server.postgres(config.statement_limit)?)
            }
            "mysql" | "mariadb" => Server::of(rest, of_java)?.with(config)?.mysql(),
            _ => {
                Err(wrong("is none of sqlite:, postgres:, postgresql:, mysql:, mariadb:, with jdbc: before it or not"))
            }
        }
    }
}

fn wrong(why: &str) -> StoreError {
    StoreError::new(StoreFault::Schema, format!("the URL of the database {why}"))
}

/// `sqlite:FILE`; with `//` before the file, too, as some write it.
fn sqlite(rest: &str, busy_limit: Duration) -> Result<Address, StoreError> {
    let file = rest.strip_prefix("//").unwrap_or(rest);
    if file.contains('?') {
        return Err(wrong("has parameters, and a file of SQLite has none"));
    }
    if file.is_empty() || file.starts_with(":memory:") {
        return Err(wrong("names no file: a database in memory would not outlive this process"));
    }
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        // Readers beside the one writer; and what was acknowledged is on the disk.
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(busy_limit);
    Ok(Address { target: Target::Sqlite(options), dialect: Dialect::Sqlite, place: format!("SQLite in {file}") })
}

impl Server {
    /// What stands behind the scheme: `//user:password@host:port/database?name=value`, or, in Java's short form, the database alone.
    fn of(rest: &str, of_java: bool) -> Result<Self, StoreError> {
        let full = match rest.strip_prefix("//") {
            Some(authority) if authority.split(['/', '?']).next().is_some_and(|hosts| hosts.contains(',')) => {
                return Err(wrong("names several hosts; it must be one"));
            }
            // An authority without a host, `user@/database`, is taken by no parser of URLs; PostgreSQL's own tools write it.
            Some(authority) if authority.starts_with('/') => format!("db://localhost{authority}"),
            Some(authority) => format!("db://{authority}"),
            None if of_java => format!("db://localhost/{}", rest.trim_start_matches('/')),
            None => return Err(wrong("has no // behind its scheme")),
        };
        let url = Url::parse(&full).map_err(|error| wrong(&format!("cannot be read: {error}")))?;
        let mut server = Server {
            host: url.host_str().filter(|host| !host.is_empty()).map(decoded).transpose()?,
            port: url.port(),
            database: Some(url.path().trim_start_matches('/'))
                .filter(|name| !name.is_empty())
                .map(decoded)
                .transpose()?,
            user: Some(url.username()).filter(|user| !user.is_empty()).map(decoded).transpose()?,
            password: url.password().map(decoded).transpose()?,
            ..Server::default()
        };
        for (name, value) in url.query_pairs() {
            server.parameter(&name, value.into_owned())?;
        }
        Ok(server)
    }

    /// A parameter behind the question mark, by the names that libpq and Java's drivers have for it.
    fn parameter(&mut self, name: &str, value: String) -> Result<(), StoreError> {
        match name.to_ascii_lowercase().as_str() {
            "user" => self.user = Some(value),
            "password" => self.password = Some(value),
            "dbname" => self.database = Some(value),
            "host" if value.starts_with('/') => self.socket = Some(value.into()),
            "host" => self.host = Some(value),
            "port" => self.port = Some(value.parse().map_err(|_| wrong("has a port that is no number"))?),
            "socket" | "unixsocket" | "localsocket" => self.socket = Some(value.into()),
            "sslmode" | "ssl-mode" => self.ssl = Some(value.to_ascii_lowercase()),
            "ssl" | "usessl" => self.ssl = Some(if value == "false" { "disable" } else { "require" }.to_owned()),
            "sslrootcert" | "ssl-ca" | "serversslcert" => self.ssl_root = Some(value.into()),
            _ => self.passed_over.push(name.to_owned()),
        }
        Ok(())
    }

    /// With what the configuration says beside the URL.
    ///
    /// # Errors
    /// The URL has parameters that have no meaning here, and that must not be: who names a table so would get another one.
    fn with(mut self, config: &SqlConfig) -> Result<Self, StoreError> {
        self.user = config.user.clone().or(self.user);
        self.password = config.password.clone().or(self.password);
        // A question mark in a password makes the rest of it a name.
        let is_plain = |name: &&String| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        let names: Vec<&str> = self.passed_over.iter().filter(is_plain).map(String::as_str).collect();
        let is_of_table = |name: &&str| name.to_ascii_lowercase().starts_with("session");
        if let Some(name) = names.iter().copied().find(is_of_table) {
            return Err(wrong(&format!(
                "does not say which table or column it is: {name} is an attribute of a Store in a file"
            )));
        }
        if self.passed_over.is_empty() {
            return Ok(self);
        }
        if config.strict {
            return Err(wrong(&format!("has parameters without a meaning here: {}", names.join(", "))));
        }
        tracing::warn!("the URL of the database has parameters without a meaning here: {}", names.join(", "));
        Ok(self)
    }

    fn place(&self, dialect: Dialect, port: u16) -> String {
        let database = self.database.as_deref().unwrap_or_default();
        match &self.socket {
            Some(socket) => format!("{dialect} at {}, database {database}", socket.display()),
            None => {
                let host = self.host.as_deref().unwrap_or("localhost");
                format!("{dialect} at {host}:{}/{database}", self.port.unwrap_or(port))
            }
        }
    }

    fn postgres(self, statement_limit: Duration) -> Result<Address, StoreError> {
        let mut options = PgConnectOptions::new_without_pgpass()
            .application_name("outlive")
            .options([("statement_timeout", format!("{}ms", statement_limit.as_millis()))]);
        if let Some(host) = self.host.as_deref() {
            options = options.host(host.trim_matches(['[', ']']));
        }
        if let Some(port) = self.port {
            options = options.port(port);
        }
        if let Some(socket) = &self.socket {
            options = options.socket(socket);
        }
        if let Some(user) = &self.user {
            options = options.username(user);
        }
        if let Some(password) = &self.password {
            options = options.password(password);
        }
        if let Some(database) = &self.database {
            options = options.database(database);
        }
        if let Some(root) = &self.ssl_root {
            options = options.ssl_root_cert(root);
        }
        if let Some(ssl) = &self.ssl {
            let mode: PgSslMode = ssl.parse().map_err(|_| wrong("has an sslmode that PostgreSQL does not know"))?;
            options = options.ssl_mode(mode);
        }
        let place = self.place(Dialect::Postgres, 5432);
        Ok(Address { target: Target::Postgres(options), dialect: Dialect::Postgres, place })
    }

    fn mysql(self) -> Result<Address, StoreError> {
        if self.database.is_none() {
            return Err(wrong("names no database: it must end in /DATABASE"));
        }
        let mut options = MySqlConnectOptions::new();
        if let Some(host) = self.host.as_deref() {
            options = options.host(host.trim_matches(['[', ']']));
        }
        if let Some(port) = self.port {
            options = options.port(port);
        }
        if let Some(socket) = &self.socket {
            options = options.socket(socket);
        }
        if let Some(user) = &self.user {
            options = options.username(user);
        }
        if let Some(password) = &self.password {
            options = options.password(password);
        }
        if let Some(database) = &self.database {
            options = options.database(database);
        }
        if let Some(root) = &self.ssl_root {
            options = options.ssl_ca(root);
        }
        let ssl = match self.ssl.as_deref() {
            None | Some("prefer" | "preferred") => MySqlSslMode::Preferred,
            Some("disable" | "disabled") => MySqlSslMode::Disabled,
            Some("require" | "required" | "trust") => MySqlSslMode::Required,
            Some("verify-ca" | "verify_ca") => MySqlSslMode::VerifyCa,
            Some("verify-full" | "verify_identity") => MySqlSslMode::VerifyIdentity,
            Some(_) => return Err(wrong("has an sslMode that MariaDB and MySQL do not know")),
        };
        let place = self.place(Dialect::MySql, 3306);
        Ok(Address { target: Target::MySql(options.ssl_mode(ssl)), dialect: Dialect::MySql, place })
    }
}

fn decoded(text: &str) -> Result<String, StoreError> {
    let text = percent_decode_str(text).decode_utf8().map_err(|_| wrong("has bytes that are no UTF-8"))?;
    Ok(text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str) -> Result<Address, String> {
        Address::of(&SqlConfig::new(url)).map_err(|error| error.to_string())
    }

    fn postgres(url: &str) -> PgConnectOptions {
        match of(url).unwrap().target {
            Target::Postgres(options) => options,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn java_and_libpq_write_the_same_place() {
        for url in [
            "postgres://shop:s%40crt@db:5433/shop",
            "postgresql://db:5433/shop?user=shop&password=s%40crt",
            "jdbc:postgresql://db:5433/shop?user=shop&password=s%40crt",
        ] {
            let options = postgres(url);
            let got = (options.get_host(), options.get_port(), options.get_username(), options.get_database());
            assert_eq!(got, ("db", 5433, "shop", Some("shop")), "{url}");
            assert_eq!(of(url).unwrap().place, "PostgreSQL at db:5433/shop");
        }
        assert_eq!(postgres("jdbc:postgresql:shop").get_host(), "localhost");
        assert_eq!(postgres("postgres:///shop?host=/run/pg&user=u").get_socket(), Some(&PathBuf::from("/run/pg")));
        for url in
            ["mysql://u:p@db/shop", "mariadb://db:3306/shop", "jdbc:mariadb://db/shop?user=u", "jdbc:mysql://db/shop"]
        {
            assert_eq!(of(url).unwrap().place, "MariaDB or MySQL at db:3306/shop");
        }
        assert_eq!(of("jdbc:sqlite:/var/s.db").unwrap().place, "SQLite in /var/s.db");
    }

    #[test]
    fn a_refused_url_is_not_repeated() {
        for url in [
            "secret",
            "oracle://u:secret@h/d",
            "sqlite:",
            "sqlite::memory:",
            "postgres:secret",
            "postgres://u:secret@a,b/d",
            "mysql://u:secret@h",
            "mysql://u:secret@h/d?sslMode=no",
            "postgres://u:secret@h:99999/d",
            "postgres://u:p@h/d?sessionTable=secret",
            "jdbc:mysql://h/d?sessionIdCol=secret",
            "sqlite:s.db?sessionTable=secret",
        ] {
            let error = of(url).unwrap_err();
            assert!(error.starts_with("the URL of the database ") && !error.contains("secret"), "{url}: {error}");
        }
    }

    #[test]
    fn parameters_of_a_driver_are_told_of_or_refused() {
        let of = |strict| {
            let config = SqlConfig {
                strict,
                ..SqlConfig::new("jdbc:mysql://h/d?useUnicode=true&characterEncoding=UTF-8&pass word")
            };
            Address::of(&config).map(|address| address.place).map_err(|error| error.to_string())
        };
        assert_eq!(of(false).as_deref(), Ok("MariaDB or MySQL at h:3306/d"));
        let refused = "the URL of the database has parameters without a meaning here: useUnicode, characterEncoding";
        assert_eq!(of(true).unwrap_err(), refused);
    }

    #[test]
    fn no_form_shows_a_password() {
        let config = SqlConfig { password: Some("s3cret".to_owned()), ..SqlConfig::new("mysql://u:s3cret@h/d") };
        assert!(!format!("{config:?}").contains("s3cret"));
        assert!(!Address::of(&config).unwrap().place.contains("s3cret"));
    }
}
