//! The group: membership and failure detection, decided without I/O.
//!
//! Feed each event to [`handle`](GroupCore::handle), then carry out what [`poll_output`](GroupCore::poll_output) gives until
//! it gives nothing more, then wait for [`next_deadline`](GroupCore::next_deadline) or the next event.
//!
//! ```
//! use core::time::Duration;
//! use outlive_tribes_proto::group::{GroupConfig, GroupCore, Input, Output};
//! use outlive_tribes_proto::time::{Monotonic, Now};
//! use outlive_tribes_proto::{Member, MemberId, UniqueId};
//!
//! let id = MemberId { host: [10, 0, 0, 1].into(), port: 4000, unique_id: UniqueId::from_random([7; 16]) };
//! let mut group = GroupCore::new(GroupConfig::default(), Member::new(id));
//! let mut now = Now::default();
//! group.handle(now, Input::Start)?;
//! assert_eq!(group.poll_output(), None);                      // it listens for a second
//! assert_eq!(group.next_deadline(), Some(Monotonic(Duration::from_secs(1))));
//! now.monotonic = Monotonic(Duration::from_secs(1));
//! group.handle(now, Input::Deadline)?;
//! assert!(matches!(group.poll_output(), Some(Output::Multicast(_))));
//! assert_eq!(group.poll_output(), Some(Output::Settled));     // alone
//! # Ok::<(), outlive_tribes_proto::error::PeerFault>(())
//! ```
//!
//! | time | with multicast membership |
//! |---|---|
//! | 0 | listens |
//! | `listen_first` | announces itself twice, 2 ms apart, then once each `frequency` |
//! | a new member is heard | probed; in the view when that succeeds |
//! | a member says that it leaves | gone |
//! | a member is silent for `drop_time` | probed: gone, or suspect (still a member) |
//! | a send to a member failed | the same |
//! | each `heartbeat` | suspects, and members that are heard but were not reached, are probed |
//!
//! Static members are looked for each `ping_interval` and probed each `heartbeat`; with a StaticMembershipService they ping
//! each other, too, and one that is silent for `expirationTime` is suspect.
//!
//! Source: Tomcat `McastServiceImpl`, `TcpFailureDetector`, `StaticMembershipInterceptor`, `TcpPingInterceptor`,
//! `StaticMembershipService`.

use alloc::collections::{BTreeSet, VecDeque};
use alloc::sync::Arc;
use alloc::vec::Vec;

use bytes::Bytes;

use crate::detector::Standing;
use crate::error::PeerFault;
use crate::interceptor::static_membership;
use crate::membership::heartbeat::Beacon;
use crate::membership::static_members::StaticMember;
use crate::membership::static_service::Word;
use crate::membership::table::Table;
use crate::message_ids::MessageIds;
use crate::time::{Monotonic, Now};
use crate::unique_id::MemberId;
use crate::view::View;
use crate::wire::member::Member;
use crate::wire::peer::PeerKind;
use crate::wire::send_options::SendOptions;

mod config;
mod io;
mod peers;
mod service;
mod timers;

pub use config::{GroupConfig, Membership};
pub use io::{Input, Output};

/// Where a group is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    New,
    Listening,
    Running,
    Stopped,
}

/// What [`Output::Settled`] waits for.
#[derive(Debug)]
enum Settling {
    /// The end of listening.
    NotYet,
    /// These probes, but not for ever.
    Probes(BTreeSet<MemberId>, Monotonic),
    /// What the members of a StaticMembershipService answer, but not for ever.
    Answers(Monotonic),
    Done,
}

/// Membership and failure detection of one node. See the [module](self).
///
/// Inputs: [`handle`](Self::handle). Outputs: [`poll_output`](Self::poll_output), [`next_deadline`](Self::next_deadline).
/// Looking at it: [`view`](Self::view), [`local`](Self::local), [`local_record`](Self::local_record),
/// [`suspects`](Self::suspects), [`unreached`](Self::unreached).
#[derive(Debug)]
pub struct GroupCore {
    config: GroupConfig,
    beacon: Beacon,
    table: Table,
    ids: MessageIds,
    phase: Phase,
    /// The end of listening, then the next own announcement.
    beat_at: Option<Monotonic>,
    second_beat: bool,
    ping_at: Option<Monotonic>,
    /// When the StaticMembershipService pings, if one keeps the members.
    service_at: Option<Monotonic>,
    heartbeat_at: Option<Monotonic>,
    settling: Settling,
    view: Arc<View>,
    view_stale: bool,
    joined: Vec<MemberId>,
    /// Probes given out and not yet answered, also those of members that are gone by now.
    probes_under_way: usize,
    outputs: VecDeque<Output>,
}

