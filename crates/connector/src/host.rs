//! The host that a request is for.

use std::net::Ipv6Addr;

use http::uri::Authority;

/// A host with or without a port, as it stands in the header `Host`. `None`: it cannot be one, and the request is to be answered `400`.
///
/// The HTTP library's own reading lets users and anything behind a colon in.
pub(crate) fn authority(text: &[u8]) -> Option<Authority> {
    let authority = Authority::try_from(text).ok()?;
    let host = authority.host();
    let port = authority.as_str().strip_prefix(host)?;
    let has_port = match port.strip_prefix(':') {
        // A colon with nothing behind it is the scheme's own port, RFC 3986.
        Some(number) => {
            number.is_empty() || number.bytes().all(|byte| byte.is_ascii_digit()) && number.parse::<u16>().is_ok()
        }
        None => port.is_empty(),
    };
    let is_host = match host.strip_prefix('[') {
        Some(address) => address.strip_suffix(']').is_some_and(|address| address.parse::<Ipv6Addr>().is_ok()),
        None => !host.is_empty(),
    };
    (has_port && is_host).then_some(authority)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_with_a_port_that_is_one() {
        for good in ["a", "a.example:80", "a_b:", "10.0.0.1:65535", "[::1]", "[fd00::2]:8080", "xn--gr-via"] {
            assert!(authority(good.as_bytes()).is_some(), "{good}");
        }
        for bad in
            ["", ":80", "a:b", "a:99999", "a:-1", "a:+1", "a b", "u@a", "u:p@a:80", "::1", "[::1", "[a]:80", "a/b"]
        {
            assert!(authority(bad.as_bytes()).is_none(), "{bad}");
        }
    }
}
