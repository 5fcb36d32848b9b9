//! Member records: one stands in every frame, and a heartbeat is nothing else.

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};

use anyhow::{Result, ensure};
use bytes::Bytes;
use outlive_tribes_proto::wire::member::Member;
use outlive_tribes_proto::{MemberId, UniqueId};

fn member() -> Member {
    let id = MemberId { host: IpAddr::V4(Ipv4Addr::new(10, 77, 0, 1)), port: 4000, unique_id: UniqueId([7; 16]) };
    Member { alive_ms: 12_345, payload: Bytes::from_static(b"a payload"), ..Member::new(id) }
}

pub(super) fn encode_member(times: u64) -> Result<()> {
    let member = member();
    for _ in 0..times {
        black_box(black_box(&member).encode());
    }
    Ok(())
}

pub(super) fn decode_member(times: u64) -> Result<()> {
    let member = member();
    let record = member.encode();
    for _ in 0..times {
        let decoded = Member::decode(black_box(&record))?;
        ensure!(decoded.id == member.id, "another member came out");
    }
    Ok(())
}
