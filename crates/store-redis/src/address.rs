//! URLs of servers, of those behind Sentinels, and of Clusters.

use outlive_store::{StoreError, StoreFault};
use percent_encoding::percent_decode_str;
use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo, RedisConnectionInfo};

use crate::config::RedisConfig;

const PORT: u16 = 6379;
const SENTINEL_PORT: u16 = 26379;

/// A URL, understood.
#[derive(Debug)]
pub(crate) struct Address {
    pub(crate) target: Target,
    /// How to say who we are.
    pub(crate) login: RedisConnectionInfo,
    pub(crate) has_tls: bool,
    /// For people: `Redis at cache:6379/0`. No user, no password.
    pub(crate) place: String,
}

/// How to find the server.
#[derive(Debug)]
pub(crate) enum Target {
    Single(ConnectionInfo),
    /// The Sentinels, and the name that they know the master by. User and password are the master's.
    Sentinel(Vec<ConnectionInfo>, String),
    Cluster(Vec<ConnectionInfo>),
}

impl Address {
    /// # Errors
    /// [`StoreFault::Schema`]: no URL that is known here. The message does not repeat the URL, which may hold a password.
    pub(crate) fn of(config: &RedisConfig) -> Result<Self, StoreError> {
        let (scheme, rest) = config.url.split_once("://").ok_or_else(|| wrong("has no ://"))?;
        if rest.contains('?') {
            return Err(wrong(
                "has parameters behind a question mark, and none has a meaning here (in a password it is %3F)",
            ));
        }
        let (brand, kind) = scheme.split_once('+').unwrap_or((scheme, ""));
        let has_tls = match brand {
            "redis" | "valkey" => false,
            "rediss" | "valkeys" => true,
            _ => return Err(wrong("is none of redis:, rediss:, valkey:, valkeys:")),
        };
        let (login, place) = rest.rsplit_once('@').unwrap_or(("", rest));
        let (user, password) = login.split_once(':').unwrap_or(("", login));
        let given = |text: &str| (!text.is_empty()).then(|| decoded(text)).transpose();
        let user = config.user.clone().or(given(user)?);
        let password = config.password.clone().or(given(password)?);
        let mut login = RedisConnectionInfo::default();
        if let Some(user) = &user {
            login = login.set_username(user);
        }
        if let Some(password) = &password {
            login = login.set_password(password);
        }
        if kind == "unix" {
            let info = info(ConnectionAddr::Unix(place.into()))?.set_redis_settings(login.clone());
            let place = format!("Redis at {place}");
            return Ok(Address { target: Target::Single(info), login, has_tls, place });
        }
        let (hosts, path) = place.split_once('/').unwrap_or((place, ""));
        let infos =
            |default| hosts.split(',').map(|host| host_info(host, default, has_tls)).collect::<Result<Vec<_>, _>>();
        let (target, place) = match kind {
            "" => {
                login = login.set_db(database(path)?);
                let info = match <[ConnectionInfo; 1]>::try_from(infos(PORT)?) {
                    Ok([info]) => info.set_redis_settings(login.clone()),
                    Err(_) => return Err(wrong("names several hosts: redis+sentinel: and redis+cluster: do that")),
                };
                (Target::Single(info), format!("Redis at {hosts}/{}", login.db()))
            }
            "sentinel" => {
                let (name, path) = path.split_once('/').unwrap_or((path, ""));
                if name.is_empty() {
                    return Err(wrong("does not say the name that the Sentinels know the master by: …/NAME"));
                }
                login = login.set_db(database(path)?);
                let place = format!("Redis {name} behind the Sentinels {hosts}");
                (Target::Sentinel(infos(SENTINEL_PORT)?, decoded(name)?), place)
            }
            "cluster" => {
                let nodes = infos(PORT)?;
                let nodes = nodes.into_iter().map(|node| node.set_redis_settings(login.clone())).collect();
                (Target::Cluster(nodes), format!("Redis Cluster at {hosts}"))
            }
            _ => return Err(wrong("has something else than +unix, +sentinel or +cluster behind its scheme")),
        };
        Ok(Address { target, login, has_tls, place })
    }
}

fn wrong(why: &str) -> StoreError {
    StoreError::new(StoreFault::Schema, format!("the URL of the Redis server {why}"))
}

fn info(address: ConnectionAddr) -> Result<ConnectionInfo, StoreError> {
    address.into_connection_info().map_err(|_| wrong("cannot be used on this system"))
}

/// `host`, `host:port`, `[IPv6]:port`.
fn host_info(text: &str, default: u16, has_tls: bool) -> Result<ConnectionInfo, StoreError> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => {
            (host, port.parse().map_err(|_| wrong("has a port that is no number"))?)
        }
        _ => (text, default),
    };
    let host = decoded(host.trim_matches(['[', ']']))?;
    if host.is_empty() {
        return Err(wrong("names no host"));
    }
    info(if has_tls {
        ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None }
    } else {
        ConnectionAddr::Tcp(host, port)
    })
}

fn database(path: &str) -> Result<i64, StoreError> {
    if path.is_empty() {
        return Ok(0);
    }
    path.parse::<u16>().map(i64::from).map_err(|_| wrong("has a database that is no number"))
}

fn decoded(text: &str) -> Result<String, StoreError> {
    let text = percent_decode_str(text).decode_utf8().map_err(|_| wrong("has bytes that are no UTF-8"))?;
    Ok(text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(url: &str) -> Result<String, String> {
        Address::of(&RedisConfig::new(url)).map(|address| address.place).map_err(|error| error.to_string())
    }

    #[test]
    fn each_kind_of_server_has_its_url() {
        assert_eq!(place("redis://cache").unwrap(), "Redis at cache/0");
        assert_eq!(place("rediss://u:p%40w@cache:6380/3").unwrap(), "Redis at cache:6380/3");
        assert_eq!(place("valkey://:pw@[::1]:6379").unwrap(), "Redis at [::1]:6379/0");
        assert_eq!(place("redis+unix:///run/redis.sock").unwrap(), "Redis at /run/redis.sock");
        assert_eq!(place("redis+cluster://a:1,b:2").unwrap(), "Redis Cluster at a:1,b:2");
        let behind = Address::of(&RedisConfig::new("redis+sentinel://:pw@a,b:5/main/2")).unwrap();
        assert_eq!(behind.place, "Redis main behind the Sentinels a,b:5");
        assert_eq!((behind.login.password(), behind.login.db()), (Some("pw"), 2));
        assert!(matches!(behind.target, Target::Sentinel(nodes, name) if nodes.len() == 2 && name == "main"));
    }

    #[test]
    fn a_refused_url_is_not_repeated() {
        for url in [
            "secret",
            "http://:secret@h",
            "redis://:secret@h:port",
            "redis://:secret@h/db",
            "redis://:secret@a,b",
            "redis://:secret@",
            "redis+sentinel://:secret@a",
            "redis+x://:secret@a",
        ] {
            let error = place(url).unwrap_err();
            assert!(error.starts_with("the URL of the Redis server ") && !error.contains("secret"), "{url}: {error}");
        }
        let config = RedisConfig { password: Some("secret".to_owned()), ..RedisConfig::new("redis://:secret@h") };
        assert!(!format!("{config:?}").contains("secret"));
    }
}
