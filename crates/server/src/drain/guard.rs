//! Who may control a node: a process of the same machine, or whoever knows the token.
//!
//! A browser on the machine is one of its processes, too, and does what any site tells it. So what could come from a page is refused: a
//! request that names an origin, or a host by a name that a site could have ("DNS rebinding"). And a proxy on the machine speaks for others:
//! what it has forwarded counts as theirs.
//!
//! A process of this machine that asks at an address of the network has that very address itself, unless it has chosen another one.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, StatusCode, header};
use subtle::ConstantTimeEq;

use crate::cli::Secret;

/// Headers with which proxies say that they speak for another.
const FORWARDED: [&str; 4] = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

/// Why a request may not control the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) status: StatusCode,
    pub(super) sentence: &'static str,
}

/// Both ends of a request's connection, as far as they are known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ends {
    pub(super) peer: Option<SocketAddr>,
    pub(super) local: Option<SocketAddr>,
}

impl Ends {
    fn are_on_this_machine(self) -> bool {
        let address = |end: Option<SocketAddr>| end.map(|end| end.ip().to_canonical());
        address(self.peer).is_some_and(|peer| peer.is_loopback() || Some(peer) == address(self.local))
    }
}

/// # Errors
/// The request comes from nobody who may control the node.
pub(super) fn check(ends: Ends, headers: &HeaderMap, token: Option<&Secret>) -> Result<(), Refused> {
    let refuse = |status, sentence| Err(Refused { status, sentence });
    if headers.contains_key(header::ORIGIN) {
        return refuse(StatusCode::FORBIDDEN, "a page may not do that");
    }
    if let Some(given) = bearer(headers) {
        let is_it = token.is_some_and(|token| token.reveal().as_bytes().ct_eq(given.as_bytes()).into());
        return if is_it { Ok(()) } else { refuse(StatusCode::UNAUTHORIZED, "that is not this node's control token") };
    }
    if !ends.are_on_this_machine() || FORWARDED.iter().any(|name| headers.contains_key(*name)) {
        return refuse(StatusCode::UNAUTHORIZED, "from another machine this takes the node's control token");
    }
    if !names_an_address(headers) {
        return refuse(StatusCode::MISDIRECTED_REQUEST, "the host must be an address, or localhost");
    }
    Ok(())
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

fn names_an_address(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST).and_then(|host| host.to_str().ok()) else { return false };
    let name = host.strip_prefix("localhost").is_some_and(|port| port.is_empty() || port.starts_with(':'));
    name || host.parse::<SocketAddr>().is_ok()
        || host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn status(peer: &str, token: Option<&str>, pairs: &[(&'static str, &'static str)]) -> Option<u16> {
        let headers =
            pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let token: Option<Secret> = token.map(|token| token.parse().unwrap());
        let ends = Ends { peer: Some(peer.parse().unwrap()), local: Some("10.0.0.1:9000".parse().unwrap()) };
        let result = check(ends, &headers.collect(), token.as_ref());
        result.err().map(|refused| refused.status.as_u16())
    }

    #[test]
    fn processes_of_this_machine_may() {
        for host in ["127.0.0.1:9000", "localhost:9000", "localhost", "[::1]:9000", "::1", "10.0.0.1:9000"] {
            assert_eq!(status("127.0.0.1:1", None, &[("host", host)]), None, "{host}");
        }
        assert_eq!(status("[::ffff:127.0.0.1]:1", None, &[("host", "localhost")]), None);
        for peer in ["10.0.0.1:1", "[::ffff:10.0.0.1]:1"] {
            assert_eq!(status(peer, None, &[("host", "10.0.0.1:9000")]), None, "{peer} is this machine");
            assert_eq!(status(peer, None, &[("host", "10.0.0.1:9000"), ("forwarded", "for=10.0.0.9")]), Some(401));
            assert_eq!(status(peer, None, &[("host", "rebound.example:9000")]), Some(421));
        }
    }

    #[test]
    fn others_need_the_token() {
        let host = ("host", "10.0.0.1:9000");
        assert_eq!(status("10.0.0.2:1", None, &[host]), Some(401));
        assert_eq!(status("10.0.0.2:1", Some("right"), &[host]), Some(401));
        assert_eq!(status("10.0.0.2:1", Some("right"), &[host, ("authorization", "Bearer right")]), None);
        assert_eq!(status("10.0.0.2:1", Some("right"), &[host, ("authorization", "Bearer wrong")]), Some(401));
        assert_eq!(status("10.0.0.2:1", None, &[host, ("authorization", "Bearer ")]), Some(401));
        assert_eq!(status("127.0.0.1:1", Some("right"), &[host, ("authorization", "Bearer wrong")]), Some(401));
    }

    #[test]
    fn a_page_and_a_proxy_may_not() {
        let host = ("host", "127.0.0.1:9000");
        assert_eq!(status("127.0.0.1:1", None, &[host, ("origin", "http://127.0.0.1:9000")]), Some(403));
        assert_eq!(status("127.0.0.1:1", None, &[("host", "rebound.example:9000")]), Some(421));
        assert_eq!(status("127.0.0.1:1", None, &[("host", "localhost.example")]), Some(421));
        assert_eq!(status("127.0.0.1:1", None, &[]), Some(421));
        assert_eq!(status("127.0.0.1:1", None, &[host, ("x-forwarded-for", "10.0.0.9")]), Some(401));
    }
}
