//! What anybody on the network can send: datagrams of the multicast group.
//!
//! The input is a sequence of datagrams, each behind its length in two bytes. A group takes them all, with probes that are
//! answered at once: see [`group`](super::group) for what it promises. A record that was read is written so that it is read as
//! the same.

use std::time::Duration;

use bytes::Bytes;
use outlive_tribes_proto::group::{GroupConfig, GroupCore};
use outlive_tribes_proto::wire::datagram::Datagram;
use outlive_tribes_proto::wire::member::Member;
use outlive_tribes_proto::{MemberId, UniqueId};

use super::frame::check_member;
use super::group::watch::Watched;
use crate::memory::bounded;
use crate::vectors::Vectors;

/// Between two datagrams.
const PAUSE: Duration = Duration::from_millis(40);

/// The target.
pub fn run(data: &[u8]) {
    let id = MemberId { host: [10, 0, 0, 1].into(), port: 4000, unique_id: UniqueId::from_random([7; 16]) };
    let config = GroupConfig { members_max: 4, probes_max: 2, ..GroupConfig::default() };
    let mut group = Watched::new(GroupCore::new, config, Member::new(id));
    group.start();
    let mut rest = data;
    while let Some((length, behind)) = rest.split_first_chunk() {
        let (datagram, behind) = behind.split_at(behind.len().min(u16::from_be_bytes(*length).into()));
        rest = behind;
        check_datagram(datagram);
        group.datagram(datagram);
        group.answer_probes(true);
        group.pass(PAUSE);
    }
}

fn check_datagram(datagram: &[u8]) {
    let bytes = Bytes::copy_from_slice(datagram);
    match bounded(datagram.len(), 0, || Datagram::decode(&bytes)) {
        Ok(Datagram::Heartbeat(member)) => check_member(&bytes, &member),
        Ok(Datagram::Frames(bodies)) => {
            assert!(!bodies.is_empty());
            assert!(bodies.iter().map(Bytes::len).sum::<usize>() < bytes.len(), "no more than there was");
        }
        Err(_) => {}
    }
}

pub(crate) fn seeds(vectors: &Vectors) -> Vec<Vec<u8>> {
    let framed = |datagram: &Vec<u8>| {
        let length = u16::try_from(datagram.len()).expect("a datagram is shorter").to_be_bytes();
        [&length[..], datagram].concat()
    };
    let sequence = |datagrams: &[Vec<u8>]| datagrams.iter().flat_map(framed).collect();
    let all = vectors.announcements.concat();
    // Each node by itself, and many who do not know of each other on one network.
    vectors.announcements.iter().map(|one| sequence(one)).chain(all.chunks(16).map(sequence)).collect()
}