impl GroupCore {
    /// A group that has not started. `local`: this node, with its domain and payload; its record must stay below 64 KiB.
    pub fn new(mut config: GroupConfig, local: Member) -> GroupCore {
        let mut limit = config.members_max;
        if let Membership::Static { members, .. } = &mut config.membership {
            members.retain(|member| member.address != local.id.address());
            limit = limit.max(members.len());
        }
        GroupCore {
            table: Table::new(limit, config.members_per_host_max),
            ids: MessageIds::new(local.id.unique_id),
            beacon: Beacon::new(local),
            config,
            phase: Phase::New,
            beat_at: None,
            second_beat: false,
            ping_at: None,
            service_at: None,
            heartbeat_at: None,
            settling: Settling::NotYet,
            view: Arc::default(),
            view_stale: false,
            joined: Vec::new(),
            probes_under_way: 0,
            outputs: VecDeque::new(),
        }
    }

    /// Takes one event. Drain [`poll_output`](Self::poll_output) after it, also after an error.
    ///
    /// # Errors
    /// The peer's fault; nothing of the input has been taken, all else goes on.
    pub fn handle(&mut self, now: Now, input: Input<'_>) -> Result<(), PeerFault> {
        match (self.phase, input) {
            (Phase::Stopped, _) => return Ok(()),
            (_, Input::Members { members }) => self.set_members(now.monotonic, members),
            (Phase::New, Input::Start) => self.start(now),
            (_, Input::Stop) => {
                self.stop(now);
                return Ok(());
            }
            (Phase::New, _) | (_, Input::Start) => return Ok(()),
            _ => {}
        }
        let result = match input {
            Input::Datagram { from, bytes } => self.datagram(now.monotonic, from, bytes),
            Input::Control { from, message } => {
                self.control(now.monotonic, from, message);
                Ok(())
            }
            Input::Service { from, message, request } => {
                self.serve(now.monotonic, &from, message, request);
                Ok(())
            }
            Input::ProbeResult { member, alive } => {
                self.probed(now.monotonic, &member, alive);
                Ok(())
            }
            Input::SendFailed { member } => {
                if let Some(entry) = self.table.get_mut(&member) {
                    entry.health.doubt();
                }
                Ok(())
            }
            Input::Heard { member } => {
                self.heard(member);
                Ok(())
            }
            Input::Announce { since } => {
                self.beacon.count_alive_from(since);
                Ok(())
            }
            Input::Describe { payload } => {
                self.beacon.describe_as(payload.clone());
                Ok(())
            }
            Input::Members { .. } | Input::Deadline | Input::Start | Input::Stop => Ok(()),
        };
        self.run_timers(now);
        self.publish(now.monotonic);
        self.launch_probes(now);
        self.settle(now.monotonic);
        result
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to call [`handle`](Self::handle) with [`Input::Deadline`] if nothing happens before.
    pub fn next_deadline(&self) -> Option<Monotonic> {
        if matches!(self.phase, Phase::New | Phase::Stopped) {
            return None;
        }
        let settle_limit = match &self.settling {
            Settling::Probes(_, limit) | Settling::Answers(limit) => Some(*limit),
            Settling::NotYet | Settling::Done => None,
        };
        [self.beat_at, self.ping_at, self.service_at, self.heartbeat_at, self.table.next_expiry(), settle_limit]
            .into_iter()
            .flatten()
            .min()
    }

    /// Who is there.
    pub fn view(&self) -> Arc<View> {
        self.view.clone()
    }

    /// This node, with the alive time that it last announced.
    pub const fn local(&self) -> &Member {
        self.beacon.member()
    }

    /// This node's record as it was last announced: what stands in front of each message.
    pub const fn local_record(&self) -> &Bytes {
        self.beacon.record()
    }

    /// Members of the view that are reachable but silent, or to which a send has failed.
    pub fn suspects(&self) -> Vec<MemberId> {
        self.standing(Standing::Suspect)
    }

    /// Members that announce themselves, or are configured, but could not be reached.
    pub fn unreached(&self) -> Vec<MemberId> {
        self.standing(Standing::Unverified)
    }

    fn standing(&self, standing: Standing) -> Vec<MemberId> {
        self.table.entries().filter(|(_, entry)| entry.health.standing() == standing).map(|(id, _)| *id).collect()
    }

    fn start(&mut self, now: Now) {
        self.ids.mix(now.wall);
        self.beacon.count_alive_from(now.monotonic);
        self.heartbeat_at = Some(now.monotonic + self.config.heartbeat);
        match &self.config.membership {
            Membership::Multicast { listen_first, .. } => {
                self.beacon.beat(now.monotonic);
                self.beat_at = Some(now.monotonic + *listen_first);
                self.phase = Phase::Listening;
            }
            Membership::Static { members, ping_interval, service } => {
                // A Tomcat's static member never sets its start, so its alive time is that of 1970.
                self.beacon.beat_as(now.wall.0);
                self.ping_at = Some(now.monotonic + *ping_interval);
                self.service_at = service.as_ref().map(|service| now.monotonic + service.ping_every);
                for member in members {
                    self.table.add(now.monotonic, member.member());
                }
                self.phase = Phase::Running;
                self.begin_settling(now.monotonic);
            }
        }
    }

    fn stop(&mut self, now: Now) {
        if self.phase == Phase::Running {
            match self.config.membership {
                Membership::Multicast { .. } => {
                    self.outputs.push_back(Output::Multicast(self.beacon.farewell(now.monotonic)));
                }
                Membership::Static { service: Some(_), .. } => self.say_to_all(now.monotonic, Word::Stop),
                Membership::Static { service: None, .. } => {
                    let view = self.view.clone();
                    for member in &view.members {
                        if self.takes_notices(member) {
                            self.outputs.push_back(notice(member.clone(), static_membership::STOP));
                        }
                    }
                }
            }
        }
        self.phase = Phase::Stopped;
        self.outputs.push_back(Output::Stopped);
    }

    /// Whether a static member understands the messages of the static membership.
    fn takes_notices(&self, member: &Member) -> bool {
        !self.config.members_change || matches!(member.peer(), PeerKind::Outlive { .. })
    }

    fn configured(&self, id: &MemberId) -> Option<&StaticMember> {
        match &self.config.membership {
            Membership::Static { members, .. } => members.iter().find(|member| member.id() == *id),
            Membership::Multicast { .. } => None,
        }
    }

    fn publish(&mut self, now: Monotonic) {
        if !core::mem::take(&mut self.view_stale) {
            return;
        }
        let members = self.table.in_view(now);
        if !self.view.shows(&members) {
            let members = members.into_iter().map(Arc::new).collect();
            self.view = Arc::new(View { number: self.view.number + 1, members });
            self.outputs.push_back(Output::View(self.view.clone()));
        }
        for id in core::mem::take(&mut self.joined) {
            let Some(member) = self.view.get(&id).filter(|_| self.configured(&id).is_some()) else { continue };
            if self.service().is_some() {
                // One that comes later says so itself. A Tomcat that starts hears nothing else before it is answered: a word of
                // this node on its way there would keep the answer back.
                if !matches!(self.settling, Settling::Done) {
                    let member = member.clone();
                    self.say(now, member, Word::Start);
                }
            } else if self.takes_notices(member) {
                self.outputs.push_back(notice(member.clone(), static_membership::START));
            }
        }
    }
}

/// A message of the static membership.
fn notice(to: Arc<Member>, text: &'static [u8]) -> Output {
    Output::Send { to, options: SendOptions::NONE, message: Bytes::from_static(text) }
}

#[cfg(test)]
mod tests;
