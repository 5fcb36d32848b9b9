//! Identities: 16-byte ids, and what makes two members the same.

use core::fmt;
use core::net::{IpAddr, SocketAddr};

/// 16 bytes that name a member's incarnation or a message.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct UniqueId(pub [u8; 16]);

impl UniqueId {
    /// An id as Tomcat makes it: `random` bytes with the marks of a version-4 UUID.
    ///
    /// Source: Tomcat `UUIDGenerator.randomUUID`.
    pub const fn from_random(random: [u8; 16]) -> UniqueId {
        let mut bytes = random;
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        UniqueId(bytes)
    }

    /// The id of a static member, made of its address so that every node's configuration names it alike: ten zero bytes,
    /// the port, the IPv4 address. For IPv6: the port, then the address without its first two bytes.
    pub fn of_static(address: SocketAddr) -> UniqueId {
        let mut bytes = [0; 16];
        let port = address.port().to_be_bytes();
        match address.ip() {
            IpAddr::V4(ip) => {
                bytes[10..12].copy_from_slice(&port);
                bytes[12..].copy_from_slice(&ip.octets());
            }
            IpAddr::V6(ip) => {
                bytes[..2].copy_from_slice(&port);
                bytes[2..].copy_from_slice(&ip.octets()[2..]);
            }
        }
        UniqueId(bytes)
    }
}

impl fmt::Display for UniqueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for UniqueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UniqueId({self})")
    }
}

/// What makes two members the same to Tribes: host, port and unique id, nothing else.
///
/// The order of this type is Tribes' absolute order: IPv4 before IPv6, then address, port and id bytewise.
///
/// Source: Tomcat `MemberImpl.equals`, `AbsoluteOrder`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberId {
    /// Address of the receiver.
    pub host: IpAddr,
    /// TCP port of the receiver.
    pub port: u16,
    /// The incarnation: a restart makes a new one, except for static members.
    pub unique_id: UniqueId,
}

impl MemberId {
    /// Where its receiver listens.
    pub const fn address(&self) -> SocketAddr {
        SocketAddr::new(self.host, self.port)
    }
}

impl fmt::Display for MemberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address(), self.unique_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn static_ids_are_made_of_the_address() {
        let id = UniqueId::of_static(SocketAddr::from(([10, 77, 0, 1], 4000)));
        assert_eq!(id.to_string(), "000000000000000000000fa00a4d0001");
        let id = UniqueId::of_static("[2001:db8::1]:4000".parse().unwrap());
        assert_eq!(id.to_string(), "0fa00db8000000000000000000000001");
    }

    #[test]
    fn random_ids_look_like_version_4() {
        assert_eq!(UniqueId::from_random([0xff; 16]).to_string(), "ffffffffffff4fffbfffffffffffffff");
        assert_eq!(UniqueId::from_random([0; 16]).to_string(), "00000000000040008000000000000000");
    }
}
