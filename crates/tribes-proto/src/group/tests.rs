//! Inputs in, exact outputs out.

use super::*;
use crate::error::PeerFault;
use crate::interceptor::{ControlMessage, tcp_failure_detector};
use crate::membership::static_service::StaticService;
use crate::time::UnixMillis;
use crate::unique_id::UniqueId;
use crate::wire::captured::{captured, frames};
use crate::wire::channel_data::ChannelData;
use crate::wire::frame::{Frame, FrameReader};
use crate::wire::member::SHUTDOWN;
use crate::wire::peer::{Abilities, Mark};
use bytes::BytesMut;
use core::net::SocketAddr;
use core::time::Duration;
use expect_test::Expect;
use std::fmt::Write;
use std::prelude::v1::*;

mod hostile;
mod multicast;
mod static_members;
mod static_service;

/// A group with a clock, and what came out of it as text.
struct Rig {
    group: GroupCore,
    ms: u64,
    /// Members whose probes are answered at once, by the last byte of their address; others stay open.
    reachable: Vec<u8>,
    refused: Vec<u8>,
}

fn id(node: u8) -> MemberId {
    incarnation(node, node)
}

/// The node at 10.0.0.`node`, port 4000, with that unique id.
fn incarnation(node: u8, unique: u8) -> MemberId {
    MemberId { host: [10, 0, 0, node].into(), port: 4000, unique_id: UniqueId([unique; 16]) }
}

fn member(id: MemberId, alive_ms: i64) -> Member {
    Member { alive_ms, ..Member::new(id) }
}

fn check(log: String, expected: Expect) {
    expected.assert_eq(&log);
}

/// A static member: the node at 10.0.0.`node`, named by its address.
fn configured(node: u8) -> StaticMember {
    StaticMember::at(SocketAddr::from(([10, 0, 0, node], 4000)))
}

fn from(node: u8) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, node], 45564))
}

impl Rig {
    /// Node 1 with that configuration, started at 0 ms.
    fn start(config: GroupConfig) -> (Rig, String) {
        let group = GroupCore::new(config, Member::new(id(1)));
        let mut rig = Rig { group, ms: 0, reachable: Vec::new(), refused: Vec::new() };
        let started = rig.input(Input::Start);
        (rig, started)
    }

    /// Node 1 among static members 1, 2 and 3, of a service or of none, started at 0 ms.
    fn of_static(service: Option<StaticService>, reachable: &[u8], refused: &[u8]) -> (Rig, String) {
        let members = [1, 2, 3].map(configured).to_vec();
        let membership = Membership::Static { members, ping_interval: Duration::from_secs(1), service };
        let group = GroupCore::new(GroupConfig { membership, ..GroupConfig::default() }, configured(1).member());
        let mut rig = Rig { group, ms: 0, reachable: reachable.to_vec(), refused: refused.to_vec() };
        let log = rig.input(Input::Start);
        (rig, log)
    }

    /// A multicast node 1 that has listened and settled, at 1,000 ms; its own announcements are not shown.
    fn multicast() -> Rig {
        let (mut rig, _) = Rig::start(GroupConfig::default());
        assert_eq!(rig.wait(1_000), "1000 settled\n");
        rig
    }

    fn now(&self) -> Now {
        let wall = UnixMillis(1_700_000_000_000 + self.ms as i64);
        Now { monotonic: Monotonic(Duration::from_millis(self.ms)), wall }
    }

    /// Answers of probes come in after all else has been carried out.
    fn try_input(&mut self, input: Input<'_>) -> (String, Result<(), PeerFault>) {
        let result = self.group.handle(self.now(), input);
        let (mut log, mut answers) = (String::new(), VecDeque::new());
        loop {
            while let Some(output) = self.group.poll_output() {
                answers.extend(self.show(&mut log, output));
            }
            let Some((member, alive)) = answers.pop_front() else {
                return (log, result);
            };
            self.group.handle(self.now(), Input::ProbeResult { member, alive }).unwrap();
        }
    }

    fn input(&mut self, input: Input<'_>) -> String {
        let (log, result) = self.try_input(input);
        result.unwrap();
        log
    }

