//! Who may be at the other end of a connection, as far as its host and its frames tell.

use std::net::IpAddr;

use bytes::Bytes;
use outlive_tribes_proto::Member;
use outlive_tribes_proto::wire::channel_data::begun_record;

use super::Node;
use crate::intake::Trust;
use crate::link::Link;

/// No head of a frame is longer, its sender's record included.
const HEAD_MAX: usize = 66_000;

/// Who sends the frame that has begun, as soon as its head is there.
fn begun_by(begun: &[u8]) -> Option<Member> {
    begun_record(begun).and_then(|record| Member::decode(&Bytes::copy_from_slice(record)).ok())
}

impl Node {
    /// What is known of the other end of a connection: a member's, if its frames name it and it comes from the member's host. `begun`: the
    /// frame that is not whole yet, which counts as soon as its head is there.
    pub fn trust(&self, link: &Link, begun: &[u8]) -> Trust {
        let host = link.from.ip().to_canonical();
        let view = self.view();
        let of = |member: &Member| match view.peer(&member.id) {
            Some(peer) if member.id.host.to_canonical() == host => {
                if peer.has_acknowledged() {
                    Trust::Confirmed
                } else {
                    Trust::Member
                }
            }
            _ => Trust::Stranger,
        };
        let named = link.source.last().map_or(Trust::Stranger, &of);
        match named {
            Trust::Stranger => begun_by(begun).map_or(Trust::Stranger, |member| of(&member)),
            known => known,
        }
    }

    /// Whether a frame has begun and its head names no member.
    pub fn names_nobody(&self, begun: &[u8]) -> bool {
        let is_head = begun.len() >= HEAD_MAX || begun_record(begun).is_some();
        is_head && begun_by(begun).is_none_or(|member| self.sender_of(&member.id).is_none())
    }

    /// Whether nothing speaks for a member at the other end: neither its host nor the name in its frames.
    pub fn is_strangers(&self, link: &Link) -> bool {
        let named = link.source.last().is_some_and(|member| self.sender_of(&member.id).is_some());
        !named && !self.has_member_at(link.from.ip())
    }

    fn has_member_at(&self, host: IpAddr) -> bool {
        let host = host.to_canonical();
        let configured = self.config.static_members.iter().flatten();
        configured.map(|member| member.address.ip().to_canonical()).any(|at| at == host)
            || self.view().peers.iter().any(|peer| peer.id().host.to_canonical() == host)
    }
}
