//! Whose word counts about the client's scheme.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;
use ipnet::IpNet;

/// The proxies whose `X-Forwarded-Proto` is believed. Default: none.
///
/// Anyone can write that header, so it counts only on a connection that comes from a listed address. It decides one thing here:
/// whether the session cookie is marked `Secure`.
///
/// ```
/// # use outlive_tower::TrustedProxies;
/// let proxies: TrustedProxies = "127.0.0.1, 10.0.0.0/8, fd00::/8".parse()?;
/// assert!(proxies.trusts("10.1.2.3".parse()?));
/// assert!(!proxies.trusts("192.0.2.1".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Source: Tomcat `RemoteIpValve` (`internalProxies`, `protocolHeader`); its default believes all private networks, ours none.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Trusts the given networks.
    pub fn new(networks: impl IntoIterator<Item = IpNet>) -> Self {
        Self(networks.into_iter().collect())
    }

    /// Whether a connection from `peer` comes from a listed proxy. An IPv4 address mapped into IPv6 counts as IPv4.
    pub fn trusts(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.0.iter().any(|network| network.contains(&peer))
    }

    /// Whether a listed proxy says that the client's connection is encrypted. Of several proxies in a row all must say so.
    pub(crate) fn client_is_secure(&self, peer: Option<SocketAddr>, headers: &HeaderMap) -> bool {
        if self.0.is_empty() || !peer.is_some_and(|peer| self.trusts(peer.ip())) {
            return false;
        }
        let mut said = headers
            .get_all("x-forwarded-proto")
            .iter()
            .flat_map(|value| value.to_str().unwrap_or_default().split(','))
            .map(|scheme| scheme.trim().eq_ignore_ascii_case("https"))
            .peekable();
        said.peek().is_some() && said.all(|https| https)
    }
}

impl std::str::FromStr for TrustedProxies {
    type Err = BadProxy;

    /// Reads a list of addresses and networks with commas between them.
    fn from_str(list: &str) -> Result<Self, BadProxy> {
        list.split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty())
            .map(|entry| match (entry.parse::<IpNet>(), entry.parse::<IpAddr>()) {
                (Ok(network), _) => Ok(network),
                (_, Ok(address)) => Ok(IpNet::from(address)),
                _ => Err(BadProxy(entry.to_owned())),
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

/// An entry of a proxy list that is neither an address nor a network. Nothing of the list is taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no address (10.0.0.1) and no network (10.0.0.0/8)")]
pub struct BadProxy(String);

#[cfg(test)]
mod tests {
    use super::*;

    fn secure(proxies: &str, peer: &str, said: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        for line in said {
            headers.append("x-forwarded-proto", line.parse().unwrap());
        }
        proxies.parse::<TrustedProxies>().unwrap().client_is_secure(peer.parse().ok(), &headers)
    }

    #[test]
    fn only_a_listed_proxy_is_believed() {
        assert!(secure("10.0.0.0/8", "10.1.1.1:5", &["https"]));
        assert!(secure("10.0.0.0/8", "[::ffff:10.1.1.1]:5", &["HTTPS"]));
        assert!(!secure("10.0.0.0/8", "11.1.1.1:5", &["https"]));
        assert!(!secure("", "10.1.1.1:5", &["https"]));
        assert!(!secure("10.0.0.0/8", "no address", &["https"]));
    }

    #[test]
    fn every_hop_must_be_encrypted() {
        assert!(!secure("::1", "[::1]:5", &[]));
        assert!(!secure("::1", "[::1]:5", &["http"]));
        assert!(!secure("::1", "[::1]:5", &["https, http"]));
        assert!(!secure("::1", "[::1]:5", &["https", "http"]));
        assert!(secure("::1", "[::1]:5", &["https, https"]));
    }

    #[test]
    fn a_bad_entry_is_named() {
        let error = "10.0.0.1, proxy.example".parse::<TrustedProxies>().unwrap_err();
        assert_eq!(error.to_string(), "\"proxy.example\" is no address (10.0.0.1) and no network (10.0.0.0/8)");
    }
}
