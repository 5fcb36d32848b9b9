//! Members that stand in the configuration instead of announcing themselves.

use core::net::SocketAddr;

use bytes::Bytes;

use crate::unique_id::{MemberId, UniqueId};
use crate::wire::member::Member;

/// One configured member. Its unique id must be the one that it gives itself, since that is part of its identity.
///
/// Source: Tomcat `StaticMember`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaticMember {
    /// Where its receiver listens.
    pub address: SocketAddr,
    /// The same after each restart.
    pub unique_id: UniqueId,
    /// Empty: none.
    pub domain: Bytes,
}

impl StaticMember {
    /// A member whose unique id is made of its address, see [`UniqueId::of_static`].
    pub fn at(address: SocketAddr) -> StaticMember {
        StaticMember { address, unique_id: UniqueId::of_static(address), domain: Bytes::new() }
    }

    /// What makes it the same member as another.
    pub const fn id(&self) -> MemberId {
        MemberId { host: self.address.ip(), port: self.address.port(), unique_id: self.unique_id }
    }

    /// It as a member of which nothing has been heard yet: no payload, so a Tomcat until a message of it tells otherwise.
    pub fn member(&self) -> Member {
        Member { domain: self.domain.clone(), ..Member::new(self.id()) }
    }
}