    /// Writes an output as a line; gives the answer of a probe where it is known.
    fn show(&self, log: &mut String, output: Output) -> Option<(MemberId, bool)> {
        let ms = self.ms;
        match output {
            Output::Multicast(record) => {
                let member = Member::decode(&record).unwrap();
                assert_eq!(member.id, self.group.local().id);
                if member.is_shutting_down() {
                    writeln!(log, "{ms} goodbye, alive {}", member.alive_ms).unwrap();
                }
            }
            Output::Send { to, options, message } => {
                assert_eq!(options, SendOptions::NONE);
                writeln!(log, "{ms} to {}: {}", name(&to.id), String::from_utf8_lossy(&message)).unwrap();
            }
            Output::Tell { to, message } => {
                writeln!(log, "{ms} tells {}: {}", name(&to.id), static_service::told(&message)).unwrap();
            }
            Output::Probe { member, timeout, frame, reads } => {
                assert_eq!(reads, None);
                assert_eq!(timeout, Duration::from_secs(1));
                self.check_probe(&frame);
                let node = member.id.unique_id.0[15];
                write!(log, "{ms} probe {}", name(&member.id)).unwrap();
                let alive = if self.reachable.contains(&node) {
                    Some(true)
                } else {
                    self.refused.contains(&node).then_some(false)
                };
                log.push_str(match alive {
                    Some(true) => ": answered\n",
                    Some(false) => ": refused\n",
                    None => "\n",
                });
                return alive.map(|alive| (member.id, alive));
            }
            Output::View(view) => {
                assert_eq!(view, self.group.view());
                let members: Vec<_> = view.members.iter().map(|member| name(&member.id)).collect();
                writeln!(log, "{ms} view {}: [{}]", view.number, members.join(" ")).unwrap();
            }
            Output::Settled => writeln!(log, "{ms} settled").unwrap(),
            Output::Stopped => writeln!(log, "{ms} stopped").unwrap(),
        }
        None
    }

    fn check_probe(&self, frame: &Bytes) {
        let Ok(Some(Frame::Message(body))) = FrameReader::new().next(&mut BytesMut::from(&frame[..])) else {
            panic!("not one frame")
        };
        let data = ChannelData::decode(&body).unwrap();
        assert_eq!((data.options, data.timestamp), (SendOptions(1), self.now().wall));
        assert_eq!(data.source_record, self.group.local_record());
        assert_eq!(data.message, tcp_failure_detector::PROBE[..]);
    }

    /// Lets time pass, with all deadlines in it, up to `ms` since the start.
    fn wait(&mut self, ms: u64) -> String {
        let mut log = String::new();
        while let Some(Monotonic(at)) = self.group.next_deadline()
            && at <= Duration::from_millis(ms)
        {
            assert!(at > Duration::from_millis(self.ms) || self.ms == 0, "a deadline that has passed comes again");
            self.ms = at.as_millis() as u64;
            log.push_str(&self.input(Input::Deadline));
        }
        self.ms = ms;
        log
    }

    fn beat(&mut self, member: &Member) -> String {
        let bytes = member.encode();
        self.input(Input::Datagram { from: from(9), bytes: &bytes })
    }

    /// Lets time pass while `nodes`, alive since `born`, announce themselves each 500 ms.
    fn wait_with(&mut self, ms: u64, nodes: &[(MemberId, u64)]) -> String {
        let mut log = String::new();
        while self.ms < ms {
            let next = (self.ms + 500).min(ms);
            log.push_str(&self.wait(next));
            for (id, born) in nodes {
                log.push_str(&self.beat(&member(*id, (self.ms - born) as i64)));
            }
        }
        log
    }

    fn probed(&mut self, member: MemberId, alive: bool) -> String {
        self.input(Input::ProbeResult { member, alive })
    }
}

/// The node's number, with the incarnation's where it differs; full ids of static members.
fn name(id: &MemberId) -> String {
    let host = id.host.to_string();
    let node = host.rsplit('.').next().unwrap();
    match id.unique_id.0[15] {
        unique if unique.to_string() == node => node.into(),
        unique => format!("{node}/{unique}"),
    }
}
