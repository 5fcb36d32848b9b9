//! What all hosts share: time, chance, the agenda, the network, and the record of what happened.

use crate::clock::{HostClock, Instant};
use crate::event::{Agenda, Event, HostId, ProcessId, Task};
use crate::faults::FaultCounts;
use crate::network::{Carrier, Network};
use crate::trace::Trace;
use outlive_tribes_proto::time::Now;
use std::time::Duration;

/// The world below the processes.
#[derive(Debug)]
pub struct Kernel<'a> {
    /// The time.
    pub now: Instant,
    /// What is going to happen.
    pub agenda: Agenda,
    /// The one source of chance.
    pub random: fastrand::Rng,
    /// What took effect.
    pub counts: FaultCounts,
    /// What happened.
    pub trace: &'a mut Trace,
    /// Links and connections.
    pub network: Network,
    /// The clocks of each host.
    pub clocks: Vec<HostClock>,
    /// The first thing that no node of ours may do: an ill-formed frame, a message at fault.
    pub misbehaviour: Option<String>,
    /// Sessions that the process which runs now has sent whole, and whereto, by id.
    pub sent_whole: Vec<(HostId, String)>,
}

impl Kernel<'_> {
    /// What the clocks of a host show.
    pub fn clock(&self, host: HostId) -> Now {
        self.clocks[host].read(self.now)
    }

    /// The network, and what it needs to carry something.
    pub fn net(&mut self) -> (&mut Network, Carrier<'_>) {
        let carrier =
            Carrier { now: self.now, agenda: &mut self.agenda, random: &mut self.random, counts: &mut self.counts };
        (&mut self.network, carrier)
    }

    /// Lets a process run one of its tasks soon: when the scheduler gets to it.
    pub fn soon(&mut self, process: ProcessId, task: Task) {
        // Most tasks run at once; now and then one has to wait for a processor.
        let limit = if self.random.u32(0..50) == 0 { 5_000 } else { 100 };
        let pause = Duration::from_micros(self.random.u64(0..limit));
        self.agenda.put(self.now + pause, Event::Task(process, task));
    }

    /// Notes that something happened that no node of ours may do.
    pub fn misbehaved(&mut self, what: impl FnOnce() -> String) {
        if self.misbehaviour.is_none() {
            self.misbehaviour = Some(what());
        }
    }
}
