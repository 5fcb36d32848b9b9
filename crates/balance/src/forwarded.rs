//! What a node is told of the client: `X-Forwarded-For`, `-Proto` and `-Host`.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderName, HeaderValue, header};
use ipnet::IpNet;

const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// Other headers that say who the client is. From whom is not trusted they are taken out, for a node may believe them.
const ALSO_SAY_IT: [&str; 4] = ["forwarded", "x-real-ip", "x-forwarded-port", "x-forwarded-ssl"];

/// Networks of proxies in front of the balancer, whose word about the client counts.
#[derive(Debug, Clone, Default)]
pub struct TrustedPeers(Vec<IpNet>);

impl TrustedPeers {
    /// Trusts the given networks.
    pub fn new(networks: impl IntoIterator<Item = IpNet>) -> Self {
        Self(networks.into_iter().collect())
    }

    fn trusts(&self, peer: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&peer.to_canonical()))
    }

    /// Tells who the client is: `peer`, or whoever a trusted peer speaks for.
    pub(crate) fn tell(&self, headers: &mut HeaderMap, peer: Option<SocketAddr>) {
        if !peer.is_some_and(|peer| self.trusts(peer.ip())) {
            for name in ALSO_SAY_IT {
                headers.remove(name);
            }
            for name in [FOR, PROTO, HOST] {
                headers.remove(name);
            }
        }
        if let Some(peer) = peer {
            let before = headers.get_all(FOR).iter().filter_map(|value| value.to_str().ok());
            let address = peer.ip().to_canonical().to_string();
            let all = before.chain([address.as_str()]).collect::<Vec<_>>().join(", ");
            if let Ok(all) = HeaderValue::from_str(&all) {
                headers.insert(FOR, all);
            }
        }
        if !headers.contains_key(PROTO) {
            headers.insert(PROTO, HeaderValue::from_static("http"));
        }
        if !headers.contains_key(HOST)
            && let Some(host) = headers.get(header::HOST).cloned()
        {
            headers.insert(HOST, host);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(trusted: &str, pairs: &[(&'static str, &'static str)]) -> Vec<String> {
        let trusted = TrustedPeers::new(trusted.split_whitespace().map(|network| network.parse().unwrap()));
        let mut headers: HeaderMap = pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        trusted.tell(&mut headers, Some("[::ffff:192.0.2.7]:1234".parse().unwrap()));
        let mut lines: Vec<String> =
            headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        lines.sort();
        lines
    }

    const CLAIMS: [(&str, &str); 5] = [
        ("host", "shop.example"),
        ("x-forwarded-for", "10.9.9.9"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "other.example"),
        ("forwarded", "for=10.9.9.9"),
    ];

    #[test]
    fn a_clients_own_word_does_not_count() {
        assert_eq!(
            told("", &CLAIMS),
            [
                "host: shop.example",
                "x-forwarded-for: 192.0.2.7",
                "x-forwarded-host: shop.example",
                "x-forwarded-proto: http"
            ]
        );
    }

    #[test]
    fn a_trusted_proxys_word_is_added_to() {
        assert_eq!(
            told("192.0.2.0/24", &CLAIMS),
            [
                "forwarded: for=10.9.9.9",
                "host: shop.example",
                "x-forwarded-for: 10.9.9.9, 192.0.2.7",
                "x-forwarded-host: other.example",
                "x-forwarded-proto: https"
            ]
        );
    }
}
