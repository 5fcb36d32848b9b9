//! Whom the demo answers: a browser that asked for it by a name of this machine, and for what changes something, a page of its own alone.
//!
//! Any site can make a browser send requests here. Two headers that no page can forge tell them apart:
//!
//! - `Host`: a foreign name that resolves to 127.0.0.1 ("DNS rebinding") is not one of this machine's;
//! - `Origin`: the page from which a POST comes must be of the same host and port. (A port of its own choice, as the one of a tunnel, is fine.)

use http::{HeaderMap, header};

/// The names of this machine to itself.
const NAMES: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

/// Whether the request names this machine.
pub(super) fn is_own_host(headers: &HeaderMap) -> bool {
    own_host(headers).is_some()
}

/// Whether a browser says that its page is ours.
pub(super) fn from_own_page(headers: &HeaderMap) -> bool {
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    let page = origin.and_then(|origin| origin.strip_prefix("http://"));
    page.is_some() && page == own_host(headers)
}

/// Name and port.
fn own_host(headers: &HeaderMap) -> Option<&str> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let is_port = |port: &str| port.strip_prefix(':').is_some_and(|digits| digits.parse::<u16>().is_ok());
    let is_own = |name: &&str| host.strip_prefix(*name).is_some_and(|port| port.is_empty() || is_port(port));
    NAMES.iter().any(is_own).then_some(host)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(host: &'static str, origin: Option<&'static str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static(host));
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
        }
        headers
    }

    #[test]
    fn only_names_of_this_machine_are_answered() {
        for own in ["127.0.0.1:8080", "localhost:8080", "localhost", "[::1]:8080"] {
            assert!(is_own_host(&headers(own, None)), "{own}");
        }
        for foreign in ["evil.example:8080", "localhost.evil.example", "127.0.0.1:", "127.0.0.1.evil.example:80", ""] {
            assert!(!is_own_host(&headers(foreign, None)), "{foreign}");
        }
        assert!(!is_own_host(&HeaderMap::new()));
    }

    #[test]
    fn only_the_own_page_presses_buttons() {
        assert!(from_own_page(&headers("127.0.0.1:8080", Some("http://127.0.0.1:8080"))));
        assert!(from_own_page(&headers("localhost:9000", Some("http://localhost:9000"))));
        for foreign in ["http://127.0.0.1:8081", "https://127.0.0.1:8080", "http://evil.example:8080", "null", ""] {
            assert!(!from_own_page(&headers("127.0.0.1:8080", Some(foreign))), "{foreign}");
        }
        assert!(!from_own_page(&headers("127.0.0.1:8080", None)));
        assert!(!from_own_page(&headers("evil.example:8080", Some("http://evil.example:8080"))));
    }
}
