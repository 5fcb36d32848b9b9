//! What peers do: datagrams, control messages, answers to probes.

use alloc::vec::Vec;
use core::net::SocketAddr;

use bytes::Bytes;

use super::{GroupCore, Membership, Phase};
use crate::detector::Change;
use crate::error::{DecodeError, PeerFault};
use crate::interceptor::ControlMessage;
use crate::membership::static_members::StaticMember;
use crate::membership::table::Heard;
use crate::time::Monotonic;
use crate::unique_id::MemberId;
use crate::wire::datagram::Datagram;
use crate::wire::member::Member;

impl GroupCore {
    pub(super) fn datagram(&mut self, now: Monotonic, from: SocketAddr, bytes: &[u8]) -> Result<(), PeerFault> {
        let Membership::Multicast { frequency, drop_time, .. } = self.config.membership else {
            return Ok(());
        };
        if bytes.len() > self.config.record_max {
            let source = DecodeError { offset: self.config.record_max, expected: "the end of the datagram" };
            return Err(PeerFault::Datagram { from, source });
        }
        // A buffer of its own: the member may be kept.
        let bytes = Bytes::copy_from_slice(bytes);
        let member = match Datagram::decode(&bytes).map_err(|source| PeerFault::Datagram { from, source })? {
            Datagram::Heartbeat(member) => member,
            // Messages sent by multicast are for the shell, which decodes the datagram itself if it wants them.
            Datagram::Frames(_) => return Ok(()),
        };
        let (id, local) = (member.id, self.local().id);
        if id == local {
            return Ok(());
        }
        if self.config.domain.as_ref().is_some_and(|domain| *domain != member.domain) {
            return Ok(());
        }
        if member.is_shutting_down() {
            // No probe: it may still answer. A heartbeat that was already under way must not bring it back.
            if self.table.get_mut(&id).is_some() {
                self.view_stale |= self.table.remove(&id) == Change::Left;
                self.table.retire(now, id, frequency);
            }
            return Ok(());
        }
        if id.address() == local.address() {
            return Err(PeerFault::AddressClash { from, member: id });
        }
        if id.port == 0 || id.host.is_unspecified() {
            return Err(PeerFault::UnusableAddress { from, member: id });
        }
        match self.table.hear(now, member, drop_time, drop_time * 2) {
            Heard::New { replaced } => self.view_stale |= replaced,
            Heard::Known { changed } => self.view_stale |= changed,
            Heard::Late => {}
            Heard::Full { limit } => return Err(PeerFault::TooManyMembers { from, limit }),
        }
        Ok(())
    }

    pub(super) fn set_members(&mut self, now: Monotonic, members: &[StaticMember]) {
        let Membership::Static { members: configured, .. } = &mut self.config.membership else { return };
        let own = self.beacon.member().id.address();
        let (before, after) = (core::mem::take(configured), members.iter().filter(|member| member.address != own));
        configured.extend(after.cloned());
        if self.phase == Phase::New {
            return; // they are looked for at the start
        }
        let (before, after): (Vec<_>, Vec<_>) = (before.iter().collect(), configured.iter().collect());
        let misses = |all: &[&StaticMember], member: &StaticMember| all.iter().all(|other| other.id() != member.id());
        for gone in before.iter().filter(|member| misses(&after, member)) {
            self.view_stale |= self.table.remove(&gone.id()) == Change::Left;
        }
        for new in after.iter().filter(|member| misses(&before, member)) {
            self.table.add(now, new.member());
        }
    }

    pub(super) fn control(&mut self, now: Monotonic, from: &Member, message: ControlMessage) {
        let Some(configured) = self.configured(&from.id) else {
            return;
        };
        let configured = configured.member();
        let heartbeat = self.config.heartbeat;
        let Some(entry) = self.table.get_mut(&from.id) else {
            return;
        };
        match message {
            ControlMessage::StaticStart if !entry.health.in_view() => {
                entry.quiet_until = now;
                entry.health.want_probe();
            }
            ControlMessage::StaticStop => {
                // It still accepts connections for a moment: do not look before it is gone. If it comes back earlier, its
                // start message tells.
                entry.quiet_until = now + heartbeat;
                entry.member = configured;
                self.view_stale |= entry.health.left() == Change::Left;
            }
            ControlMessage::StaticStart | ControlMessage::Probe | ControlMessage::Ping => {}
        }
    }

    pub(super) fn heard(&mut self, member: &Member) {
        if self.configured(&member.id).is_none() {
            return;
        }
        if let Some(entry) = self.table.get_mut(&member.id)
            && entry.member.payload != member.payload
        {
            entry.member.payload = Bytes::copy_from_slice(&member.payload);
            self.view_stale |= entry.health.in_view();
        }
    }

    pub(super) fn probed(&mut self, now: Monotonic, id: &MemberId, alive: bool) {
        self.probes_under_way = self.probes_under_way.saturating_sub(1);
        let configured = self.configured(id).map(StaticMember::member);
        let Some(entry) = self.table.get_mut(id) else {
            return;
        };
        match entry.health.probed(alive, entry.beating) {
            Change::None => return,
            Change::Joined => {
                self.joined.push(*id);
                self.begins_to_be_heard(now, id);
            }
            Change::Left => match configured {
                // Its successor may be of another kind.
                Some(configured) => entry.member = configured,
                None if entry.beating => {}
                None => _ = self.table.remove(id),
            },
        }
        self.view_stale = true;
    }
}
