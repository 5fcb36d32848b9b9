//! What time does: announcements, looks at suspects, the end of settling; and the probes that are due.

use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use core::time::Duration;

use bytes::Bytes;

use super::{GroupCore, Membership, Output, Phase, Settling};
use crate::detector::Standing;
use crate::interceptor::tcp_failure_detector;
use crate::time::{Monotonic, Now};

/// Between the two announcements with which a Tomcat begins.
const SECOND_BEAT: Duration = Duration::from_millis(2);

impl GroupCore {
    pub(super) fn run_timers(&mut self, now: Now) {
        let time = now.monotonic;
        let is_static = match self.config.membership {
            Membership::Multicast { frequency, drop_time, .. } => {
                self.table.expire(time, drop_time);
                if self.beat_at.is_some_and(|at| at <= time) {
                    self.outputs.push_back(Output::Multicast(self.beacon.beat(time)));
                    if self.phase == Phase::Listening {
                        self.phase = Phase::Running;
                        self.second_beat = true;
                        self.begin_settling(time);
                    }
                    let pause = if core::mem::take(&mut self.second_beat) { SECOND_BEAT } else { frequency };
                    self.beat_at = Some(time + pause);
                }
                false
            }
            Membership::Static { ping_interval, .. } => {
                if self.ping_at.is_some_and(|at| at <= time) {
                    self.ping_at = Some(time + ping_interval);
                    for entry in self.table.entries_mut() {
                        if !entry.health.in_view() && entry.quiet_until <= time {
                            entry.health.want_probe();
                        }
                    }
                }
                self.ask_around(time);
                true
            }
        };
        if self.heartbeat_at.is_some_and(|at| at <= time) {
            self.heartbeat_at = Some(time + self.config.heartbeat);
            for entry in self.table.entries_mut() {
                // Nothing but a probe tells that a static member is gone.
                let look = entry.health.standing() != Standing::Up || is_static;
                if look && entry.quiet_until <= time {
                    entry.health.want_probe();
                }
            }
        }
    }

    pub(super) fn launch_probes(&mut self, now: Now) {
        // Members first: a flood of strangers must not keep a dead one in the view.
        for in_view in [true, false] {
            for entry in self.table.entries_mut() {
                if self.probes_under_way >= self.config.probes_max.max(1) {
                    return;
                }
                if entry.health.wants_probe() && entry.health.in_view() == in_view {
                    entry.health.probe_started();
                    self.probes_under_way += 1;
                    let reads = self.config.probe_reads;
                    let frame = match self.config.probe_sends || reads.is_some() {
                        true => tcp_failure_detector::frame(
                            self.ids.next(),
                            now.wall,
                            self.beacon.record().clone(),
                            reads.is_some(),
                        ),
                        false => Bytes::new(),
                    };
                    let member = Arc::new(entry.member.clone());
                    let timeout = self.config.probe_timeout;
                    self.outputs.push_back(Output::Probe { member, timeout, frame, reads });
                }
            }
        }
    }

    pub(super) fn begin_settling(&mut self, now: Monotonic) {
        let waiting: BTreeSet<_> =
            self.table.entries().filter(|(_, entry)| entry.health.awaits_probe()).map(|(id, _)| *id).collect();
        let rounds = waiting.len() / self.config.probes_max.max(1) + 2;
        let limit = now + self.config.probe_timeout.saturating_mul(u32::try_from(rounds).unwrap_or(u32::MAX));
        self.settling = Settling::Probes(waiting, limit);
    }

    pub(super) fn settle(&mut self, now: Monotonic) {
        if let Settling::Probes(waiting, limit) = &mut self.settling {
            waiting.retain(|id| self.table.get_mut(id).is_some_and(|entry| entry.health.awaits_probe()));
            if waiting.is_empty() || *limit <= now {
                let patience = self.service().map_or(Duration::ZERO, |service| service.answer_limit);
                self.settling = Settling::Answers(now + patience);
            }
        }
        if let Settling::Answers(limit) = self.settling
            && (self.service().is_none() || self.all_have_spoken() || limit <= now)
        {
            self.settling = Settling::Done;
            self.outputs.push_back(Output::Settled);
        }
    }
}
