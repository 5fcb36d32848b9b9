//! Addresses as a JVM writes them: an identity is made of the text.

use std::net::IpAddr;

/// IPv4 as everybody writes it; IPv6 as `Inet6Address.getHostAddress` does, all eight groups without leading zeros and never `::`.
pub(crate) fn java_text(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => address.segments().map(|segment| format!("{segment:x}")).join(":"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_group_is_left_out() {
        let of = |text: &str| java_text(text.parse().unwrap());
        assert_eq!(of("10.0.0.7"), "10.0.0.7");
        assert_eq!(of("fd00::1:2"), "fd00:0:0:0:0:0:1:2");
        assert_eq!(of("::ffff:10.0.0.7"), "10.0.0.7");
    }
}
