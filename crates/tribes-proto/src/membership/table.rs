//! All members that were heard of, with what the failure detector knows about each.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::time::Duration;

use crate::detector::{Change, Health};
use crate::membership::static_service::MemberClass;
use crate::time::Monotonic;
use crate::unique_id::{MemberId, UniqueId};
use crate::wire::member::Member;

/// An alive time that differs by more than this from what the view promised has been reset: the order of seniority may
/// have changed. Less is the network's and the scheduler's jitter.
const ALIVE_JUMP_MS: i64 = 1_000;

/// One member that was heard of.
#[derive(Debug)]
pub(crate) struct Entry {
    /// As it described itself; the alive time in it is that of `heard`.
    pub(crate) member: Member,
    /// When it last announced itself.
    heard: Monotonic,
    /// Its alive time when the view was last made, and when that was.
    shown: (i64, Monotonic),
    /// Whether it announces itself at this time; static members always do.
    pub(crate) beating: bool,
    /// Not probed before this time (a static member that has just left).
    pub(crate) quiet_until: Monotonic,
    /// Whether it has said something to a StaticMembershipService since it came into the view.
    pub(crate) has_spoken: bool,
    /// How its Java knows members, as far as it has told.
    pub(crate) class: MemberClass,
    pub(crate) health: Health,
}

impl Entry {
    /// Its alive time at `now`, if it has grown since it was last told.
    fn alive_ms_at(&self, now: Monotonic) -> i64 {
        grown(self.member.alive_ms, self.heard, now)
    }
}

/// An alive time that was `alive_ms` at `then`, at `now`.
fn grown(alive_ms: i64, then: Monotonic, now: Monotonic) -> i64 {
    alive_ms.saturating_add(i64::try_from(now.since(then).as_millis()).unwrap_or(i64::MAX))
}

/// What a heartbeat meant.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// A member that was not known; `replaced`: an older incarnation at its address was in the view and is gone.
    New { replaced: bool },
    /// A known one; `changed`: something that a view shows.
    Known { changed: bool },
    /// A late heartbeat of an incarnation that is gone.
    Late,
    /// A new one for which there is no room.
    Full { limit: usize },
}

/// The table.
#[derive(Debug)]
pub(crate) struct Table {
    entries: BTreeMap<MemberId, Entry>,
    /// Incarnations that are gone, whose heartbeats are ignored until then.
    retired: BTreeMap<MemberId, Monotonic>,
    limit: usize,
    limit_per_host: usize,
    /// No member expires before this; not necessarily the first that does.
    expiry_floor: Option<Monotonic>,
}

impl Table {
    pub(crate) const fn new(limit: usize, limit_per_host: usize) -> Table {
        Table { entries: BTreeMap::new(), retired: BTreeMap::new(), limit, limit_per_host, expiry_floor: None }
    }

    pub(crate) fn get(&self, id: &MemberId) -> Option<&Entry> {
        self.entries.get(id)
    }

    pub(crate) fn get_mut(&mut self, id: &MemberId) -> Option<&mut Entry> {
        self.entries.get_mut(id)
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = (&MemberId, &Entry)> {
        self.entries.iter()
    }

    pub(crate) fn entries_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.entries.values_mut()
    }

    /// Adds a member, unless there is no room; `now` counts as heard.
    pub(crate) fn add(&mut self, now: Monotonic, member: Member) -> bool {
        if self.entries.len() >= self.limit {
            return false;
        }
        let entry = Entry {
            heard: now,
            shown: (member.alive_ms, now),
            beating: true,
            quiet_until: Monotonic::default(),
            has_spoken: false,
            class: MemberClass::default(),
            health: Health::new(),
            member,
        };
        self.entries.insert(entry.member.id, entry);
        true
    }

    /// A heartbeat of another node. As in Tomcat, domain and ports of a known member are not refreshed, and a member that
    /// announces the same alive time as before is only noted as alive.
    ///
    /// A new unique id at a known address is the successor of the member there, which is gone at once: the probe of the
    /// dead one would be answered by its successor. Late heartbeats of the dead one are ignored for `late`.
    pub(crate) fn hear(&mut self, now: Monotonic, member: Member, drop_time: Duration, late: Duration) -> Heard {
        let floor = now + drop_time;
        if let Some(entry) = self.entries.get_mut(&member.id) {
            let mut changed = false;
            if member.alive_ms != entry.member.alive_ms {
                let (alive_ms, then) = entry.shown;
                let jump = member.alive_ms.saturating_sub(grown(alive_ms, then, now)).saturating_abs();
                changed = member.payload != entry.member.payload || jump > ALIVE_JUMP_MS;
                entry.member.alive_ms = member.alive_ms;
                entry.member.payload = member.payload;
                entry.member.command = member.command;
            }
            entry.heard = now;
            if !core::mem::replace(&mut entry.beating, true) {
                entry.health.heard_again();
                self.expiry_floor = Some(self.expiry_floor.map_or(floor, |known| known.min(floor)));
            }
            return Heard::Known { changed };
        }
        if self.retired.get(&member.id).is_some_and(|until| now < *until) {
            return Heard::Late;
        }
        let predecessors: Vec<MemberId> = self.at_address(&member.id).collect();
        if predecessors.is_empty() && self.entries.len() >= self.limit {
            return Heard::Full { limit: self.limit };
        }
        if predecessors.is_empty() && self.at_host(&member.id).count() >= self.limit_per_host {
            return Heard::Full { limit: self.limit_per_host };
        }
        let mut replaced = false;
        for id in predecessors {
            replaced |= self.remove(&id) == Change::Left;
            self.retire(now, id, late);
        }
        self.add(now, member);
        self.expiry_floor = Some(self.expiry_floor.map_or(floor, |known| known.min(floor)));
        Heard::New { replaced }
    }

