//! Operations on the group: members that come, go, hang, come back as another incarnation; probes that are answered late or
//! not; a shell that sleeps too long.
//!
//! After each operation: the view has nobody twice, not the node itself, nobody who was never reached, nobody more than the
//! limit, and the oldest first; nobody is gone from it without a reason; what was due is done, and the next deadline lies ahead;
//! there are no more probes under way than allowed. At the end: all fall silent and the view is empty; all are back and the view
//! has them all.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use arbitrary::{Arbitrary, Unstructured};
use bytes::Bytes;
use outlive_tribes_proto::group::{GroupConfig, GroupCore, Input, Membership};
use outlive_tribes_proto::interceptor::ControlMessage;
use outlive_tribes_proto::membership::static_members::StaticMember;
use outlive_tribes_proto::time::Monotonic;
use outlive_tribes_proto::wire::member::SHUTDOWN;
use outlive_tribes_proto::{Member, MemberId, UniqueId};

use crate::random::Random;
use crate::vectors::Vectors;
pub use watch::Group;
use watch::Watched;

pub(crate) mod watch;

/// Addresses of other nodes.
const OTHERS: u8 = 5;
/// Longer than it takes to miss a member, to look at it and to forget that it was there.
const LONG: Duration = Duration::from_secs(12);
/// Between two announcements.
const BEAT: Duration = Duration::from_millis(500);
/// A case needs no more, and ends in time.
const OPERATIONS_MAX: usize = 200;

/// Who does something: a node, in one of its lives.
#[derive(Debug, Clone, Copy, Arbitrary)]
struct Who {
    node: u8,
    life: bool,
}

/// What can happen.
#[derive(Debug, Arbitrary)]
enum Operation {
    Heartbeat { who: Who, alive_ms: i64, payload: u8 },
    Farewell { who: Who },
    Datagram { bytes: Vec<u8> },
    Own,
    Answer { which: u8, alive: bool },
    SendFailed { who: Who },
    Heard { who: Who, payload: u8 },
    Control { who: Who, message: u8 },
    Announce { since_ms: u32 },
    Deadline,
    Pass { ms: u16 },
    Oversleep { ms: u16 },
    Start,
    Stop,
}

/// The target.
pub fn run(data: &[u8]) {
    check(data, GroupCore::new);
}

/// The target on the group that `make` makes.
pub fn check<G: Group>(data: &[u8], make: impl FnOnce(GroupConfig, Member) -> G) {
    let mut input = Unstructured::new(data);
    let is_static = input.arbitrary().unwrap_or_default();
    let mut group = Watched::new(make, config(is_static), Member::new(id(Who { node: 0, life: false }, is_static)));
    if input.ratio(15, 16).unwrap_or(true) {
        group.start();
    }
    for _ in 0..OPERATIONS_MAX {
        let Ok(operation) = Operation::arbitrary(&mut input) else { break };
        perform(&mut group, operation, is_static);
        if input.is_empty() {
            break;
        }
    }
    if group.is_running() {
        all_fall_silent(&mut group);
        all_are_back(&mut group, is_static);
    }
}

fn config(is_static: bool) -> GroupConfig {
    let member = |node| StaticMember::at(address(node));
    // This node's own address stands among the others, as it does where all nodes have the same configuration.
    let membership =
        if is_static { Membership::of_static((0..=OTHERS).map(member).collect()) } else { Membership::multicast() };
    GroupConfig { membership, members_max: 6, probes_max: 2, ..GroupConfig::default() }
}

fn address(node: u8) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, 1 + node], 4000))
}

fn id(who: Who, is_static: bool) -> MemberId {
    let address = address(who.node);
    let unique_id = if is_static { UniqueId::of_static(address) } else { UniqueId::from_random([who.life.into(); 16]) };
    MemberId { host: address.ip(), port: address.port(), unique_id }
}

fn other(who: Who, is_static: bool) -> Member {
    Member::new(id(Who { node: 1 + who.node % OTHERS, ..who }, is_static))
}

fn perform<G: Group>(group: &mut Watched<G>, operation: Operation, is_static: bool) {
    let payload = |number: u8| Bytes::copy_from_slice(&[number][..usize::from(number).min(1)]);
    match operation {
        Operation::Heartbeat { who, alive_ms, payload: number } => {
            let member = Member { alive_ms, payload: payload(number), ..other(who, is_static) };
            group.datagram(&member.encode());
        }
        Operation::Farewell { who } => {
            group.datagram(&Member { command: SHUTDOWN.into(), ..other(who, is_static) }.encode());
        }
        Operation::Datagram { bytes } => group.datagram(&bytes),
        Operation::Own => group.datagram(&Member::new(id(Who { node: 0, life: true }, is_static)).encode()),
        Operation::Answer { which, alive } => group.answer(which.into(), alive),
        Operation::SendFailed { who } => _ = group.input(Input::SendFailed { member: other(who, is_static).id }),
        Operation::Heard { who, payload: number } => {
            _ = group.input(Input::Heard { member: &Member { payload: payload(number), ..other(who, is_static) } });
        }
        Operation::Control { who, message } => {
            let messages =
                [ControlMessage::Probe, ControlMessage::Ping, ControlMessage::StaticStart, ControlMessage::StaticStop];
            group.control(&other(who, is_static), messages[usize::from(message) % messages.len()]);
        }
        Operation::Announce { since_ms } => {
            _ = group.input(Input::Announce { since: Monotonic(Duration::from_millis(since_ms.into())) });
        }
        Operation::Deadline => _ = group.input(Input::Deadline),
        Operation::Pass { ms } => group.pass(Duration::from_millis(u64::from(ms) % 10_000)),
        Operation::Oversleep { ms } => group.oversleep(Duration::from_millis(ms.into())),
        Operation::Start => group.start(),
        Operation::Stop => group.stop(),
    }
}

/// Nobody is heard, and nobody answers: a member that is gone is removed.
fn all_fall_silent<G: Group>(group: &mut Watched<G>) {
    group.answer_probes(false);
    let end = group.now() + LONG;
    while group.now() < end {
        group.pass(BEAT);
        group.answer_probes(false);
    }
    assert!(group.view().members.is_empty(), "silent members are removed: {:?}", group.view());
}

/// Everybody is heard and answers: everybody is a member.
fn all_are_back<G: Group>(group: &mut Watched<G>, is_static: bool) {
    let members: Vec<Member> = (0..OTHERS).map(|node| other(Who { node, life: true }, is_static)).collect();
    let end = group.now() + LONG;
    let mut alive_ms = 0;
    while group.now() < end {
        for member in &members {
            group.datagram(&Member { alive_ms, ..member.clone() }.encode());
            group.answer_probes(true);
        }
        alive_ms += 500;
        group.pass(BEAT);
        group.answer_probes(true);
    }
    let ids: BTreeSet<MemberId> = group.view().members.iter().map(|member| member.id).collect();
    assert_eq!(ids, members.iter().map(|member| member.id).collect(), "all are back");
}

/// Random bytes of many lengths: each is a story.
pub(crate) fn seeds(_: &Vectors) -> Vec<Vec<u8>> {
    let mut random = Random::of(b"group");
    (1..=100).map(|number| random.bytes(number * 12)).collect()
}
