//! A host and a port.

use std::fmt;
use std::str::FromStr;

use crate::setting::is_host;

/// A host and a port as written: `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`. The host is not looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPort {
    /// A name or an address, without brackets.
    pub host: String,
    /// 0 to 65535.
    pub port: u16,
}

impl FromStr for HostPort {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = || "HOST:PORT, such as 127.0.0.1:8080".to_owned();
        let (host, port) = text.rsplit_once(':').ok_or_else(form)?;
        let bare = host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']'));
        if !is_host(bare.unwrap_or(host)) || (bare.is_none() && host.contains(':')) {
            return Err(form());
        }
        let port = port.parse().map_err(|_| form())?;
        Ok(Self { host: bare.unwrap_or(host).to_owned(), port })
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}