    /// A static member has said something; a silent one is no longer suspect.
    pub(crate) fn refresh(&mut self, now: Monotonic, id: &MemberId, expiration: Duration) {
        let Some(entry) = self.entries.get_mut(id) else { return };
        entry.heard = now;
        if !core::mem::replace(&mut entry.beating, true) {
            entry.health.heard_again();
        }
        let until = now + expiration;
        self.expiry_floor = Some(self.expiry_floor.map_or(until, |known| known.min(until)));
    }

    /// Doubts the static members of the view that have said nothing for longer than `expiration`. All of them stay known.
    pub(crate) fn doubt_silent(&mut self, now: Monotonic, expiration: Duration) {
        if self.expiry_floor.is_none_or(|floor| now <= floor) {
            return;
        }
        let mut first: Option<Monotonic> = None;
        for entry in self.entries.values_mut().filter(|entry| entry.beating && entry.health.in_view()) {
            let until = entry.heard + expiration;
            if now <= until {
                first = Some(first.map_or(until, |first| first.min(until)));
            } else {
                entry.beating = false;
                entry.health.doubt();
            }
        }
        self.expiry_floor = first;
    }

    fn at_address(&self, id: &MemberId) -> impl Iterator<Item = MemberId> {
        let first = MemberId { unique_id: UniqueId([0; 16]), ..*id };
        let last = MemberId { unique_id: UniqueId([0xff; 16]), ..*id };
        self.entries.range(first..=last).map(|(id, _)| *id)
    }

    fn at_host(&self, id: &MemberId) -> impl Iterator<Item = MemberId> {
        let first = MemberId { port: 0, unique_id: UniqueId([0; 16]), ..*id };
        let last = MemberId { port: u16::MAX, unique_id: UniqueId([0xff; 16]), ..*id };
        self.entries.range(first..=last).map(|(id, _)| *id)
    }

    /// Takes a member out; `Left` if it was in the view.
    pub(crate) fn remove(&mut self, id: &MemberId) -> Change {
        self.entries.remove(id).map_or(Change::None, |mut entry| entry.health.left())
    }

    /// Ignores heartbeats of that incarnation for a while. There is room for as many as for members; beyond that they are
    /// not ignored, and a probe decides.
    pub(crate) fn retire(&mut self, now: Monotonic, id: MemberId, duration: Duration) {
        self.retired.retain(|_, until| now < *until);
        if self.retired.len() < self.limit {
            self.retired.insert(id, now + duration);
        }
    }

    /// Marks as silent all that were not heard for more than `drop_time`: those in the view are doubted, the others
    /// forgotten.
    pub(crate) fn expire(&mut self, now: Monotonic, drop_time: Duration) {
        if self.expiry_floor.is_none_or(|floor| now <= floor) {
            return;
        }
        let mut first: Option<Monotonic> = None;
        self.entries.retain(|_, entry| {
            if entry.beating {
                let until = entry.heard + drop_time;
                if now <= until {
                    first = Some(first.map_or(until, |first| first.min(until)));
                    return true;
                }
                entry.beating = false;
                entry.health.doubt();
            }
            entry.health.in_view()
        });
        self.expiry_floor = first;
    }

    /// When to look for silent members again.
    pub(crate) fn next_expiry(&self) -> Option<Monotonic> {
        self.expiry_floor.map(|floor| floor + Duration::from_millis(1))
    }

    /// The members of the view, oldest first, with their alive times at `now`.
    pub(crate) fn in_view(&mut self, now: Monotonic) -> Vec<Member> {
        let mut members = Vec::new();
        for entry in self.entries.values_mut().filter(|entry| entry.health.in_view()) {
            let alive_ms = entry.alive_ms_at(now);
            entry.shown = (alive_ms, now);
            members.push(Member { alive_ms, ..entry.member.clone() });
        }
        members.sort_by(|a, b| b.alive_ms.cmp(&a.alive_ms).then(a.id.cmp(&b.id)));
        members
    }
}
