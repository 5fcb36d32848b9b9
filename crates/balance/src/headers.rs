//! Headers that are between two neighbours only.

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// RFC 9110 §7.6.1, and what older programs send. `expect` is between two neighbours here, for the server in front answers it itself.
const HOP_BY_HOP: [&str; 10] = [
    "connection",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Takes out what is for one hop, with what the `Connection` header names. What the other end shall go on as is kept and given where
/// `keep_upgrade` says so.
pub(crate) fn for_the_next_hop(headers: &mut HeaderMap, keep_upgrade: bool) {
    let upgrade = headers.get(header::UPGRADE).filter(|_| keep_upgrade && names_upgrade(headers)).cloned();
    let named: Vec<HeaderName> = names(headers).filter_map(|name| name.parse().ok()).collect();
    for name in named {
        headers.remove(name);
    }
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
    if let Some(upgrade) = upgrade {
        headers.insert(header::UPGRADE, upgrade);
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    }
}

/// Whether a message asks for, or answers, a change of the connection's protocol.
pub(crate) fn wants_upgrade(headers: &HeaderMap) -> bool {
    headers.contains_key(header::UPGRADE) && names_upgrade(headers)
}

fn names_upgrade(headers: &HeaderMap) -> bool {
    names(headers).any(|name| name.eq_ignore_ascii_case("upgrade"))
}

/// What the `Connection` header names.
fn names(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(header::CONNECTION).iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|names| names.split(',')).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    fn left(pairs: &[(&'static str, &'static str)], keep_upgrade: bool) -> Vec<String> {
        let mut headers = headers(pairs);
        for_the_next_hop(&mut headers, keep_upgrade);
        headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap_or_default())).collect()
    }

    #[test]
    fn what_is_for_one_hop_goes_no_further() {
        let pairs = [("connection", "close, x-hop"), ("x-hop", "1"), ("te", "trailers"), ("accept", "*/*")];
        assert_eq!(left(&pairs, true), ["accept: */*"]);
    }

    #[test]
    fn an_upgrade_passes_where_both_ends_can() {
        let asked = [("connection", "keep-alive, Upgrade"), ("upgrade", "websocket")];
        assert!(wants_upgrade(&headers(&asked)));
        assert_eq!(left(&asked, true), ["upgrade: websocket", "connection: upgrade"]);
        assert_eq!(left(&asked, false), Vec::<String>::new());
        let not_named = [("upgrade", "websocket")];
        assert!(!wants_upgrade(&headers(&not_named)));
        assert_eq!(left(&not_named, true), Vec::<String>::new());
    }
}
